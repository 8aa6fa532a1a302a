"""Annotations: what a job gave, record by record and as an export."""
