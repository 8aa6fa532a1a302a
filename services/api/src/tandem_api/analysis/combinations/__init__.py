"""Combinations: several agents' labels made into one, as a job of its own."""
