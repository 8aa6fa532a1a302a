"""Strategies: each picks the records of a block that people should look at."""
