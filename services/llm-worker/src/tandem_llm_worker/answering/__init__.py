"""From a request to the event that answers it: the handler, the asking of models, samples, what is kept."""
