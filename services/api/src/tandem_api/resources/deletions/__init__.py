"""Deletions: what goes is told first, goes from every collection, and is written down."""
