"""Comparisons: what two or more agents gave the same records, and where they differ."""
