"""Reviewing: people reserve items, decide, skip, undo."""
