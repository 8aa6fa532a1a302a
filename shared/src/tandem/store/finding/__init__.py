"""Finds the records of a data set or a job that an expression matches: a page, a count, or all as a selection."""
