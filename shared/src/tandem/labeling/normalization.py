"""Normalization of spellings of the same label: case, unicode form, white space, quotes, emphasis, a final full stop.

Nothing here looks inside a word or leaves one out, so nothing crosses a negation. `~` is no emphasis (struck out is not
said), `?` is no closing mark (a question is no answer), and no mark before a word goes but quotes and emphasis.
"""

from __future__ import annotations

import unicodedata

BLANKS = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"
QUOTES = "\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb\u300c\u300d\uff02\uff07"
EMPHASIS = "*_"
CLOSING = ".,;:!\u2026\u3002\u3001\uff0c\uff0e\uff01\uff1a\uff1b"
BEFORE = BLANKS + QUOTES + EMPHASIS
AFTER = BEFORE + CLOSING

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"), " ")
_ROUNDS = 8


def fold(text: str) -> str:
    """Return the text in one case and one unicode form, with single spaces. Idempotent."""
    if text.isascii():
        return " ".join(text.lower().split())
    for _ in range(_ROUNDS):
        folded = " ".join(unicodedata.normalize("NFKC", text.casefold()).translate(_INVISIBLE).split())
        if folded == text:
            break
        text = folded
    return text


def normalize(text: str) -> str:
    """Return the text folded, without quotes, emphasis and closing marks around it. Idempotent; empty for marks
    alone.
    """
    normal = fold(text)
    while (bare := normal.lstrip(BEFORE).rstrip(AFTER)) != normal:
        normal = fold(bare)
    return normal


def bare_span(text: str) -> tuple[int, int]:
    """Return where in the raw text the part without surrounding marks stands."""
    end = len(text.rstrip(AFTER))
    start = min(end, len(text) - len(text.lstrip(BEFORE)))
    return start, end
