"""Call of a model: the question, the prompt, admission, settlement and cost."""
