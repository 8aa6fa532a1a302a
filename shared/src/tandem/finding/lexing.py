"""Tokens of the text form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

MOST_CHARACTERS = 500_000


class ExpressionError(ValueError):
    """The text is no expression. The message says where, and what was expected; `position` counts from 0."""

    def __init__(self, message: str, text: str, position: int) -> None:
        near = text[max(0, position - 20) : position] + "▸" + text[position : position + 20]
        super().__init__(f"{message} At character {position + 1}: {near!r}.")
        self.position = position


class TokenKind(Enum):
    WORD = "word"
    TEXT = "quoted text"
    NUMBER = "number"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    value: str
    position: int

    def __str__(self) -> str:
        return "the end" if self.kind is TokenKind.END else f"{self.value!r}"


_TOKEN = re.compile(
    r"""
    (?P<number>[+-]?(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w-]))
  | (?P<word>[^\W]\w*(?:-\w+)*)
  | (?P<sign><=|>=|!=|==|[=<>().,])
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {"number": TokenKind.NUMBER, "word": TokenKind.WORD, "sign": TokenKind.SIGN, "text": TokenKind.TEXT}
PLAIN_WORD = re.compile(r"[^\W\d]\w*(?:-\w+)*")
"""Words that need no quotes; those of the language itself do."""


def tokens(text: str) -> list[Token]:
    """Cut the text into tokens, the last one of kind END. Raises ExpressionError."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"The expression is longer than {MOST_CHARACTERS:,} characters.", text, 0)
    found: list[Token] = []
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position == len(text):
            return [*found, Token(TokenKind.END, "", position)]
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            what = "A quoted text does not end." if text[position] in "\"'" else "This sign means nothing here."
            raise ExpressionError(what, text, position)
        kind, value = _KINDS[match.lastgroup], match.group()
        found.append(Token(kind, _unquoted(value) if kind is TokenKind.TEXT else value, position))
        position = match.end()


def quoted(text: str) -> str:
    """Write the text in quotes, as `tokens` reads it. A backslash stays one before any sign but a quote or itself."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(token: str) -> str:
    """Read a quoted text. `\\b` stays `\\b`, so that regular expressions need no second backslash."""
    return re.sub(r"\\([\\\"'])", r"\1", token[1:-1])
