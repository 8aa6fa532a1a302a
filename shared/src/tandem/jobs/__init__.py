"""Pure rules of jobs: the records that a job runs over, its passes, safeguards and moves. No I/O library."""

from tandem.jobs.passes import Pass
from tandem.jobs.safeguards import Canary, FailureStop, Recent
from tandem.jobs.selection import Block, Selection, SelectionTooLargeError

__all__ = ["Block", "Canary", "FailureStop", "Pass", "Recent", "Selection", "SelectionTooLargeError"]
