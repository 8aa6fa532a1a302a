"""Credentials: API keys, one-time login links and sessions; hashed. Writer: api."""
