"""Annotations of a job, record by record and as an export."""
