"""What can stand in the way of a person's act, each with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from tandem.events import LabelValue, SingleChoiceTask
from tandem.store.review_items.documents import ReviewItem
from tandem.web import FieldProblem, Problem


def reservation_lost(item: ReviewItem) -> Problem:
    return Problem(
        409,
        "reservation-lost",
        "This item is not reserved to you any more: the reservation ran out and somebody else took the item, "
        "or it was given back.",
        cure="Take the next item.",
        item_id=item.item_id,
    )


def item_changed(item: ReviewItem) -> Problem:
    return Problem(
        409,
        "item-changed",
        "What the model says of this record is not what was on your screen.",
        cure="Look at the item as it is now, then decide.",
        item_id=item.item_id,
        attempt=item.attempt,
    )


def already_decided(item: ReviewItem, *, by_caller: bool) -> Problem:
    who = "You have" if by_caller else f"{item.decided_by} has"
    return Problem(
        409,
        "already-decided",
        f"{who} already decided on this item.",
        cure="Undo that decision to decide anew." if by_caller else "Take the next item.",
        item_id=item.item_id,
        decided_by=item.decided_by,
    )


def nothing_to_undo(item: ReviewItem) -> Problem:
    return Problem(409, "nothing-to-undo", "Nobody's decision on this item holds.", cure="Go on.", item_id=item.item_id)


def not_your_decision(item: ReviewItem) -> Problem:
    return Problem(
        409,
        "not-your-decision",
        f"{item.decided_by} decided on this item; everybody takes back only their own decisions.",
        cure=f"Ask {item.decided_by} to undo it.",
        item_id=item.item_id,
        decided_by=item.decided_by,
    )


def check_values(task: SingleChoiceTask, values: Mapping[str, LabelValue]) -> None:
    """Raises Problem 422 unless every task of the schema, and nothing else, has one of its values."""
    errors: list[FieldProblem] = []
    allowed = [option.value for option in task.options]
    if task.name not in values:
        errors.append(FieldProblem(field=f"values.{task.name}", detail="A value is missing.", cure=_choose(allowed)))
    for name, value in values.items():
        field = f"values.{name}"
        if name != task.name:
            cure = f"The task is {task.name!r}."
            errors.append(FieldProblem(field=field, detail="The label schema has no such task.", cure=cure))
        elif value not in allowed:
            errors.append(
                FieldProblem(field=field, detail=f"{value!r} is no label of this task.", cure=_choose(allowed))
            )
    if errors:
        first = errors[0]
        raise Problem(
            422,
            "values-do-not-fit",
            f"{first.field}: {first.detail}",
            title="The values do not fit the label schema",
            field=first.field,
            cure=first.cure,
            errors=errors,
        )


def _choose(allowed: list[str]) -> str:
    shown = ", ".join(allowed[:20])
    return f"Choose one of: {shown}{', …' if len(allowed) > 20 else ''}."
