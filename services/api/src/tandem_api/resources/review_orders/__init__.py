"""Orders of review: the older form of disagreement campaigns, kept for the page and older clients."""
