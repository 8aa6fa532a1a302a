"""Table of the moves of a job: from which states, to which state, who may make them, and which begin a new epoch.

Every writer of jobs takes its move from here, so that this table is all there is to know:

| move | from | to | by | new epoch |
| --- | --- | --- | --- | --- |
| pause | running, waiting | paused | person | no: what the workers hold is still answered |
| resume | paused, waiting | running | person | yes: what was asked for before is void |
| go | waiting | running | person | yes: it waited for a canary or after too many failures |
| cancel | running, paused, waiting | cancelled | person | no |
| run again | completed, cancelled | running | person | yes: a new pass begins |
| change settings | running, paused, waiting | the same | person | no: budget, weight, pace, failure stop |
| complete | running, waiting | completed | dispatcher | no |
| wait | running, waiting | waiting | dispatcher | no |
| go on | waiting | running | dispatcher | yes |
| tell | running | the same | dispatcher | no |
| pass canary | running | the same | dispatcher | no: its rule lets the pass go on |
| ask anew | running | the same | dispatcher | yes: what was handed back is asked for again |
| take over | any | the same | dispatcher | yes: the holder before is fenced off |

A paused job has records of its pass left, so it is resumed or cancelled; only a job that has ended is run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tandem.events import JobState


class Mover(StrEnum):
    """The one who makes a move."""

    PERSON = "person"
    """A person or their program, through the API."""
    DISPATCHER = "dispatcher"
    """The dispatcher that holds the job's lease."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table."""

    name: str
    starts: tuple[JobState, ...]
    """States in which the move can be made."""
    to: JobState | None
    """State after the move; None: the state stays."""
    by: Mover
    new_epoch: bool
    """True: requests that were published before are void."""

    def allows(self, state: JobState) -> bool:
        """Return whether a job in this state can make the move."""
        return state in self.starts


_LIVE = tuple(state for state in JobState if state.is_live)
_ENDED = tuple(state for state in JobState if not state.is_live)
_AT_WORK = (JobState.RUNNING, JobState.WAITING)

PAUSE = Move("pause", _AT_WORK, JobState.PAUSED, Mover.PERSON, new_epoch=False)
RESUME = Move("resume", (JobState.PAUSED, JobState.WAITING), JobState.RUNNING, Mover.PERSON, new_epoch=True)
GO = Move("go", (JobState.WAITING,), JobState.RUNNING, Mover.PERSON, new_epoch=True)
CANCEL = Move("cancel", _LIVE, JobState.CANCELLED, Mover.PERSON, new_epoch=False)
RUN_AGAIN = Move("run again", _ENDED, JobState.RUNNING, Mover.PERSON, new_epoch=True)
CHANGE_SETTINGS = Move("change settings", _LIVE, None, Mover.PERSON, new_epoch=False)
COMPLETE = Move("complete", _AT_WORK, JobState.COMPLETED, Mover.DISPATCHER, new_epoch=False)
WAIT = Move("wait", _AT_WORK, JobState.WAITING, Mover.DISPATCHER, new_epoch=False)
GO_ON = Move("go on", (JobState.WAITING,), JobState.RUNNING, Mover.DISPATCHER, new_epoch=True)
NOTE = Move("note", (JobState.RUNNING,), None, Mover.DISPATCHER, new_epoch=False)
PASS_CANARY = Move("pass canary", (JobState.RUNNING,), None, Mover.DISPATCHER, new_epoch=False)
ASK_ANEW = Move("ask anew", (JobState.RUNNING,), None, Mover.DISPATCHER, new_epoch=True)
TAKE_OVER = Move("take over", tuple(JobState), None, Mover.DISPATCHER, new_epoch=True)

MOVES: tuple[Move, ...] = (
    PAUSE,
    RESUME,
    GO,
    CANCEL,
    RUN_AGAIN,
    CHANGE_SETTINGS,
    COMPLETE,
    WAIT,
    GO_ON,
    NOTE,
    PASS_CANARY,
    ASK_ANEW,
    TAKE_OVER,
)
