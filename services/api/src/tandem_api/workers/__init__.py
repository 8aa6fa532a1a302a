"""Parameters that the llm-workers are known to accept."""
