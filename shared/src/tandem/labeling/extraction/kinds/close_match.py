"""Typing mistakes: a label with one letter too many, one too few, or two that changed places.

Only that, and only in a word of some length that begins and ends like the label. Another letter in a letter's place is
no typing mistake here: micro and macro, employer and employee, abduction and adduction are labels of their own. Neither
is anything in front: unhelpful, irrelevant, notpositive.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA, Indel

SHORTEST = 6
"""Letters; shorter words are too close to others."""
RUNNER_UP = 2
"""Another label within this distance leaves open which one was meant."""


class CloseMatch:
    """Finds the only option that a text is a typing mistake away from."""

    def __init__(self, spellings: Iterable[tuple[str, str]]) -> None:
        """Prepare the spellings: the normalized form of what an option looks like, and its value."""
        self._forms = list(spellings)

    def of(self, form: str) -> str | None:
        """Return the option's value; `form` is normalized like the spellings."""
        if len(form) < SHORTEST:
            return None
        near = {value for known, value in self._forms if OSA.distance(known, form, score_cutoff=RUNNER_UP) <= RUNNER_UP}
        if len(near) != 1:
            return None
        return next((value for known, value in self._forms if value in near and _is_mistyped(known, form)), None)


def _is_mistyped(known: str, form: str) -> bool:
    """Return whether the two differ in one word, by one mistake in it."""
    if len(known.split()) != len(form.split()):
        return False
    different = [(one, other) for one, other in zip(known.split(), form.split(), strict=True) if one != other]
    if len(different) != 1:
        return False
    right, typed = different[0]
    if min(len(right), len(typed)) < SHORTEST - 1 or right[0] != typed[0] or right[-1] != typed[-1]:
        return False
    if any(char.isdigit() for char in right + typed):
        return False
    swapped = sorted(right) == sorted(typed) and OSA.distance(right, typed) == 1
    return swapped or Indel.distance(right, typed) == 1
