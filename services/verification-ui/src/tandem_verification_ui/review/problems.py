"""Problems that keep a person from acting, each with what to do about it."""

from __future__ import annotations

from tandem.store.review_items.documents import ReviewItem
from tandem.web import Problem


def reservation_lost(item: ReviewItem) -> Problem:
    return Problem(
        409,
        "reservation-lost",
        "This item is not reserved to you: the reservation ran out and somebody else took the item, it was given back, "
        "or it was made with another key or login.",
        cure="Take the next item.",
        item_id=item.item_id,
    )


def item_changed(item: ReviewItem) -> Problem:
    return Problem(
        409,
        "item-changed",
        "The model's labels of this record changed after your screen showed them.",
        cure="Review the item as it is now, then decide.",
        item_id=item.item_id,
        attempt=item.attempt,
    )


def already_decided(item: ReviewItem, name: str, *, by_caller: bool) -> Problem:
    """Describe a decision of the person called `name`."""
    who = "You have" if by_caller else f"{name} has"
    return Problem(
        409,
        "already-decided",
        f"{who} already decided on this item.",
        cure="Undo that decision, then decide again." if by_caller else "Take the next item.",
        item_id=item.item_id,
        decided_by=name,
        decided_by_id=item.decided_by_id,
    )


def record_reserved(item: ReviewItem, name: str) -> Problem:
    """Describe a record that the person called `name` is reading now."""
    return Problem(
        409,
        "record-reserved",
        f"{name} is reading this record now.",
        cure="Wait until it is decided or given back; an admin can overrule at any time.",
        item_id=item.item_id,
    )


def not_run_yet(job_id: str, seq: int) -> Problem:
    return Problem(
        409,
        "not-run-yet",
        f"The record {seq} of the job has no annotation yet.",
        cure="Wait until the job has run it, then give the opinion.",
        job_id=job_id,
        seq=seq,
    )


def attempt_changed(attempt: int) -> Problem:
    return Problem(
        409,
        "attempt-changed",
        f"The record has the attempt {attempt} now, which is not the one you opened.",
        field="attempt",
        cure="Open the record again, then give the opinion.",
        attempt=attempt,
    )


def nothing_to_undo(item: ReviewItem) -> Problem:
    detail = "There is no decision on this item to undo."
    return Problem(409, "nothing-to-undo", detail, cure="Take the next item.", item_id=item.item_id)


def not_your_decision(item: ReviewItem, name: str, caller: str) -> Problem:
    """Describe a decision of somebody else, called `name`, who may have the caller's name."""
    namesake = name == caller
    return Problem(
        409,
        "not-your-decision",
        f"{name} decided on this item{' with another key or login' if namesake else ''}; "
        "everybody takes back only their own decisions.",
        cure="Use the key or the browser that the decision was made with." if namesake else f"Ask {name} to undo it.",
        item_id=item.item_id,
        decided_by=name,
        decided_by_id=item.decided_by_id,
    )
