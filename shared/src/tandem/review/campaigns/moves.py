"""States of a campaign and the moves between them. Pure."""

from __future__ import annotations

from enum import StrEnum


class CampaignState(StrEnum):
    OPEN = "open"
    """Asks for records, which the queue serves."""
    PAUSED = "paused"
    """Asks for nothing, but for thresholds while their job runs; the queue serves none of its records."""
    CLOSED = "closed"
    """Asks for nothing more. What it asked for is withdrawn, except for records that a person decided."""


class CampaignMove(StrEnum):
    PAUSE = "pause"
    OPEN = "open"
    CLOSE = "close"


MOVES: dict[CampaignMove, tuple[frozenset[CampaignState], CampaignState]] = {
    CampaignMove.PAUSE: (frozenset({CampaignState.OPEN}), CampaignState.PAUSED),
    CampaignMove.OPEN: (frozenset({CampaignState.PAUSED, CampaignState.CLOSED}), CampaignState.OPEN),
    CampaignMove.CLOSE: (frozenset({CampaignState.OPEN, CampaignState.PAUSED}), CampaignState.CLOSED),
}
"""Move to the states in which it can be made, and the one that follows."""


class StopRule(StrEnum):
    """The rule by which a campaign closes by itself."""

    NEVER = "never"
    ALL = "all"
    """Close when each record that the campaign asked for is decided, and its jobs have ended."""
    DECIDED = "decided"
    """Close when a given number of its records are decided."""


def is_due(rule: StopRule, after: int | None, *, asked: int, waiting: int, decided: int, jobs_ended: bool) -> bool:
    """Return whether the stop rule says that the campaign closes now.

    `asked` counts the records that it asked for, decided ones included; `waiting` and `decided` count its items in the
    queue, which may lag behind.
    """
    match rule:
        case StopRule.NEVER:
            return False
        case StopRule.ALL:
            return jobs_ended and waiting == 0 and decided >= asked
        case StopRule.DECIDED:
            return after is not None and decided >= after
