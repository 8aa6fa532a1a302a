"""Last reports of the llm-workers, for processes that do not listen to the broker. Writer: the dispatcher."""
