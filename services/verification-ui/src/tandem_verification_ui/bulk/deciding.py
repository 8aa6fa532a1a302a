"""What a bulk act says of one record, or why it leaves the record as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tandem.events import LabelValue, Outcome
from tandem.people import Caller
from tandem.review import RecordState
from tandem.store.annotations.final import final_values
from tandem.store.bulk_acts.documents import UNDO, ActKind, BulkActDocument
from tandem.store.opinions.documents import OpinionDocument, settlement_of
from tandem.store.review_items.documents import ItemState
from tandem.web import Problem
from tandem_verification_ui.opinions.opened import OpenedSubject
from tandem_verification_ui.review.decided_values import checked, same_values
from tandem_verification_ui.review.giving import newest_of


class Skip(StrEnum):
    """Why a record is left as it is."""

    NOT_RUN = "not_run"
    BLIND = "blind"
    """The person is still to read it without knowing the model's label."""
    DECIDED = "decided"
    """Others decided on it, and the act does not overrule."""
    RESERVED = "reserved"
    """Somebody else is reading it now."""
    NO_LABEL = "no_label"
    """A task has no value: neither given, nor the model's, nor people's."""
    DOES_NOT_FIT = "does_not_fit"
    """The values do not fit the label schema, e.g. spans beyond the text."""
    CHANGED_SINCE = "changed_since"
    """In an undo: the person said something else of it since."""


@dataclass(frozen=True, slots=True)
class Give:
    """Values to be given."""

    values: dict[str, LabelValue]
    restored: OpinionDocument | None = None
    """In an undo: the person's opinion before the act, which is given anew."""


class Other(StrEnum):
    WITHDRAW = "withdraw"
    """Of an undo: the person had said nothing before the act."""
    WRITTEN = "written"
    """The act, or its undo, wrote its opinion before a restart."""
    UNCHANGED = "unchanged"
    """The person said the same already; in an undo: the act had written nothing."""


Decided = Give | Other | Skip


def decide(
    act: BulkActDocument,
    caller: Caller,
    opened: OpenedSubject,
    *,
    fields: Mapping[str, str],
    blind: bool,
    reserved: bool,
) -> Decided:
    """Return what the act says of the record. `fields`: the record's, where tasks of the schema lie in them.

    `blind`: whether the caller may not see the model's values, by any job over the data set. `reserved`: whether
    somebody else is reading it now.
    """
    mine = newest_of(opened.history, caller)
    if any(each.act_id == act["_id"] for each in opened.history):
        return Other.WRITTEN
    if blind or not opened.revealed_to(caller):
        return Skip.BLIND
    taken = None if act["overrule"] else _taken(opened, mine, reserved=reserved)
    said = taken or _said(act, opened, fields)
    if isinstance(said, Skip):
        return said
    same = mine is not None and mine.values is not None and same_values(mine.values, said)
    if same and mine is not None and (mine.outranks or not act["overrule"]):
        return Other.UNCHANGED
    return Give(said)


def undo(act: BulkActDocument, caller: Caller, opened: OpenedSubject) -> Decided:
    """Return what takes the act's opinion on the record back."""
    by_act = next((each for each in opened.history if each.act_id == act["_id"]), None)
    mine = newest_of(opened.history, caller)
    if by_act is None or mine is None:
        return Other.UNCHANGED
    if mine.act_id == act["_id"] + UNDO:
        return Other.WRITTEN
    if mine.act_id != act["_id"]:
        return Skip.CHANGED_SINCE
    earlier = newest_of([each for each in opened.history if each.revision < by_act.revision], caller)
    if earlier is None or earlier.values is None:
        return Other.WITHDRAW
    return Give(earlier.values, earlier)


def _said(act: BulkActDocument, opened: OpenedSubject, fields: Mapping[str, str]) -> dict[str, LabelValue] | Skip:
    """Return the values of the act in the form in which they are kept."""
    tasks = opened.job.schema.tasks
    values = _values(act, opened.annotation)
    if any(task.name not in values for task in tasks):
        return Skip.NO_LABEL
    try:
        return checked(tasks, {task.name: values[task.name] for task in tasks}, fields)
    except Problem:
        return Skip.DOES_NOT_FIT


def _taken(opened: OpenedSubject, mine: OpinionDocument | None, *, reserved: bool) -> Skip | None:
    """Return why the record is left to others."""
    stands = mine is not None and mine.values is not None
    settlement = settlement_of(opened.history, opened.job.policy)
    if settlement.state is RecordState.SETTLED and not stands:
        return Skip.DECIDED
    is_open = opened.item is not None and opened.item.state is ItemState.OPEN
    return Skip.RESERVED if reserved and is_open else None


def _values(act: BulkActDocument, annotation: Any) -> dict[str, LabelValue]:
    if act["kind"] == ActKind.CONFIRM:
        labeled = annotation["outcome"] == Outcome.LABELED
        return {label["task"]: label["value"] for label in annotation["labels"]} if labeled else {}
    held = final_values(annotation) or {label["task"]: label["value"] for label in annotation["labels"]}
    return {**held, **act["values"]}
