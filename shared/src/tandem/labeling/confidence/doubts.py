"""The result of a walk over the generated tokens, and the rule that shares out its doubtful probability."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tandem.labeling.confidence.spellings import Spellings


class Doubt(NamedTuple):
    """Probability that may belong to any of some options."""

    mass: float
    options: Sequence[str]
    """Without the label, which was generated otherwise."""
    most: float = math.inf
    """What a single option may get of it."""
    unless_seen: bool = False
    """Left out when all options are seen elsewhere."""
    about_label: bool = True
    """Whether the label itself might have been among the options."""
    anywhere: bool = False
    """It may belong to options that are seen elsewhere as well, and to the label."""


class Unlisted(NamedTuple):
    """Probability that is not listed at a token of the label."""

    doubt: Doubt
    unseen: Sequence[str]
    """Options that no listed token leads to."""
    most: float
    """What one of them has at most."""


class Settled(NamedTuple):
    """The masses after the doubtful probability is shared out."""

    masses: Mapping[str, float]
    presumed: float
    """Of them, what was given on suspicion, at the cost of the label."""
    shared: Sequence[tuple[float, Sequence[str] | None]]
    """Of them, what was shared evenly because nothing tells to which of these options, or of all, it belongs."""


class Walk(NamedTuple):
    """The masses of the options that have any, by spelling."""

    masses: dict[str, float]
    """What surely belongs to them."""
    doubts: Sequence[Doubt]
    path: float
    """Of the label's mass, what belongs to the very tokens that were generated, whatever follows the label in the last
    of them."""
    behind: int
    """Index behind the last token that was looked at."""
    unlisted_before: float
    """Left unlisted at a token that was weighed before: it may lead here, or elsewhere."""
    held_to_format: bool
    """Whether the model itself would rather have written something else than an answer of this format."""
    astray: float
    """Of what is listed at the label, the share that belongs to no option."""

    def settled(self, spellings: Spellings) -> Settled:
        """Give the doubtful probability to the options that are seen nowhere else, or else to all that it may belong
        to; of several, to the likely ones alone."""
        if not self.doubts:
            return Settled(self.masses, 0.0, ())
        masses = dict(self.masses)
        value_of, likely = spellings.value_of, spellings.likely
        seen = {value_of[option] for option, mass in masses.items() if mass}
        presumed = 0.0
        shared: list[tuple[float, Sequence[str] | None]] = []
        for doubt in self.doubts:
            heirs = [] if doubt.anywhere else [option for option in doubt.options if value_of[option] not in seen]
            if not heirs:
                if doubt.unless_seen:
                    continue
                heirs = list(doubt.options)
            if likely is not None:
                heirs = [option for option in heirs if option in likely] or heirs
            if not heirs:
                continue
            share = min(doubt.mass / len(heirs), doubt.most)
            for option in heirs:
                masses[option] = masses.get(option, 0.0) + share
            if len(heirs) > 1 or doubt.anywhere:
                shared.append((share * len(heirs), None if doubt.anywhere else heirs))
            if doubt.about_label:
                presumed += share * len(heirs)
        return Settled(masses, presumed, shared)
