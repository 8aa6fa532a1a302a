"""Group records by their label, for the correction order: a label that is wrong more often comes earlier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

MOST_GROUPS = 12
"""Groups at most; the last one holds all labels that are too rare for a group of their own."""
LEAST_SHARE = 0.01
"""A label of fewer records than this share of all has no group of its own."""


def label_groups(labels: Sequence[str]) -> list[int]:
    """Return the number of each record's group, from 0: the most frequent first, equal counts by the label's text.

    `labels`: the label of each record as text, e.g. canonical JSON.
    """
    counts = Counter(labels)
    frequent = sorted(
        (label for label, count in counts.items() if count >= LEAST_SHARE * len(labels)),
        key=lambda label: (-counts[label], label),
    )[: MOST_GROUPS - 1]
    number = {label: place for place, label in enumerate(frequent)}
    return [number.get(label, len(frequent)) for label in labels]
