"""The way from a request to the event that answers it: the handler, the model calls, samples, kept answers."""
