"""Takeover of partitions from other workers: their calls end first, and their answers are read."""
