"""The options of a task, and the option that a piece of text spells: in the closest of a few forms, never one of
two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tandem.events.schema import LabelOption
from tandem.labeling.extraction.kinds.close_match import CloseMatch
from tandem.labeling.normalization import fold, normalize
from tandem.labeling.reading import Rule

_SEPARATOR = re.compile(r"(?<=\w)\\?[_\-\u2010\u2011\u2013](?=\w)|(?<=[a-z])(?=[A-Z])|[\u00ad\ufe0f]")
ROOM_AROUND = 100
"""Characters that a spelling may have around it, on top of four times its length, and still be looked at."""
_AND = re.compile(r"\s&(?:amp;)?\s")


@dataclass(frozen=True, slots=True)
class OptionMatch:
    values: frozenset[str]
    """Values of the options that the text may spell; with more than one, none is chosen."""
    rule: Rule

    @property
    def only(self) -> str | None:
        return next(iter(self.values)) if len(self.values) == 1 else None


class OptionTable:
    """The options of a task by what they look like."""

    def __init__(self, options: Sequence[LabelOption]) -> None:
        self.values = tuple(option.value for option in options)
        self._exact = {value: OptionMatch(frozenset({value}), Rule.EXACT) for value in self.values}
        own = [(option.value, option.value) for option in options]
        others = [
            (spelling, option.value)
            for option in options
            for spelling in (*option.aliases, *([option.name] if option.name else []))
        ]
        self._longest = 4 * max(len(spelling) for spelling, _ in (*own, *others)) + ROOM_AROUND
        self._close = CloseMatch((separated(spelling), value) for spelling, value in (*own, *others))
        self._forms = [(form, _by_form(own, form, Rule.NORMALIZED)) for form in (fold, normalize, separated, joined)]
        self._forms += [
            (form, _by_form(others, form, Rule.ALIAS)) for form in (fold, normalize, separated, joined) if others
        ]

    def spelled(self, text: str) -> OptionMatch | None:
        """Return the options that this text spells as a whole, in the closest form in which any fits."""
        if found := self._exact.get(text):
            return found
        if len(text) > self._longest:
            return None
        for form, table in self._forms:
            if found := table.get(form(text)):
                return found
        return None

    def like(self, text: str) -> OptionMatch | None:
        """Return the only option that the text is a typing mistake away from."""
        value = self._close.of(separated(text))
        return None if value is None else OptionMatch(frozenset({value}), Rule.CLOSE_MATCH)

    def named(self, limit: int = 20) -> str:
        """Return the labels as a sentence lists them."""
        shown = ", ".join(repr(value) for value in self.values[:limit])
        return shown if len(self.values) <= limit else f"{shown} and {len(self.values) - limit} more"


def separated(text: str) -> str:
    """Normalize, so that spaces alone separate words: `not_entailment`, `not-entailment`, `NotEntailment`."""
    return normalize(_SEPARATOR.sub(" ", text))


def joined(text: str) -> str:
    """Normalize without anything between the words, with `&` written as a word: `notspam`, `terms & conditions`."""
    return separated(_AND.sub(" and ", text)).replace(" ", "")


def _by_form(spellings: Iterable[tuple[str, str]], form: Callable[[str], str], rule: Rule) -> dict[str, OptionMatch]:
    table: dict[str, set[str]] = {}
    for spelling, value in spellings:
        if key := form(spelling):
            table.setdefault(key, set()).add(value)
    return {key: OptionMatch(frozenset(values), rule) for key, values in table.items()}
