"""Reviewing: people take items, decide, skip, undo."""
