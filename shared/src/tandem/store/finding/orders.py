"""The orders in which found records come: by a number that an index holds, or by groups that expressions describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from tandem.events import Outcome
from tandem.finding import And, Compare, Exists, Expression, Field, Flag, Not, Or

Key = float | datetime | int | None
"""What a record is ordered by: its confidence, the time of its decision, or the number of its group."""
Position = tuple[Key, int]
"""Key and seq of a record; in the order of seq the key is None."""
MOST_GROUPS = 500

ANY: Expression = Exists(field=Field.ID)
"""Matches every record."""
RAN: Expression = Exists(field=Field.OUTCOME)
NOT_RUN: Expression = Not(of=RAN)
UNDECIDED: Expression = Not(of=Flag(flag="verified"))


class By(StrEnum):
    SEQ = "seq"
    CONFIDENCE = "confidence"
    """The lowest confidence of the labels; records without one count as lower than any, those not run are left out."""
    DECIDED = "decided"
    """The time of people's decision; undecided records come last."""
    STATE = "state"
    """Waits for people, failed, invalid, labeled, decided, not run."""
    LABEL = "label"
    """The value of a single choice that holds, in the order of the label schema; records without one come last."""


class UnknownOrderError(ValueError):
    """There is no such order. The message says which orders there are."""


@dataclass(frozen=True, slots=True)
class FindOrder:
    by: By = By.SEQ
    down: bool = False
    task: str | None = None
    """The task whose label orders the records."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an order, e.g. `-confidence` or `label.sentiment`. Raises UnknownOrderError."""
        name, down = text.removeprefix("-"), text.startswith("-")
        word, _, task = name.partition(".")
        try:
            by = By(word)
        except ValueError:
            by = None
        if by is None or (by is By.LABEL) != bool(task) or (by is By.SEQ and down):
            raise UnknownOrderError(
                f"There is no order {text!r}. There are seq, confidence, decided, state and label.TASK; "
                "a minus in front turns all but seq around."
            )
        return cls(by, down, task or None)

    def __str__(self) -> str:
        name = self.by.value if self.task is None else f"{self.by.value}.{self.task}"
        return f"-{name}" if self.down else name

    @property
    def reveals_values(self) -> bool:
        """Return whether the place of a record tells something of its labels or of what people said."""
        return self.by is not By.SEQ


IN_SEQ = FindOrder()


def groups_of(order: FindOrder, tasks: Sequence[Mapping[str, Any]]) -> list[Expression]:
    """Return the groups of the order, the first one first: every record is in exactly one.

    `tasks`: of the job's label schema, plain. Raises UnknownOrderError where the order needs a task that it has not.
    """
    if order.by is By.STATE:
        groups = _states()
        return [*reversed(groups)] if order.down else groups
    task = next((each for each in tasks if each["name"] == order.task), None)
    if task is None or task["kind"] != "single_choice" or len(task["options"]) > MOST_GROUPS:
        known = [f"label.{each['name']}" for each in tasks if each["kind"] == "single_choice"]
        raise UnknownOrderError(
            f"Records cannot be ordered by {order}: it needs a task with a single choice of up to {MOST_GROUPS} "
            f"options. Here these can be used: {', '.join(known) or 'none'}."
        )
    values = [option["value"] for option in task["options"]]
    labels: list[Expression] = [Compare(field=Field.LABEL, name=order.task, values=(value,)) for value in values]
    none = Not(of=Compare(field=Field.LABEL, name=order.task, values=tuple(values)))
    return [*(reversed(labels) if order.down else labels), And(of=(RAN, none)), NOT_RUN]


def _states() -> list[Expression]:
    waits, decided = Flag(flag="needs_review"), Flag(flag="verified")
    neither = Not(of=Or(of=(waits, decided)))
    ended: list[Expression] = [
        And(of=(Compare(field=Field.OUTCOME, values=(outcome.value,)), neither))
        for outcome in (Outcome.FAILED, Outcome.INVALID, Outcome.LABELED)
    ]
    return [waits, *ended, decided, NOT_RUN]


def key_text(key: Key) -> str:
    """Write a key for a cursor."""
    match key:
        case None:
            return ""
        case datetime():
            return key.isoformat()
        case _:
            return repr(key)


def key_of(text: str, order: FindOrder) -> Key:
    """Read the key of a cursor in this order. Raises ValueError where it is none."""
    if not text:
        return None
    match order.by:
        case By.DECIDED:
            return datetime.fromisoformat(text).astimezone(UTC)
        case By.CONFIDENCE:
            return float(text)
        case _:
            return int(text)
