"""Bound the labels that stay wrong after an agent is replaced, from blind reads of changed labels alone.

A *flip* is a record whose new label is not the old one. Every other label is as good as before, so

    missed(new) = missed(old) - (flips whose old label is wrong) + (flips whose new label is wrong).

Both sums are bounded from one random sample of the flips by hypergeometric tails, each with half of alpha. Example: of
400 flips 100 were read; 20 new and 55 old labels are wrong. With alpha 0.05, at most 111 new and at least 185 old
labels are wrong, so the change removes at least 74 wrong labels.
"""

from __future__ import annotations

from typing import NamedTuple

from tandem.quality.certificates.readers import most_wrong


class FlipBound(NamedTuple):
    """Bounds over all flips; all of them hold together with probability 1 - alpha."""

    new_wrong_at_most: int
    old_wrong_at_least: int

    @property
    def added_at_most(self) -> int:
        """Return the number of wrong labels that the flips add at most; negative where they remove some."""
        return self.new_wrong_at_most - self.old_wrong_at_least


def flip_bound(flips: int, drawn: int, *, new_wrong: int, old_wrong: int, alpha: float) -> FlipBound:
    """Return the bounds from `drawn` flips, a random sample that was fixed before any of it was read.

    `new_wrong`: drawn flips whose new label is wrong, and those without a blind read; `old_wrong`: drawn flips whose
    old label is known to be wrong. A flip without a read is thus counted against the new agent both times.
    """
    return FlipBound(
        most_wrong(flips, drawn, new_wrong, alpha / 2),
        flips - most_wrong(flips, drawn, drawn - old_wrong, alpha / 2),
    )


def reads_for(flips: int, *, new_share: float, old_share: float, added: int, alpha: float) -> int | None:
    """Return the fewest reads whose bound would be at most `added`, if these shares of new and old labels are wrong.

    None where even reading every flip would not do.
    """

    def bound(drawn: int) -> int:
        new, old = round(new_share * drawn), round(old_share * drawn)
        return flip_bound(flips, drawn, new_wrong=new, old_wrong=old, alpha=alpha).added_at_most

    if bound(flips) > added:
        return None
    low, high = 0, flips
    while low < high:
        middle = (low + high) // 2
        if bound(middle) <= added:
            high = middle
        else:
            low = middle + 1
    return low
