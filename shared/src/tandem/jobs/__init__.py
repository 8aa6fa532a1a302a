"""Pure rules of jobs: which records a job runs over. Imports no I/O library."""

from tandem.jobs.selection import Block, Selection

__all__ = ["Block", "Selection"]
