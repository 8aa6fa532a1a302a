"""Regular expressions that people write, in RE2's syntax: matched in time linear in the text, whatever the pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True  # whether it matches is all that is asked, and groups cost several times as much
MOST_STEPS = 10_000_000
"""Limit of one match: instructions of the compiled pattern times bytes of the text. About 0.1 s where a pattern and
a text are made for it; patterns that people write for a purpose take a thousandth."""


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)


def problem_with_pattern(pattern: str) -> str | None:
    """Why this is no regular expression; None when it is one. Look-around and back-references are none."""
    try:
        _compiled(pattern)
    except re2.error as error:
        said = error.args[0] if error.args else "cannot be read"
        return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    except UnicodeEncodeError:
        return "a character is half of a surrogate pair"
    return None


def problem_with_effort(pattern: str, characters: int) -> str | None:
    """Why a pattern that compiles costs too much for texts of so many characters; None when it does not."""
    instructions: int = _compiled(pattern)._regexp.ProgramSize()  # noqa: SLF001 - google-re2 says it nowhere else
    if instructions * characters <= MOST_STEPS:
        return None
    return f"it takes too long to match texts of {characters:,} characters; repeat less in {{n,m}}, or lower max_length"


def matches_whole(pattern: str, text: str) -> bool:
    """Return whether the pattern matches the text from its beginning to its end."""
    try:
        return _compiled(pattern).fullmatch(text) is not None
    except UnicodeEncodeError:
        return False


def searches(pattern: str, text: str) -> bool:
    """Return whether a part of the text matches the pattern."""
    try:
        return _compiled(pattern).search(text) is not None
    except UnicodeEncodeError:
        return False
