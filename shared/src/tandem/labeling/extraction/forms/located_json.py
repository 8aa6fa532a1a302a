"""JSON that knows where it stands: strict, with the place of each value in the answer.

The standard decoder reports no places, and keeps the last of repeated keys. Here all members of an object are kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum

from tandem.labeling.reading import Place

DEEPEST = 50
"""Maximum levels; JSON nested deeper is none that a label could stand in."""


class JsonTokenKind(Enum):
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    LIST = "list"
    OBJECT = "object"


@dataclass(slots=True)
class Node:
    """JSON value in an answer. `text`: a string decoded, anything else as written."""

    kind: JsonTokenKind
    text: str
    place: Place
    """Place of the value; of a string, without its quotes."""
    items: tuple[Node, ...] = ()
    members: tuple[tuple[str, Node], ...] = ()
    cut: bool = False
    """True when the answer ends within the value."""

    @property
    def is_verbatim(self) -> bool:
        """Return True when each of the value's characters stands in the answer as it is, nothing escaped."""
        return len(self.text) == self.place[1] - self.place[0]


class NotStrictJsonError(ValueError):
    """Strict JSON is missing at this place."""


_SPACES = re.compile(r"[ \t\n\r]*")
_KEY = re.compile(r'[ \t\n\r]*"((?:[^"\\\x00-\x1f]|\\.)*)"[ \t\n\r]*:[ \t\n\r]*')
_BEHIND = re.compile(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_WORDS = {"true": JsonTokenKind.BOOLEAN, "false": JsonTokenKind.BOOLEAN, "null": JsonTokenKind.NULL}
_WORD = re.compile(r"(?:true|false|null)(?!\w)")
_DECODER = json.JSONDecoder()


def value_at(text: str, start: int) -> tuple[Node, int]:
    """Return the JSON value that begins at `start`, and the index behind it. Raises NotJsonError."""
    return _value(text, _skip(text, start), 0)


def whole(text: str, start: int, end: int) -> Node | None:
    """Return the JSON value that `text[start:end]` is, apart from white space around it."""
    try:
        node, behind = value_at(text, start)
    except NotStrictJsonError:
        return None
    return node if behind <= end and _skip(text, behind) >= end else None


def _skip(text: str, at: int) -> int:
    found = _SPACES.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> tuple[Node, int]:
    first = text[at : at + 1]
    if first == '"':
        return _string(text, at)
    if first == "{":
        return _object(text, at, depth + 1)
    if first == "[":
        return _list(text, at, depth + 1)
    if number := _NUMBER.match(text, at):
        return Node(JsonTokenKind.NUMBER, number[0], number.span()), number.end()
    if word := _WORD.match(text, at):
        return Node(_WORDS[word[0]], word[0], word.span()), word.end()
    raise NotStrictJsonError(at)


def _string(text: str, at: int) -> tuple[Node, int]:
    found = _STRING.match(text, at)
    if found is None:
        raise NotStrictJsonError(at)
    return Node(JsonTokenKind.STRING, _decoded(found[1], at), found.span(1)), found.end()


def _decoded(raw: str, at: int) -> str:
    if "\\" not in raw:
        return raw
    try:
        return str(_DECODER.decode(f'"{raw}"'))
    except ValueError as error:
        raise NotStrictJsonError(at) from error


def _list(text: str, at: int, depth: int) -> tuple[Node, int]:
    start, at = at, _skip(text, at + 1)
    items: list[Node] = []
    if depth > DEEPEST:
        raise NotStrictJsonError(at)
    if text[at : at + 1] == "]":
        return Node(JsonTokenKind.LIST, "", (start, at + 1)), at + 1
    while True:
        item, at = _value(text, at, depth)
        items.append(item)
        behind = _BEHIND.match(text, at)
        if behind is None or behind[1] == "}":
            raise NotStrictJsonError(at)
        if behind[1] == "]":
            at = behind.end(1)
            return Node(JsonTokenKind.LIST, "", (start, at), items=tuple(items)), at
        at = behind.end()


def _object(text: str, at: int, depth: int) -> tuple[Node, int]:
    start, at = at, _skip(text, at + 1)
    members: list[tuple[str, Node]] = []
    if depth > DEEPEST:
        raise NotStrictJsonError(at)
    if text[at : at + 1] == "}":
        return Node(JsonTokenKind.OBJECT, "", (start, at + 1)), at + 1
    while True:
        key = _KEY.match(text, at)
        if key is None:
            raise NotStrictJsonError(at)
        value, at = _value(text, key.end(), depth)
        members.append((_decoded(key[1], at), value))
        behind = _BEHIND.match(text, at)
        if behind is None or behind[1] == "]":
            raise NotStrictJsonError(at)
        if behind[1] == "}":
            at = behind.end(1)
            return Node(JsonTokenKind.OBJECT, "", (start, at), members=tuple(members)), at
        at = behind.end()
