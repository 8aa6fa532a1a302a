"""Guesses about a file's columns from its first rows: which holds ids, texts and right answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem_api.resources.datasets.parsing.exact_json import Constant, Digits
from tandem_api.resources.datasets.parsing.mapping import obvious_id_column

TEXT_NAMES = ("text", "content", "body", "sentence", "review", "comment", "message", "tweet", "document", "question")
GOLD_NAMES = ("gold", "label", "labels", "class", "category", "target", "ground_truth", "answer", "spans", "entities")
_MOST_LABELS = 50
_EXAMPLES = 3


@dataclass
class ColumnLook:
    """Guess about a column by the first rows."""

    name: str
    kinds: set[str] = field(default_factory=set)
    filled: int = 0
    characters: int = 0
    distinct: set[str] = field(default_factory=set)
    examples: list[Any] = field(default_factory=list)

    def see(self, value: Any) -> None:
        if value is None or isinstance(value, Constant) or (isinstance(value, str) and not value.strip()):
            return
        self.filled += 1
        self.kinds.add(kind_of(value))
        shown = value.text if isinstance(value, Digits) else value
        text = str(shown)
        self.characters += len(text)
        if len(self.distinct) <= _MOST_LABELS:
            self.distinct.add(text)
        if len(self.examples) < _EXAMPLES and text[:200] not in map(str, self.examples):
            self.examples.append(text[:200] if isinstance(shown, str | list | dict) else shown)

    @property
    def kind(self) -> str:
        """The kind of its values; `mixed` where there are several, `empty` where there are none."""
        if self.kinds == {"integer", "number"}:
            return "number"
        return next(iter(self.kinds)) if len(self.kinds) == 1 else "mixed" if self.kinds else "empty"

    @property
    def may_be_labels(self) -> bool:
        return len(self.distinct) <= _MOST_LABELS or "list" in self.kinds

    @property
    def mean_characters(self) -> float:
        return self.characters / max(self.filled, 1)


@dataclass(frozen=True, slots=True)
class Guess:
    id_column: str | None
    """None: ids are made from the content."""
    text_column: str | None
    gold: dict[str, str]
    """Task to column."""


def kind_of(value: Any) -> str:  # noqa: PLR0911 - one for each kind
    """Name the kind of a value; a text of digits, as CSV has them, is a number."""
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float() | Digits():
            return "number"
        case list():
            return "list"
        case dict():
            return "object"
    text = str(value).strip()
    if text.isascii() and text.removeprefix("-").isdecimal():
        return "integer"
    try:
        float(text)
    except ValueError:
        return "text"
    return "number" if any(character.isdigit() for character in text) else "text"


def looked_at(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, ColumnLook]:
    """Look at the rows' columns, in their order; those of the header first."""
    looks = {name: ColumnLook(name) for name in columns}
    for row in rows:
        for name, value in row.items():
            looks.setdefault(name, ColumnLook(name)).see(value)
    return looks


def guessed(looks: Mapping[str, ColumnLook], tasks: Sequence[str]) -> Guess:
    """Guess what the columns are. `tasks`: names of the tasks that the project's label schemas have."""
    id_column = obvious_id_column(looks)
    others = {name: look for name, look in looks.items() if name != id_column and look.filled}
    gold = {task: name for task in tasks for name in others if name.casefold() == task.casefold()}
    if not gold:
        found = [name for known in GOLD_NAMES for name in others if name.casefold() == known]
        gold = {
            name: name
            for name in found[:1]
            if len(others[name].distinct) <= _MOST_LABELS or "list" in looks[name].kinds
        }
    texts = {
        name: look
        for name, look in others.items()
        if name not in gold.values() and look.kinds & {"text"} and not look.kinds & {"list", "object"}
    }
    named = [name for known in TEXT_NAMES for name in texts if name.casefold() == known]
    longest = sorted(texts, key=lambda name: -texts[name].mean_characters)
    return Guess(id_column, next(iter([*named, *longest]), None), gold)
