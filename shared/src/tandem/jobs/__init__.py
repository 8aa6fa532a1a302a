"""Pure rules of jobs: the records that a job runs over, its passes, and the moves of its state. No I/O library."""

from tandem.jobs.passes import Pass
from tandem.jobs.selection import Block, Selection, SelectionTooLargeError

__all__ = ["Block", "Pass", "Selection", "SelectionTooLargeError"]
