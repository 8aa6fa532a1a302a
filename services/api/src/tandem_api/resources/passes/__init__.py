"""Passes of a job: the first run, and each run again."""
