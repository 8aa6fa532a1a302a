"""Statistics of readers: their decisions on a record, their agreement, and the effect of seeing the label."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tandem.quality.certificates.hypergeometric import at_most
from tandem.quality.certificates.same import is_same_value

ONE_READER, PANEL = "one_reader", "panel"
_Z = 1.959963984540054
"""Normal quantile of 95 % intervals."""


class AuditedDecision(NamedTuple):
    """Decision of people on one task of one record. unread: nobody read it; voided: no outcome (skipped, no majority).

    `first`: what the first valid read said; None without one. The correction order learns from it alone, since what
    later reads say must not change an order that was walked already.
    """

    state: Literal["unread", "voided", "decided"]
    value: Any = None
    first: Any = None


def decide(
    reads: Sequence[Mapping[str, Any]], task: str, same: Mapping[str, Any], standard: Mapping[str, Any]
) -> AuditedDecision:
    """Return what the reads of a record decide.

    `reads`: in the order of time, each with `reader`, `values` by task (null: skipped), `shown`, `voided` (undone) and
    `flagged` (the reader was not sure of the values: they decide nothing, and the correction order learns from them).
    `standard`: {"rule": "one_reader"}: the first read decides. {"rule": "panel"}: a value that two readers give; a
    single read where there is no other.
    """
    given = [
        (read["values"][task], bool(read.get("flagged")))
        for read in reads
        if not read.get("voided") and read.get("values") and read["values"].get(task) is not None
    ]
    values = [value for value, flagged in given if not flagged]
    if not values:
        return AuditedDecision("voided" if reads else "unread", None, given[0][0] if given else None)
    if standard["rule"] == ONE_READER or len(values) == 1:
        return AuditedDecision("decided", values[0], given[0][0])
    for place, value in enumerate(values):
        if any(is_same_value(same, value, other) for other in values[:place]):
            return AuditedDecision("decided", value, given[0][0])
    return AuditedDecision("voided", None, given[0][0])


def is_complete(reads: Sequence[Mapping[str, Any]], task: str, same: Mapping[str, Any], rule: str) -> bool:
    """Say whether no further read of the record is needed: one of `one_reader`; of a panel two that agree, or three."""
    valid = [read for read in reads if not read.get("voided")]
    if rule == ONE_READER:
        return bool(valid)
    return len(valid) > 2 or (len(valid) == 2 and decide(valid, task, same, {"rule": rule}).state == "decided")


def most_wrong(size: int, sampled: int, found: int, level: float) -> int:
    """Return an upper bound of the wrong ones among `size`, when `found` of `sampled` drawn at random are wrong.

    It is too small with probability at most `level`: the largest number with P(Hypergeometric ≤ found) > level.
    """
    low, high = found, size - (sampled - found)
    while low < high:
        middle = (low + high + 1) // 2
        if at_most(size, middle, sampled, found) > level:
            low = middle
        else:
            high = middle - 1
    return low


class Agreement(NamedTuple):
    """Agreement of pairs of blind reads of one record: observed share, share by chance, and Cohen's kappa (pooled)."""

    pairs: int
    observed: float
    chance: float

    @property
    def kappa(self) -> float | None:
        """Return (observed - chance) / (1 - chance); None where chance alone agrees always."""
        return None if self.chance >= 1 else (self.observed - self.chance) / (1 - self.chance)


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement | None:
    """Return the agreement of pairs of values, as canonical text; None without pairs.

    Chance is the probability that two values drawn from all values given are the same (Scott's pi, two raters each).
    """
    if not pairs:
        return None
    counts: dict[str, int] = {}
    for pair in pairs:
        for value in pair:
            counts[value] = counts.get(value, 0) + 1
    total = 2 * len(pairs)
    chance = sum(count * count for count in counts.values()) / (total * total)
    return Agreement(len(pairs), sum(one == other for one, other in pairs) / len(pairs), chance)


def agrees_no_better_than_chance(found: Agreement) -> bool:
    """Return whether the agreement could be chance: its one-sided 95 % score bound is not above chance."""
    n, share, z = found.pairs, found.observed, 1.6448536269514722
    if found.chance >= 1:
        return False  # all reads gave one value
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n) <= found.chance


class Anchoring(NamedTuple):
    """Difference in how often a label is kept by readers who see it and by those who do not, and Newcombe's 95 %
    interval.
    """

    shown: int
    blind: int
    difference: float
    low: float
    high: float


def anchoring(kept_shown: int, shown: int, kept_blind: int, blind: int) -> Anchoring | None:
    """Compare how often the label was kept when shown and when not; None where either was never tried.

    Newcombe (1998), method 10: the limits of Wilson's intervals of both shares, combined.
    """
    if not shown or not blind:
        return None
    one, other = kept_shown / shown, kept_blind / blind
    (low1, high1), (low2, high2) = _wilson(kept_shown, shown), _wilson(kept_blind, blind)
    difference = one - other
    return Anchoring(
        shown,
        blind,
        difference,
        difference - math.hypot(one - low1, high2 - other),
        difference + math.hypot(high1 - one, other - low2),
    )


def _wilson(count: int, size: int) -> tuple[float, float]:
    share, squared = count / size, _Z * _Z
    centre = (share + squared / (2 * size)) / (1 + squared / size)
    half = _Z / (1 + squared / size) * math.sqrt(share * (1 - share) / size + squared / (4 * size * size))
    return max(0.0, centre - half), min(1.0, centre + half)
