"""Annotations: what a job's model said of each record, and what a person decided about it. Writer: postprocessor."""
