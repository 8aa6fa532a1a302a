"""What the llm-workers are known to take."""
