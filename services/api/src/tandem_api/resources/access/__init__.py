"""Access: API keys, one-time login links, sessions."""
