"""Readers that turn a piece of an answer into a value, for each kind of task."""
