"""Conditions in Python that print as the API's text form.

    (field("confidence") < 0.9) & text.contains("refund") & ~verified

`&`, `|` and `~` stand for and, or and not; Python binds them more tightly than `<` and `==`, so comparisons need
parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Scalar = bool | int | float | str
_PLAIN = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Condition:
    """A condition on records. `str(condition)` is its text form."""

    form: str

    def __str__(self) -> str:
        return self.form

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{_inner(self)} and {_inner(other)}")

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"{_inner(self)} or {_inner(other)}")

    def __invert__(self) -> Condition:
        return _Test(f"not {_inner(self)}")

    def __bool__(self) -> bool:
        raise TypeError("combine conditions with &, | and ~, with parentheses around comparisons")


class _Test(Condition):
    """A condition that needs no parentheses."""


class Field:
    """Something that a record has. Make one with `field`."""

    __hash__ = None  # type: ignore[assignment]  # == gives a condition

    def __init__(self, form: str) -> None:
        self._form = form

    def __eq__(self, value: Scalar) -> Condition:  # type: ignore[override]  # comparing makes a condition
        return _Test(f"{self._form} = {_value(value)}")

    def __ne__(self, value: Scalar) -> Condition:  # type: ignore[override]  # comparing makes a condition
        return ~(self == value)

    def __lt__(self, value: float | str) -> Condition:
        return _Test(f"{self._form} < {_value(value)}")

    def __le__(self, value: float | str) -> Condition:
        return _Test(f"{self._form} <= {_value(value)}")

    def __gt__(self, value: float | str) -> Condition:
        return _Test(f"{self._form} > {_value(value)}")

    def __ge__(self, value: float | str) -> Condition:
        return _Test(f"{self._form} >= {_value(value)}")

    def one_of(self, values: Iterable[Scalar]) -> Condition:
        """Require one of these values."""
        return _Test(f"{self._form} in ({', '.join(map(_value, values))})")

    def exists(self) -> Condition:
        """Require that there is a value."""
        return _Test(f"{self._form} exists")

    def contains(self, words: str) -> Condition:
        """Require these words in a text, one behind the other, in any case of letters."""
        return _Test(f"{self._form} contains {_quoted(words)}")

    def matches(self, pattern: str) -> Condition:
        """Require that a part of a text matches the regular expression (RE2's syntax)."""
        return _Test(f"{self._form} matches {_quoted(pattern)}")

    def differs_from(self, job_id: str) -> Condition:
        """Require that the label differs from the one in another job over the data set."""
        return _Test(f"{self._form} differs from {_quoted(job_id)}")


def field(name: str, of: str | None = None) -> Field:
    """Return what a record has: id, text, metadata, label, confidence, rule, outcome, reason, state or decided_by.

    `of` names the text, the metadata column or the task: `field("label", "sentiment")`; `field("label.sentiment")` is
    the same.
    """
    if of is None:
        name, _, of = name.partition(".")
    return Field(f"{name}.{of if _PLAIN.fullmatch(of) else _quoted(of)}" if of else name)


text = field("text")
"""Any of a record's texts."""
label = field("label")
"""The label that holds, of any task."""
confidence = field("confidence")
"""The lowest confidence of a record's labels."""
verified = _Test("verified")
"""People's decision holds."""
needs_review = _Test("needs_review")
"""The record waits for a person."""


def _inner(condition: Condition) -> str:
    return condition.form if isinstance(condition, _Test) else f"({condition.form})"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
