"""Annotations: what a job gave, record by record, as a report and as an export."""
