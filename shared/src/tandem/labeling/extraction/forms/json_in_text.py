"""JSON that stands somewhere in an answer: in a fence, between prose, with mistakes in its form.

Mistakes are repaired by a library, whose result is accepted only as far as it stands in the answer: each key and
value is found there again, in order and with nothing but marks between, or the repair is dropped. So no value is
invented, and each has its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import json_repair

from tandem.labeling.extraction.forms.located_json import DEEPEST, JsonTokenKind, Node, NotStrictJsonError, value_at
from tandem.labeling.extraction.forms.stretch import Stretch

MOST_BEGINNINGS = 200
"""Maximum number of brackets that are tried; prose with more is no answer in JSON."""

_BRACKET = re.compile(r"[{}\[\]]")
_BEGINNING = re.compile(r"[{\[](?!\s?\][ \t]*\w)")
"""An empty list with a word behind it is a box that was not ticked."""
_LIKELY = re.compile(r"""[{\[]\s*(?:["'\u201c\u201d\u2018{\[]|[\w -]{1,100}\s*[:=])""")
"""Beginning of JSON, even when it is broken; prose in brackets does not match."""
_FENCE = re.compile(r"```")
_GAP = re.compile(r"""[\s"'`\u201c\u201d\u2018\u2019:=\[{,\\]*""")
_BETWEEN = re.compile(r"""(?:[\s"'`\u201c\u201d\u2018\u2019:=\[\]{},;\\.]|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*""")
"""Text allowed between members: marks, and comments."""
_TOKEN = re.compile(r"""[^\s,}\]"'`]+""")
_CLOSED_BY = re.compile(r"""\s*["'`\u201d\u2019,}\]\n]""")
_ENDED_BY = re.compile(r"""[ \t]*(?:["'`\u201d\u2019]+[ \t]*)?+(?:[,:=}\]\n"'`\u201c\u201d]|//|/\*|\#|$)""")
"""Text that follows a complete text; more words show that the repair broke it off."""
_INCHES = re.compile(r"""\d(?:""|'')""")
"""A number in front of two marks: the first may be an inch sign, and a part of the text."""
_QUOTES = frozenset("\"'")
_OBJECT_END = re.compile(r"""[\s"'`\u201d\u2019,]*\}""")
_LIST_END = re.compile(r"""[\s"'`\u201d\u2019,]*\]""")


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.replace("\\", r"\\").replace("'", r"\'"),
)
"""Escaped forms of a text: by JSON, with escapes for all but ASCII, and by Python in single quotes."""


class _InventedError(ValueError):
    """The repair holds what the answer does not."""


def strict(stretch: Stretch) -> tuple[list[Node], int]:
    """Return the objects and lists that stand in the text, outermost ones, in order; and where JSON begins that is
    broken.

    What stands within broken JSON is a part of something, and none of them. The second is the end where none is broken.
    """
    answer = stretch.answer
    found: list[Node] = []
    at = stretch.start
    for _ in range(MOST_BEGINNINGS):
        if (beginning := _BEGINNING.search(answer, at, stretch.end)) is None:
            break
        at = beginning.start() + 1
        try:
            node, behind = value_at(answer, beginning.start())
        except NotStrictJsonError:
            if _LIKELY.match(answer, beginning.start(), stretch.end):
                return found, beginning.start()
            continue
        if behind <= stretch.end:
            found.append(node)
            at = behind
    return found, stretch.end


def repaired(stretch: Stretch, start: int) -> Node | None:
    """Return the object or list that the text from `start` on was meant to be; None when that is unknown."""
    end = stretch.end
    if start >= end:
        return None
    if (fence := _FENCE.search(stretch.answer, start, end)) is not None:
        end = fence.start()
    closing = max(stretch.answer.rfind(mark, start, end) for mark in "}]")
    if closing != -1 and not stretch.answer[closing + 1 : end].lstrip().startswith((",", '"', "'")):
        end = closing + 1
    if _depth(stretch.answer[start:end]) > DEEPEST:
        return None
    try:
        value: Any = json_repair.loads(stretch.answer[start:end], skip_json_loads=True)
        if not isinstance(value, dict | list):
            return None
        return _Alignment(stretch.answer, start, end).node(value)
    except (ValueError, RecursionError):
        return None


def _depth(text: str) -> int:
    """Return the nesting depth of the text's brackets, wherever they stand."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "{[" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


class _Alignment:
    """Finds the repaired value in the answer again, from left to right. Raises ValueError where it is not there."""

    def __init__(self, answer: str, start: int, end: int) -> None:
        self._answer = answer
        self._at = start
        self._end = end

    def node(self, value: Any) -> Node:
        start = self._at
        if isinstance(value, dict | list):
            self._open("{" if isinstance(value, dict) else "[")
        if isinstance(value, dict):
            members = tuple((self._text(str(key)).text, self.node(item)) for key, item in value.items())
            closed = _OBJECT_END.match(self._answer, self._at, self._end)
            self._at = closed.end() if closed else self._at
            cut = closed is None or any(item.cut for _, item in members)
            return Node(JsonTokenKind.OBJECT, "", (start, self._at), members=members, cut=cut)
        if isinstance(value, list):
            items = tuple(self.node(item) for item in value)
            closed = _LIST_END.match(self._answer, self._at, self._end)
            self._at = closed.end() if closed else self._at
            cut = closed is None or any(item.cut for item in items)
            return Node(JsonTokenKind.LIST, "", (start, self._at), items=items, cut=cut)
        if isinstance(value, str):
            return self._text(value)
        return self._token(value)

    def _open(self, bracket: str) -> None:
        """Return the number of steps behind the opening bracket, where there is one and only marks before it."""
        at = self._answer.find(bracket, self._at, self._end)
        if at != -1 and self._only_marks_until(at):
            self._at = at + 1

    def _text(self, text: str) -> Node:
        if not text:
            raise _InventedError(text)
        for spelling in dict.fromkeys((text, *(spelled(text) for spelled in _SPELLINGS))):
            spelled = spelling
            at = self._answer.find(spelled, self._at, self._end)
            if at != -1 and self._only_marks_until(at):
                if self._ends_in_its_quote(at, spelled):
                    text, spelled = text[:-1], spelled[:-1]
                self._at = at + len(spelled)
                if _INCHES.match(self._answer, self._at - 1, self._end):
                    raise _InventedError(text)
                if _ENDED_BY.match(self._answer, self._at, self._end) is None:
                    raise _InventedError(text)
                cut = _CLOSED_BY.match(self._answer, self._at, self._end) is None
                return Node(JsonTokenKind.STRING, text, (at, self._at), cut=cut)
        raise _InventedError(text)

    def _ends_in_its_quote(self, at: int, spelled: str) -> bool:
        """Tell whether the last character is the mark that closes the text, which the repair took for a part of it.

        In `"a 5" pipe, too"}` the second mark is an inch sign, and the third one closes the text.
        """
        quote = spelled[-1]
        behind = self._answer[at + len(spelled) : at + len(spelled) + 1]
        return len(spelled) > 1 and quote in _QUOTES and self._answer[at - 1 : at] == quote and behind != quote

    def _token(self, value: Any) -> Node:
        gap = _GAP.match(self._answer, self._at, self._end)
        token = _TOKEN.match(self._answer, gap.end() if gap else self._at, self._end)
        if token is None:
            raise _InventedError(value)
        text, kind = token[0], JsonTokenKind.NUMBER
        if value is None or isinstance(value, bool):
            kind = JsonTokenKind.NULL if value is None else JsonTokenKind.BOOLEAN
            if text.lower() not in ({"null", "none"} if value is None else {str(value).lower()}):
                raise _InventedError(text)
            text = text.lower()
        elif float(text) != value or re.fullmatch(r"-?0\d.*", text):
            raise _InventedError(text)
        self._at = token.end()
        return Node(kind, text, token.span(), cut=_CLOSED_BY.match(self._answer, self._at, self._end) is None)

    def _only_marks_until(self, at: int) -> bool:
        gap = _GAP.match(self._answer, self._at, self._end)
        return (gap.end() if gap else self._at) >= at or self._skips_to(at)

    def _skips_to(self, at: int) -> bool:
        """Return whether only skippable text stands before `at`: between members also a closing bracket, and the
        answer's remarks.
        """
        return _BETWEEN.fullmatch(self._answer, self._at, at) is not None
