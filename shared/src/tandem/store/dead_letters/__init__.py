"""Dead letters, as the dispatcher copied them from their topic, and what became of each."""
