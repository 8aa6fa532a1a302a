"""Dead letters: messages that no consumer could handle, to be looked at, changed, replayed or discarded."""
