"""Carry-over of a job's annotations to another version of its label schema, as a job of its own."""
