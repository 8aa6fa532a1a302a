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
    """The candidate options, without the label, which was generated otherwise."""
    most: float = math.inf
    """Maximum that a single option may receive of the probability."""
    unless_seen: bool = False
    """True when the doubt is dropped if all its options are seen elsewhere."""
    about_label: bool = True
    """True when the label itself might have been among the options."""
    anywhere: bool = False
    """True when the probability may also belong to options that are seen elsewhere, and to the label."""


class Unlisted(NamedTuple):
    """Probability that is not listed at a token of the label."""

    doubt: Doubt
    unseen: Sequence[str]
    """Options that no listed token leads to."""
    most: float
    """Maximum probability of one of these options."""


class Settled(NamedTuple):
    """The masses after the doubtful probability is shared out."""

    masses: Mapping[str, float]
    presumed: float
    """Part of the masses that was assigned on suspicion, at the cost of the label."""
    shared: Sequence[tuple[float, Sequence[str] | None]]
    """Parts of the masses that were shared evenly because nothing shows to which of these options (None: of all) they
    belong.
    """


class TokenMasses(NamedTuple):
    """The masses of the options that have any, by spelling."""

    masses: dict[str, float]
    """Probability that certainly belongs to each option."""
    doubts: Sequence[Doubt]
    path: float
    """Part of the label's mass that belongs to the generated tokens themselves, whatever follows the label in the last
    of them.
    """
    behind: int
    """Index behind the last token that was looked at."""
    unlisted_before: float
    """Unlisted probability at a token that was weighed before: it may lead here, or elsewhere."""
    held_to_format: bool
    """True when the model itself would rather have written something other than an answer of this format."""
    astray: float
    """Share of the distribution at the label that belongs to no option."""

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
