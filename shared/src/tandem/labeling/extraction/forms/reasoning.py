"""Reasoning that precedes an answer: the thinking of reasoning models, left out before anything is read.

Marks count at an answer's edge alone. A mark in the middle of a sentence, or within JSON, is part of the value:
`It prints <think>plan</think> and stops.` is one text, and so is `The token </s> ends a text.`
"""

from __future__ import annotations

import re

from tandem.labeling.extraction.forms.json_in_text import strict
from tandem.labeling.extraction.forms.stretch import Stretch

_TAGS = r"think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
_FORM = r"\s*(?:<\|constrain\|>\s*\w*\s*)?<\|message\|>"
_OPENED = re.compile(
    rf"<(?:{_TAGS})>|\[THINK\]|\u25c1think\u25b7|(?P<always><\|channel\|>(?:analysis|commentary){_FORM})", re.IGNORECASE
)
_BEGUN = re.compile(rf"{_OPENED.pattern}|\[INST\]", re.IGNORECASE)
"""The same, and an instruction that is repeated before the answer."""
_CLOSED = re.compile(
    rf"</(?:{_TAGS})>|\[/THINK\]|\[/INST\]|\u25c1/think\u25b7|(?P<always><\|channel\|>final{_FORM}"
    r"|<\|start_header_id\|>assistant<\|end_header_id\|>)",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"<\|(?:im_end|eot_id|end|endoftext|return|eom_id|end_of_text|call)\|>|</s>|<end_of_turn>|<eos>", re.IGNORECASE
)
_ENDS_LINE = re.compile(r"[ \t]*(?:\n|\r|\Z|```|[{\[<])")
"""Text that follows a mark at an edge: nothing more on its line, JSON, or another mark."""
_GOES_ON = re.compile(r"[ \t]+\w|[ \t]*[,.;:!?)\"'`\u201d\u2019]")
"""Text that follows a mark within a sentence."""
_WITHIN = frozenset(" \t\"'`\u201c\u2018(")
"""Characters that precede a mark within a sentence."""


def without_reasoning(stretch: Stretch) -> Stretch:
    """Return what is said once the thinking ends; blank where it never ends. Chat templates' marks end it."""
    text = stretch.text
    if "<" not in text and "[" not in text and "\u25c1" not in text:
        return stretch
    if not any(marks.search(text) for marks in (_OPENED, _CLOSED, _ENDED)):
        return stretch
    quoted = _Quoted(stretch)
    start = 0
    for found in _CLOSED.finditer(text):
        if not quoted.holds(found.start()) and _closes(text, start, found):
            start = found.end()
    end = len(text)
    for found in _OPENED.finditer(text, start):
        if not quoted.holds(found.start()) and (found["always"] or _begins_line(text, start, found.start())):
            end = found.start()
            break
    for found in _ENDED.finditer(text, start, end):
        said_before = text[start : found.start()].strip()
        if said_before and not quoted.holds(found.start()) and not _is_within_sentence(text, found):
            end = found.start()
            break
    return stretch if (start, end) == (0, len(text)) else stretch.part(start, end).stripped()


def _closes(text: str, start: int, found: re.Match[str]) -> bool:
    """Return True when a closing mark ends thinking that began at an edge: of the answer from `start` on, or of the
    prompt.
    """
    if found["always"]:
        return True
    opened = next((each for each in _BEGUN.finditer(text, start, found.start())), None)
    if opened is None:
        return not _is_within_sentence(text, found)
    if opened["always"] or _begins_line(text, start, opened.start()):
        return True
    return _ENDS_LINE.match(text, found.end()) is not None


def _begins_line(text: str, start: int, at: int) -> bool:
    before = text[start:at].rstrip(" \t")
    return not before or before[-1] in "\n\r>"


def _is_within_sentence(text: str, found: re.Match[str]) -> bool:
    """Return True when words of one line stand on both sides of the mark, set off as a word is."""
    at = found.start()
    return at > 0 and text[at - 1] in _WITHIN and _GOES_ON.match(text, found.end()) is not None


class _Quoted:
    """Places of JSON in an answer, so that marks within it are distinguished from marks around it."""

    def __init__(self, stretch: Stretch) -> None:
        self._text = stretch.text
        self._start = stretch.start
        self._places = [node.place for node in strict(stretch)[0]]

    def holds(self, at: int) -> bool:
        """Tell whether the character at this index of the text stands within JSON, be it broken."""
        position = at + self._start
        if any(start <= position < end for start, end in self._places):
            return True
        text = self._text
        opening = text.rfind("{", 0, at)
        closing = text.find("}", at)
        return text.rfind("}", 0, at) < opening and closing >= 0 and "{" not in text[at:closing]
