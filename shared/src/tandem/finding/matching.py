"""Matching of records by expressions: the one definition of what they mean. Queries of the store may only be faster."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any, assert_never

import re2

from tandem.events.patterns import searches
from tandem.finding.bound import NO_STATE
from tandem.finding.expressions import (
    And,
    Compare,
    Contains,
    Differs,
    Exists,
    Expression,
    Field,
    Flag,
    Is,
    Leaf,
    Matches,
    Not,
    Or,
    Scalar,
)

_COMPARE: dict[Is, Callable[[Any, Any], bool]] = {Is.LESS: lt, Is.LEAST: le, Is.MORE: gt, Is.MOST: ge}
_SPACED = 0x0E00
"""Scripts from this character on are written without spaces between words, or with endings behind them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A record as expressions see it. Fields of a job are empty where it has no annotation there."""

    record_id: str
    fields: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    reason: str | None = None
    labels: Sequence[Mapping[str, Any]] = ()
    """Values of the model, as documents have them."""
    values: Mapping[str, Any] | None = None
    """Task to the value that holds; None where none does."""
    verified: bool = False
    needs_review: bool = False
    state: str = NO_STATE
    decided_by: Sequence[str] = ()
    """Id and name of the person."""
    others: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """Job to the values that hold there, for the jobs that the expression names."""


def matches(expression: Expression, subject: Subject) -> bool:
    """Say whether the record matches."""
    match expression:
        case And():
            return all(matches(each, subject) for each in expression.of)
        case Or():
            return any(matches(each, subject) for each in expression.of)
        case Not():
            return not matches(expression.of, subject)
        case _:
            return _holds(expression, subject)


def matched(expression: Expression, subject: Subject) -> Iterator[Leaf]:
    """Yield the tests that made a matching record match: those that hold and are not under a `not`."""
    match expression:
        case And() | Or():
            for each in expression.of:
                if matches(each, subject):
                    yield from matched(each, subject)
        case Not():
            return
        case _:
            if _holds(expression, subject):
                yield expression


def _holds(leaf: Leaf, subject: Subject) -> bool:
    match leaf:
        case Contains():
            pattern = words_pattern(leaf.words)
            return any(searches(pattern, unicodedata.normalize("NFC", text)) for text in _texts(leaf.field, subject))
        case Matches():
            return any(searches(leaf.pattern, text) for text in _texts(leaf.field, subject))
        case Flag():
            return subject.verified if leaf.flag == "verified" else subject.needs_review
        case Differs():
            return _differs(subject.values, subject.others.get(leaf.job_id), leaf.name)
        case Exists():
            return any(value is not None for value in _values(leaf.field, leaf.name, subject))
        case Compare():
            return any(_compares(leaf, value) for value in _values(leaf.field, leaf.name, subject))
        case _:
            assert_never(leaf)


def _texts(name: str | None, subject: Subject) -> Iterable[str]:
    if name is None:
        return subject.fields.values()
    return (subject.fields[name],) if name in subject.fields else ()


def _values(field_: Field, name: str | None, subject: Subject) -> Iterator[Any]:  # noqa: PLR0912 - a case a kind
    match field_:
        case Field.ID:
            yield subject.record_id
        case Field.METADATA:
            yield subject.metadata.get(name or "")
        case Field.LABEL:
            for task, value in (subject.values or {}).items():
                if name in (None, task):
                    yield from value if isinstance(value, list | tuple) else (value,)
        case Field.CONFIDENCE if name is None:
            yield lowest_confidence(subject.labels)
        case Field.CONFIDENCE | Field.RULE:
            for label in subject.labels:
                if name in (None, label["task"]):
                    yield label.get(field_.value)
        case Field.OUTCOME:
            yield subject.outcome
        case Field.REASON:
            yield subject.reason
        case Field.STATE:
            yield subject.state
        case Field.DECIDED_BY:
            yield from subject.decided_by
        case _:
            assert_never(field_)


def lowest_confidence(labels: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the lowest confidence of the labels; None where none is known."""
    known = [label["confidence"] for label in labels if label.get("confidence") is not None]
    return min(known, default=None)


def forms(value: Scalar) -> list[Scalar]:
    """Return what is taken for the value: labels may be digits, and columns of CSV are texts."""
    if isinstance(value, str):
        return [value]
    return [value, str(value).lower() if isinstance(value, bool) else str(value)]


def _compares(leaf: Compare, found: Any) -> bool:
    if found is None or isinstance(found, Mapping):  # a span is no value to compare
        return False
    if leaf.operator is Is.EQUAL:
        return any(_equal(found, form) for value in leaf.values for form in forms(value))
    bound = leaf.values[0]
    if isinstance(bound, str):
        return isinstance(found, str) and _COMPARE[leaf.operator](found, bound)
    number = _number(found, texts=leaf.field is Field.METADATA)
    return number is not None and _COMPARE[leaf.operator](number, bound)


def _equal(found: Any, value: Scalar) -> bool:
    """Compare without taking True for 1."""
    return isinstance(found, bool) == isinstance(value, bool) and bool(found == value)


def _number(found: Any, *, texts: bool) -> float | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, int | float):
        return found
    if not texts or not isinstance(found, str):
        return None
    try:
        return float(found)
    except ValueError:
        return None


def _differs(ours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None, name: str | None) -> bool:
    """Compare tasks that have a value in both; labels of a multiple choice in any order."""
    if ours is None or theirs is None:
        return False
    return any(_plain(ours[task]) != _plain(theirs[task]) for task in ours if task in theirs and name in (None, task))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value) else value


@lru_cache(maxsize=256)
def words_pattern(words: str) -> str:
    """Return the pattern that finds the words as whole words, with any space between them, in any case.

    Example: `money back` is found in "Money  back!" and not in "money backs".
    """
    parts = unicodedata.normalize("NFC", words).split()
    phrase = r"\s+".join(re2.escape(part) for part in parts)
    first, last = parts[0][0], parts[-1][-1]
    before = r"(?:^|[^\pL\pN_])" if _is_spaced(first) else ""
    behind = r"(?:$|[^\pL\pN_])" if _is_spaced(last) else ""
    return f"(?i){before}{phrase}{behind}"


def _is_spaced(character: str) -> bool:
    return character.isalnum() and ord(character) < _SPACED
