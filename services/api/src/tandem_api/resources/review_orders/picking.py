"""Choice of the records of a block that an order of review sends to people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tandem.events import ReviewAskedV1, ReviewCause, ReviewReason
from tandem.events.schema import LabelTask
from tandem.quality import comparing
from tandem.quality.summary import Ended
from tandem.store.review_orders.documents import NO_COUNTS, OrderCounts, ReviewOrderDocument


@dataclass(slots=True)
class Picked:
    counts: OrderCounts = field(default_factory=NO_COUNTS.copy)
    """Counts of the records that need no request; those in `asks` are not included."""
    queues: Counter[str] = field(default_factory=Counter)
    asks: list[ReviewAskedV1] = field(default_factory=list)
    """Requests for the records that are neither in a queue nor decided yet."""


def pick(order: ReviewOrderDocument, tasks: Sequence[LabelTask], jobs: Sequence[Mapping[int, Ended]]) -> Picked:
    """Pick the records of a block. `jobs`: for each of the order's jobs its annotations by seq."""
    picked = Picked()
    for seq in sorted(set().union(*jobs)):
        of_record = [job.get(seq) for job in jobs]
        if differing := _differing(tasks, of_record, order["min_confidence"]):
            _place(picked, order, seq, differing, of_record)
    return picked


def _differing(
    tasks: Sequence[LabelTask], of_record: Sequence[Ended | None], min_confidence: float | None
) -> dict[str, float]:
    """Return the tasks that the agents differ on, with the value of a person's review for each."""
    found = {}
    for task in tasks:
        said = [comparing.given(each, task) for each in of_record]
        if comparing.differ(task, said) and (min_confidence is None or _are_sure(said, min_confidence)):
            found[task.name] = comparing.usefulness(said)
    return found


def _are_sure(said: Sequence[comparing.Given | None], least: float) -> bool:
    return all(each.confidence is not None and each.confidence >= least for each in said if each is not None)


def _place(
    picked: Picked,
    order: ReviewOrderDocument,
    seq: int,
    differing: Mapping[str, float],
    of_record: Sequence[Ended | None],
) -> None:
    ended = [(job_id, each) for job_id, each in zip(order["jobs"], of_record, strict=True) if each is not None]
    queued_in = next((job_id for job_id, each in ended if each["review_order"] == order["_id"]), None)
    if any(each["verified"] is not None for _, each in ended):
        picked.counts["decided"] += 1
    elif queued_in is not None:
        picked.counts["queued"] += 1
        picked.queues[queued_in] += 1
    elif any(each["needs_review"] for _, each in ended):
        picked.counts["waiting"] += 1
    else:
        job_id, first = ended[0]
        picked.asks.append(
            ReviewAskedV1(
                job_id=job_id,
                project_id=order["project_id"],
                seq=seq,
                attempt=first["attempt"],
                record_id=first["record_id"],
                order_id=order["_id"],
                reason=ReviewReason.DISAGREEMENT,
                causes=tuple(ReviewCause(task=task, reason=ReviewReason.DISAGREEMENT) for task in differing),
                priority=max(differing.values()),
            )
        )
        return
    picked.counts["differing"] += 1
