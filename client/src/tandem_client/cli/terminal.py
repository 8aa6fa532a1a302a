"""A console that lets no text of others steer the terminal: names, records and answers may hold escape sequences."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ESCAPED_IN_JSON = re.compile(r"[\x7f-\x9f]")
_PICTURES, _DELETE_PICTURE, _OTHER = 0x2400, "␡", "�"


class SafeConsole(Console):
    """Shows a control character as its sign, ␛ for escape; what the program itself styles is not touched."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Before widths are measured."""
        return super().render_str(visible(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or _CONTROL.search(segment.text) is None:
                yield segment
            else:
                yield Segment(visible(segment.text), segment.style)


def visible(text: str) -> str:
    """Replace each control character of the text by a visible sign, except tabs and line ends."""
    return _CONTROL.sub(_sign, text)


def json_for_terminals(text: str) -> str:
    """Escape the control characters that JSON itself leaves as they are; the JSON means the same."""
    return _ESCAPED_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return _DELETE_PICTURE if code == 0x7F else _OTHER


out = SafeConsole(highlight=False, width=None if sys.stdout.isatty() else 200)
"""Results; wide where they are piped, so that no table folds."""
err = SafeConsole(stderr=True, highlight=False)
"""Progress and errors, so that results can be piped."""
