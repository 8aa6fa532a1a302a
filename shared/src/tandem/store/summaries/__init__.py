"""Summaries: sums over a stretch of a job's records, or of several jobs', of which reports and comparisons are made.

Writer: api. Everything here can be made again from the annotations.
"""
