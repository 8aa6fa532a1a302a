"""Passes of a job: the first run, and each run again."""

from __future__ import annotations

from dataclasses import dataclass

from tandem.jobs.selection import Selection


@dataclass(frozen=True, slots=True)
class Pass:
    """One walk over records of a job. Its number is the attempt that its annotations have.

    Pass 1 runs over all records of the job. A record is run in pass 3 and not in pass 2 where only its second answer
    was asked for: then its attempts are 1 and 3.
    """

    attempt: int
    selection: Selection
    size: int
    """Records of the selection that exist: a range of seqs has gaps."""
    all_had_ended: bool = False
    """True where every record of the job had an annotation when the pass began: what their first answers cost is
    settled."""

    @property
    def is_first(self) -> bool:
        """Return whether this is the job's first run, which all its records are part of."""
        return self.attempt == 1
