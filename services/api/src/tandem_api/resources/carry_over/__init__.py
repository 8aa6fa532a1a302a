"""Carrying the annotations of a job over to another version of its label schema, as a job of its own."""
