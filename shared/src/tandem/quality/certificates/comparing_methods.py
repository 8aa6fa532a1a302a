"""Alternative methods to decide which labels people read, for comparison: threshold review, a uniform audit, PAC
labels.

Each returns the places that people read; these records then hold the right label.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

from tandem.quality.certificates.boundary import boundary

THRESHOLD_SAMPLE = 200
"""Gold labels on which the threshold of threshold review is tuned."""
PAC_SAMPLE = 500
"""Labels that PAC labels draws before it chooses its threshold; a quarter of the records where there are fewer."""
_FIRST_LOOK, _LOOK_GROWTH = 30, 1.15


def threshold_review(
    risks: Sequence[float], wrong: Sequence[bool], error: float, random_: random.Random
) -> tuple[set[int], bool]:
    """Review all records above the largest risk that keeps the error of a sample of 200 gold labels within `error`.

    Returns the places read, and False: it certifies nothing.
    """
    sample = random_.sample(range(len(risks)), min(THRESHOLD_SAMPLE, len(risks)))
    missed, bearable = 0, error * len(sample)
    lowest = float("inf")
    for risk, group in _by_risk(risks, sample):
        missed += sum(wrong[i] for i in group)
        if missed > bearable:
            lowest = risk
            break
    return {i for i, risk in enumerate(risks) if risk >= lowest} | set(sample), False


def uniform_audit(
    wrong: Sequence[bool], tolerated: int, alpha: float, audit_order: Sequence[int]
) -> tuple[set[int], bool]:
    """Read in a random order until few enough of the records read were wrong: the same claim and boundary, but no cut.

    Returns the places read, and True: it always ends with a certificate.
    """
    size = len(wrong)
    looks = [min(_FIRST_LOOK, size)]
    while looks[-1] < size:
        looks.append(min(size, int(looks[-1] * _LOOK_GROWTH) + 1))
    allowances = boundary(size, tolerated, looks, [alpha / len(looks)] * len(looks))
    found = read = 0
    for look, allowed in zip(looks, allowances, strict=True):
        found += sum(wrong[i] for i in audit_order[read:look])
        read = look
        if found <= allowed:
            break
    return set(audit_order[:read]), True


def pac_labels(
    risks: Sequence[float], wrong: Sequence[bool], error: float, alpha: float, random_: random.Random
) -> tuple[set[int], bool]:
    """Read all records whose risk is at or above the first at which an upper bound of the missed share exceeds `error`.

    Candès, Ilyas and Zrnic, "Probably Approximately Correct Labels" (2025, arXiv 2506.10908), with uniform sampling
    with replacement; as the losses are 0 or 1, the bound is the exact binomial one (Clopper and Pearson). Records of
    one risk are read together. Returns the places read, and True: it always ends with its guarantee.
    """
    size = len(risks)
    drawn = min(PAC_SAMPLE, max(1, size // 4))
    sample = [random_.randrange(size) for _ in range(drawn)]
    bearable = _most_bearable(drawn, error, alpha)
    missed, lowest = 0, float("inf")
    for risk, group in _by_risk(risks, sample):
        missed += sum(wrong[i] for i in group)
        if missed > bearable:
            lowest = risk
            break
    if bearable < 0:
        lowest = -1.0
    return {i for i, risk in enumerate(risks) if risk >= lowest} | set(sample), True


def _by_risk(risks: Sequence[float], sample: Sequence[int]) -> list[tuple[float, list[int]]]:
    """Return the sampled places in groups of one risk, the lowest first."""
    groups: dict[float, list[int]] = {}
    for i in sample:
        groups.setdefault(risks[i], []).append(i)
    return sorted(groups.items())


@lru_cache(maxsize=64)
def _most_bearable(drawn: int, error: float, alpha: float) -> int:
    """Return the largest count whose exact binomial upper bound at level `alpha` is at most `error`; -1 for none."""
    term = total = (1 - error) ** drawn
    count = -1
    while total <= alpha:
        count += 1
        term *= (drawn - count) / (count + 1) * error / (1 - error)
        total += term
    return count
