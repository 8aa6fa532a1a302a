"""Queries for expressions: what MongoDB can decide, and the indexes that lead to it.

`tandem.finding.matches` defines what an expression means. A filter here lets through at least what matches; where it is
exact, it lets through nothing else. An access path is one way to a superset of the matches, in the order of seq.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tandem.finding import And, Compare, Exists, Expression, Field, Flag, Is, Not, Or
from tandem.finding.bound import NO_STATE
from tandem.finding.matching import forms

COUNTING_INDEX = "job_id_1_seq_1_attempt_1_outcome_1_needs_review_1"
OUTCOME_INDEX = "job_id_1_outcome_1_seq_1"
REASON_INDEX = "job_id_1_reason_1_seq_1"
LABEL_INDEX = "job_id_1_labels.task_1_labels.value_1_seq_1"
VERIFIED_INDEX = "job_id_1_seq_1_verification_revision_1"
WAITING_INDEX = "job_id_1_needs_review_1_verification.revision_1_seq_1"
CONFIDENCE_INDEX = "job_id_1_lowest_confidence_1_seq_1"

_OPERATORS = {Is.LESS: "$lt", Is.LEAST: "$lte", Is.MORE: "$gt", Is.MOST: "$gte"}
Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    query: Query
    exact: bool
    """False: what it lets through is held against the expression once more."""


ANYTHING = Filter({}, False)


@dataclass(frozen=True, slots=True)
class Branch:
    """Index scan."""

    query: Query
    hint: str
    sorts: bool = False
    """True: the index does not give the order of seq, so that what it gives is sorted."""


Path = tuple[Branch, ...]
WHOLE: Path = (Branch({}, COUNTING_INDEX),)
"""Every annotation of the job."""


def filter_of(expression: Expression, seqs: Mapping[str, int]) -> Filter:  # noqa: PLR0911 - a case a kind
    """Return the filter on a job's annotations. `seqs`: where the records are that the expression names by id."""
    match expression:
        case And():
            each = [filter_of(part, seqs) for part in expression.of]
            return Filter(_all(part.query for part in each), all(part.exact for part in each))
        case Or():
            each = [filter_of(part, seqs) for part in expression.of]
            if any(not part.query for part in each):
                return ANYTHING
            return Filter({"$or": [part.query for part in each]}, all(part.exact for part in each))
        case Not():
            inner = filter_of(expression.of, seqs)
            return Filter({"$nor": [inner.query]}, True) if inner.exact else ANYTHING
        case Flag() if expression.flag == "verified":
            return Filter({"verification": {"$exists": True}}, True)
        case Flag():
            return Filter({"needs_review": True, "verification": {"$exists": False}}, True)
        case Compare():
            return _compare(expression, seqs)
        case Exists():
            return _exists(expression)
        case _:
            return ANYTHING


def paths_of(expression: Expression, seqs: Mapping[str, int]) -> list[Path]:
    """Return the access paths to what matches, the likely shortest first, without the one over the whole job."""
    parts = expression.of if isinstance(expression, And) else (expression,)
    found = [path for part in parts if (path := _path(part, seqs)) is not None]
    return sorted(found, key=lambda path: (any(branch.sorts for branch in path), len(path)))


def _path(part: Expression, seqs: Mapping[str, int]) -> Path | None:  # noqa: PLR0911 - a case a kind
    match part:
        case Or():
            below = [_path(each, seqs) for each in part.of]
            joined = [branch for path in below if path is not None for branch in path]
            return tuple(joined) if all(path is not None for path in below) and len(joined) <= 20 else None
        case Flag() if part.flag == "verified":
            return (_decided({"verification": {"$exists": True}}),)
        case Flag():
            return (Branch({"needs_review": True, "verification.revision": None}, WAITING_INDEX),)
        case Compare(field=Field.ID):
            return (Branch({"seq": {"$in": _named(part, seqs)}}, COUNTING_INDEX),)
        case Compare(field=Field.OUTCOME):
            return (Branch({"outcome": {"$in": list(part.values)}}, OUTCOME_INDEX),)
        case Compare(field=Field.REASON):
            reasons = [value for value in part.values if isinstance(value, str) and value]
            return (Branch({"reason": {"$in": reasons}}, REASON_INDEX),)
        case Compare(field=Field.DECIDED_BY):
            return (_decided(_decided_by(part)),)
        case Compare(field=Field.STATE) if NO_STATE not in part.values:
            return (_decided({}),)
        case Compare(field=Field.LABEL, operator=Is.EQUAL, name=str(task)):
            by_people, by_model = _label(task, {"$in": _wanted(part)})
            return (Branch(by_model, LABEL_INDEX), _decided(by_people))
        case Compare(field=Field.CONFIDENCE) if (bound := _lowest(part)) is not None:
            return (Branch({"lowest_confidence": bound}, CONFIDENCE_INDEX, sorts=True),)
        case _:
            return None


