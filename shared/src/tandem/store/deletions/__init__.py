"""Deletions: what was deleted, by whom and when, and the one place that reaches every collection. Writer: api.

Deletion is the second exception, beside migrations, to the rule that a collection has one writer: a person who deletes
expects it to be done, whichever services run at the time.
"""
