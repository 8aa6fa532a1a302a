"""What the llm-workers reported last, for processes that do not listen to the broker. Writer: the dispatcher."""
