"""One call to one model: the question, the prompt, admission, settlement and cost."""
