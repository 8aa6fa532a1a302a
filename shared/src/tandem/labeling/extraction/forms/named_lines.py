"""`Name: value` lines in any order and case: each task's part of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tandem.labeling.extraction.forms.stretch import Stretch
from tandem.labeling.extraction.forms.wrapping import GENERIC_NAMES
from tandem.labeling.extraction.kinds.options import separated

_ASIDE = (
    "explanation", "reason", "reasoning", "rationale", "justification", "confidence", "note", "notes", "analysis",
    "comment", "evidence", "thought", "thoughts", "why", "certainty", "summary", "begr\u00fcndung", "explication",
    "explicaci\u00f3n",
)  # fmt: skip
"""Other names that models use: each ends the value before it, and is no value itself."""


_BESIDE = frozenset(
    {
        *_ASIDE, "", "#", "id", "no", "text", "review", "record", "input", "document", "tweet", "comment", "message",
        "post", "ticket", "article", "email", "premise", "hypothesis",
    }
)  # fmt: skip
"""Heads of columns beside the tasks' own, in a table that is about the record as a whole."""
_TABLE = re.compile(
    r"^[ \t]*\|(?P<head>[^\n]*)\|[ \t]*\n[ \t]*\|[ \t|:-]+\|[ \t]*\n"
    r"[ \t]*\|(?P<row>[^\n]*)\|[ \t]*(?:\n(?!\s*\|)|\s*\Z)",
    re.MULTILINE,
)
"""A table of one row."""


@dataclass(frozen=True, slots=True)
class Section:
    """Text behind a name, up to the next name."""

    name: str
    """Name of the task; empty for a name that models give to whatever was asked for."""
    value: Stretch
    is_final: bool
    """True when the value is called final: it then outranks earlier ones."""


class NamedLines:
    """Finds the sections of an answer to tasks of these names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {separated(name): name for name in names}
        self._generic = GENERIC_NAMES - self._names.keys()
        self._alone = len(self._names) == 1
        known = sorted({*self._names, *(self._generic if self._alone else ()), *_ASIDE}, key=len, reverse=True)
        either = "|".join(re.escape(name).replace(r"\ ", r"[\s_-]+") for name in known)
        marks = r"[*_`\"'\u201c\u201d\[\]<>]*"
        self._line = re.compile(
            rf"(?:^|(?<=[,;|])|(?<=[.!][ \t]))[ \t>#*_+|\u2022-]*(?:\(?\d{{1,2}}[.)][ \t]*)?{marks}"
            rf"(?P<final>(?:final|overall)[ \t_-]+)?(?P<name>{either})"
            rf"{marks}[ \t]*(?:[:=\uff1a\u2192]|->|=>|\|)(?:[*_`]{{1,3}}(?=\s))?",
            re.IGNORECASE | re.MULTILINE,
        )
        self._heading = re.compile(
            rf"^[ \t]*(?:#{{1,6}}[ \t]*{marks}|\*\*|__)(?:\(?\d{{1,2}}[.)][ \t]*)?"
            rf"(?P<final>final[ \t_-]+)?(?P<name>{either}){marks}[ \t]*:?{marks}[ \t]*$",
            re.IGNORECASE | re.MULTILINE,
        )
        self._element = re.compile(rf"<(?P<name>{either})>(?P<value>.*?)</(?P=name)>", re.IGNORECASE | re.DOTALL)

    def sections(self, stretch: Stretch) -> list[Section]:
        """Return the sections in the order in which they stand."""
        text = stretch.text
        if elements := list(self._element.finditer(text)):
            return [
                Section(name, stretch.part(*found.span("value")).stripped(), is_final=False)
                for found in elements
                if (name := self._task_of(found["name"])) is not None
            ]
        if cells := self._cells(stretch):
            return cells
        headings = list(self._heading.finditer(text)) if "\n" in text else []
        lines = [
            line
            for line in self._line.finditer(text)
            if not any(line.start() < each.end() and each.start() < line.end() for each in headings)
        ]
        found = sorted((*lines, *headings), key=lambda line: line.start())
        sections = []
        for index, line in enumerate(found):
            end = found[index + 1].start() if index + 1 < len(found) else len(text)
            name = self._task_of(line["name"])
            if name or (name is not None and text[max(0, line.start() - 1)] != "|"):
                value = _without_separator(stretch.part(line.end(), end).stripped())
                if text[end - 2 : end] in (". ", ".\t"):  # the next name stands on the same line
                    value = value.part(0, len(value.text.rstrip(".")))
                said = separated(line["name"])
                sections.append(Section(name, value, is_final=bool(line["final"]) or said.startswith("final ")))
        return sections

    def _cells(self, stretch: Stretch) -> list[Section]:
        """Return the cells under the tasks' names, of a table that has them as its head and one row."""
        if "|" not in stretch.text or (table := _TABLE.search(stretch.text)) is None:
            return []
        head = table["head"].split("|")
        heads = [separated(cell.strip()) for cell in head]
        names = [self._names.get(said) for said in heads]
        if any(said not in _BESIDE for said, name in zip(heads, names, strict=True) if name is None):
            return []  # of something within the record, such as a word or an aspect
        if not any(names) or len(names) != table["row"].count("|") + 1:
            return []
        start = table.start("row")
        found, at = [], start
        for name, cell in zip(names, table["row"].split("|"), strict=True):
            if name is not None:
                found.append(Section(name, stretch.part(at, at + len(cell)).stripped(), is_final=False))
            at += len(cell) + 1
        return found

    def _task_of(self, written: str) -> str | None:
        """Return the task's name, empty for a generic one; None for a remark that answers no task."""
        name = separated(" ".join(written.split()))
        if name in self._names:
            return self._names[name]
        return "" if name in self._generic else None


def _without_separator(value: Stretch) -> Stretch:
    """Without what parts the value from the next name on its line, or ends a table's row."""
    text = value.text
    return value.part(0, len(text.rstrip("|;, \t"))) if text.endswith(("|", ";", ",")) else value
