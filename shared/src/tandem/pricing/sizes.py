"""Token counts of messages: counted where that can be done, else between what their characters allow. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CHARACTERS_A_TOKEN = 4.0
"""Characters a token of plain English, as a first guess."""
AROUND_EACH, AROUND_ALL = 4, 3
"""Tokens that a chat adds to each message, and to all."""
_MOST_CHARACTERS_A_TOKEN, _LEAST_CHARACTERS_A_TOKEN = 6.5, 2.2
_FOREIGN = (0.25, 0.7, 2.5)
"""Tokens of a character beyond ASCII: at least, likely, at most."""
_MOST_AROUND_EACH = 8

Count = Callable[[str], int]
"""Counts the tokens of a text."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds between which a quantity is believed to lie, and its likely value."""

    low: float
    likely: float
    high: float

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.likely + other.likely, self.high + other.high)

    def __mul__(self, factor: float) -> Range:
        return Range(self.low * factor, self.likely * factor, self.high * factor)


NONE = Range(0, 0, 0)


def text_tokens(text: str, count: Count | None = None) -> Range:
    """Return the token count of the text alone."""
    if count is not None:
        exactly = count(text)
        return Range(exactly, exactly, exactly)
    foreign = sum(not char.isascii() for char in text) if not text.isascii() else 0
    plain = len(text) - foreign
    least, likely, most = _FOREIGN
    return Range(
        plain / _MOST_CHARACTERS_A_TOKEN + foreign * least,
        plain / CHARACTERS_A_TOKEN + foreign * likely,
        plain / _LEAST_CHARACTERS_A_TOKEN + foreign * most,
    )


def prompt_tokens(
    messages: Sequence[Mapping[str, str]],
    count: Count | None = None,
    *,
    response_format: Mapping[str, Any] | None = None,
) -> Range:
    """Return the token count of a call's prompt, with what a chat adds. Some providers charge the JSON Schema of the
    answer too: at most."""
    around = Range(0, AROUND_ALL + AROUND_EACH * len(messages), AROUND_ALL + _MOST_AROUND_EACH * len(messages))
    total = sum_of(text_tokens(message["content"], count) for message in messages) + around
    if response_format is None:
        return total
    schema = text_tokens(json.dumps(response_format, ensure_ascii=False), count)
    return total + Range(0, 0, schema.high)


def sum_of(ranges: Iterable[Range]) -> Range:
    total = NONE
    for each in ranges:
        total += each
    return total
