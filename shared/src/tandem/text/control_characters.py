"""Control characters in people's texts and names.

A name is one line without any. A text may hold them, as files do that other programs wrote, all but NUL: it is kept and
given back as it is, and shown by programs as a sign in place of what it would do to a terminal.
"""

from __future__ import annotations

import re

ONE_LINE_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
"""Pattern of names: no control character, and nothing that ends a line."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ONE_LINE = re.compile(ONE_LINE_PATTERN)


def has_control(text: str) -> bool:
    """Other than tabs and line ends."""
    return _CONTROL.search(text) is not None


def is_one_line(text: str) -> bool:
    """Return whether the text could be a name."""
    return _ONE_LINE.fullmatch(text) is not None
