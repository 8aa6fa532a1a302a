"""What reading an answer gives: a value with the rule that found it, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tandem.events.outcomes import LabelValue


class Rule(StrEnum):
    STRUCTURED = "structured"
    EXACT = "exact"
    NORMALIZED = "normalized"


class UnreadableReason(StrEnum):
    EMPTY = "empty"
    NO_OPTION = "no_option"
    """The answer is none of the options, nor a form that holds one."""
    NOT_IN_SCHEMA = "not_in_schema"
    """The form is right, the value is none of the options."""
    MISSING_TASK = "missing_task"
    """JSON without the task's key."""
    AMBIGUOUS = "ambiguous"
    """More than one option fits."""


Place = tuple[int, int]
"""Where in the answer something stands: index of its first character, and behind its last."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one task, as it was read from an answer."""

    value: LabelValue
    rule: Rule
    places: tuple[Place | None, ...]
    """Where the value's text stands in the answer, quotes left out; None when that cannot be told. One place for a
    single choice, a number or a text; one for each label of a multiple choice; of spans, one for each span's label."""
    in_json: bool = False

    @property
    def place(self) -> Place | None:
        """The only place, or the first."""
        return self.places[0] if self.places else None


@dataclass(frozen=True, slots=True)
class Unreadable:
    reason: UnreadableReason
    detail: str
    """One sentence for people."""