def _compare(part: Compare, seqs: Mapping[str, int]) -> Filter:  # noqa: PLR0911 - a case a kind
    match part.field:
        case Field.ID:
            return Filter({"seq": {"$in": _named(part, seqs)}}, True)
        case Field.OUTCOME | Field.REASON:
            return Filter({part.field.value: {"$in": _wanted(part)}}, True)
        case Field.DECIDED_BY:
            return Filter(_decided_by(part), True)
        case Field.STATE if NO_STATE not in part.values:
            return Filter({"verification_revision": {"$gte": 1}}, False)
        case Field.RULE:
            rule: Query = {"rule": {"$in": _wanted(part)}}
            if part.name is not None:
                rule["task"] = part.name
            return Filter({"labels": {"$elemMatch": rule}}, True)
        case Field.CONFIDENCE if part.name is not None:
            bound = {"task": part.name, "confidence": _bound(part)}
            lowest = _lowest(part)
            below = {} if lowest is None else {"lowest_confidence": lowest}
            return Filter({"labels": {"$elemMatch": bound}, **below}, True)
        case Field.CONFIDENCE:
            return Filter({"lowest_confidence": _bound(part)}, True)
        case Field.LABEL if part.name is not None and part.operator is Is.EQUAL:
            return Filter({"$or": list(_label(part.name, {"$in": _wanted(part)}))}, True)
        case _:
            return ANYTHING


def _exists(part: Exists) -> Filter:
    match part.field:
        case Field.REASON:
            return Filter({"reason": {"$ne": None}}, True)
        case Field.DECIDED_BY:
            return Filter({"verification": {"$exists": True}}, True)
        case Field.CONFIDENCE if part.name is None:
            return Filter({"lowest_confidence": {"$ne": None}}, True)
        case Field.OUTCOME:
            return Filter({"outcome": {"$exists": True}}, True)
        case Field.ID:
            return Filter({}, True)
        case _:
            return ANYTHING


def _label(task: str, wanted: Query) -> tuple[Query, Query]:
    """Return the queries for the label that holds: by people's decision, and by the model where there is none."""
    by_model: Query = {
        "verification": {"$exists": False},
        "labels": {"$elemMatch": {"task": task, "value": wanted}},
    }
    return {f"verification.values.{task}": wanted}, by_model


def _decided(query: Query) -> Branch:
    return Branch({"verification_revision": {"$gte": 1}, **query}, VERIFIED_INDEX)


def _decided_by(part: Compare) -> Query:
    wanted = {"$in": _wanted(part)}
    return {"$or": [{"verification.decided_by_id": wanted}, {"verification.decided_by": wanted}]}


def _bound(part: Compare) -> Query:
    if part.operator is Is.EQUAL:
        return {"$in": [value for value in part.values if not isinstance(value, bool | str)]}
    return {_OPERATORS[part.operator]: part.values[0]}


def _lowest(part: Compare) -> Query | None:
    """Return what follows for the lowest confidence of the record; None where nothing does."""
    if part.name is None:
        return _bound(part)
    return _bound(part) if part.operator in (Is.LESS, Is.LEAST) else None


def _wanted(part: Compare) -> list[Any]:
    return [form for value in part.values for form in forms(value)]


def _named(part: Compare, seqs: Mapping[str, int]) -> list[int]:
    ids = {form for form in _wanted(part) if isinstance(form, str)}
    return sorted(seqs[each] for each in ids if each in seqs)


def _all(queries: Iterable[Query]) -> Query:
    parts: Sequence[Query] = [query for query in queries if query]
    return parts[0] if len(parts) == 1 else {"$and": list(parts)} if parts else {}
