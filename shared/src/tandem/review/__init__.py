"""Pure rules of review: who is asked to look at what."""
