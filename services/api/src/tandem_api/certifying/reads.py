"""Reads of a certificate: people's opinions on records of its population, as its evidence has them."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from tandem.events import OpinionFlag
from tandem.labeling.values import plain_values
from tandem.review import current
from tandem.store.opinions.documents import OpinionDocument

SKIPS = 3
"""A record that was skipped so often counts as read without an outcome, until somebody decides on it."""
SKIPPED: dict[str, Any] = {
    "reader": "skipped",
    "at": None,
    "values": None,
    "shown": False,
    "voided": False,
    "flagged": False,
}
_UNSURE = {OpinionFlag.FLAGGED, OpinionFlag.NOT_COVERED}


def reader_name(key: bytes, person_id: str) -> str:
    """Return a name for a reader that says nothing to strangers and is the same in all files of the certificate."""
    return "reader-" + hmac.digest(key, f"reader:{person_id}".encode(), "sha256").hex()[:8]


def reads_of(
    opinions: Sequence[OpinionDocument], key: bytes, *, until: int | None = None, skipped: bool = False
) -> list[dict[str, Any]]:
    """Return the reads of a record in the order of time. `until`: the last revision that counts, None for all.

    A read that its reader took back, or gave anew, is voided.
    """
    counted = [each for each in opinions if until is None or each.revision <= until]
    standing = {each.revision for each in current(each.for_rule() for each in counted)}
    reads = [
        {
            "reader": reader_name(key, each.person),
            "at": each.decided_at.isoformat(),
            "values": plain_values(each.values),
            "shown": each.was_shown or not each.blind,
            "voided": each.revision not in standing,
            "flagged": bool(_UNSURE.intersection(each.flags)),
        }
        for each in counted
        if each.values is not None
    ]
    return [*reads, SKIPPED] if skipped else reads


def last_revision(opinions: Sequence[OpinionDocument]) -> int:
    return max(each.revision for each in opinions)


def final_of(labels: Mapping[str, Any], decided: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds by task: what the reads decided, else the frozen label."""
    return {task: decided.get(task, label) for task, label in labels.items()}
