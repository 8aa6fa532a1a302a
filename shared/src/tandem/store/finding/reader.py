"""Finds the annotations of a job that an expression may match, in a stable order, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tandem.finding import Expression
from tandem.store.annotations.documents import COLLECTION, AnnotationDocument
from tandem.store.annotations.filters import (
    CONFIDENCE_INDEX,
    COUNTING_INDEX,
    LABEL_INDEX,
    WHOLE,
    Filter,
    Path,
    Query,
    filter_of,
    paths_of,
)
from tandem.store.annotations.subjects import SUBJECT_FIELDS
from tandem.store.database import Database, store_errors
from tandem.store.finding.orders import Position

DECIDED_INDEX = "job_id_1_verification.decided_at_-1_seq_-1"
FEW = 5_000
"""Annotations of a path that are counted before one is chosen: up to so many are sorted where need be."""


@dataclass(frozen=True, slots=True)
class ReadPlan:
    job_id: str
    filter: Filter
    path: Path


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by one field of annotations, which an index gives in both directions."""

    field: str
    index: str
    ascending: bool
    holds_all: bool = True
    """False: the index leaves out annotations without the field."""


def by_confidence(*, ascending: bool) -> Sort:
    return Sort("lowest_confidence", CONFIDENCE_INDEX, ascending)


def by_decision(*, ascending: bool) -> Sort:
    return Sort("verification.decided_at", DECIDED_INDEX, ascending, holds_all=False)


class FindingReader:
    """Reader of what expressions match. All methods raise StoreUnavailableError when MongoDB is away."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def plan(self, job_id: str, expression: Expression, seqs: Mapping[str, int]) -> ReadPlan:
        """Choose the access path that leads to the fewest annotations. `seqs`: of the ids that the expression names."""
        paths = paths_of(expression, seqs)
        best, fewest = WHOLE, FEW
        if len(paths) == 1 and not any(branch.sorts for branch in paths[0]):
            best = paths[0]
        else:
            for path in paths:
                number = await self._length(job_id, path, max(1, fewest))
                if number < fewest or (best is WHOLE and not any(branch.sorts for branch in path)):
                    best, fewest = path, min(number, fewest)
        return ReadPlan(job_id, filter_of(expression, seqs), best)

    async def _length(self, job_id: str, path: Path, most: int) -> int:
        total = 0
        for branch in path:
            query = {"job_id": job_id, **branch.query}
            async with store_errors():
                total += await self._collection.count_documents(query, hint=branch.hint, limit=most)
            if total >= most:
                break
        return total

    async def by_seq(self, plan: ReadPlan, after: int, limit: int, *, whole: bool) -> list[AnnotationDocument]:
        """Return up to `limit` annotations with seq > after, ascending. `whole`: all that a subject needs, not the seq
        alone."""
        shown = _shown(SUBJECT_FIELDS if whole else ("seq",))
        found: dict[int, Any] = {}
        bounds = {"$gt": after}
        for branch in plan.path:
            if len(found) >= limit:  # what lies behind belongs to the next page
                bounds["$lte"] = sorted(found)[limit - 1]
            query = _and({"job_id": plan.job_id, "seq": bounds}, branch.query, plan.filter.query)
            async with store_errors():
                cursor = self._collection.find(query, shown).sort("seq", 1).limit(limit).hint(branch.hint)
                found |= {each["seq"]: each for each in await cursor.to_list(limit)}
        return cast("list[AnnotationDocument]", [found[seq] for seq in sorted(found)[:limit]])

    async def by_value(
        self, plan: ReadPlan, sort: Sort, after: Position | None, limit: int, *, whole: bool
    ) -> list[AnnotationDocument]:
        """Return up to `limit` annotations behind the position `after`, by the field that `sort` names, equal ones by
        seq in the same direction. Those without a value count as lower than any, where the index holds them."""
        name, ascending = sort.field, sort.ascending
        shown = _shown(SUBJECT_FIELDS if whole else ("seq", name))
        direction, beyond = (1, "$gt") if ascending else (-1, "$lt")
        bounds: list[Query] = [{}]
        if after is not None:
            value, seq = after
            bounds = [{name: value, "seq": {beyond: seq}}]
            if value is not None:
                bounds.append({name: {beyond: value}})
                bounds += [{name: None}] if sort.holds_all and not ascending else []
            elif ascending:
                bounds.append({name: {"$gte": 0}})
        held: Query = {} if sort.holds_all else {name: {"$exists": True}}
        found: list[Any] = []
        for bound in bounds:
            query = _and({"job_id": plan.job_id}, held, bound, plan.filter.query)
            order = [("job_id", direction), (name, direction), ("seq", direction)]
            left = limit - len(found)
            async with store_errors():
                cursor = self._collection.find(query, shown).sort(order).limit(left).hint(sort.index)
                found += await cursor.to_list(left)
            if len(found) >= limit:
                break
        return cast("list[AnnotationDocument]", found)

    async def count(self, plan: ReadPlan, most: int | None) -> int | None:
        """Count what the filter lets through, up to `most`; None where the path gives some of it twice."""
        of_one_label = len(plan.path) == 2 and plan.path[0].hint == LABEL_INDEX
        if not plan.filter.exact or (len(plan.path) > 1 and not of_one_label):
            return None
        total = 0
        for branch in plan.path:  # of a label: by the model where nobody decided, and by people
            query = _and({"job_id": plan.job_id}, branch.query, plan.filter.query)
            limited: dict[str, Any] = {} if most is None else {"limit": most - total}
            async with store_errors():
                total += await self._collection.count_documents(query, hint=branch.hint, **limited)
            if most is not None and total >= most:
                break
        return total

    async def count_confidences(self, plan: ReadPlan, bins: int, *, most: int | None) -> list[int]:
        """Count by lowest confidence, in equal parts of 0 to 1, what the filter lets through; up to `most` a part."""
        limited: dict[str, Any] = {} if most is None else {"limit": most}
        counts = []
        for part in range(bins):
            upper: Query = {"$lte": 1} if part == bins - 1 else {"$lt": (part + 1) / bins}
            bound = {"lowest_confidence": {"$gte": part / bins, **upper}}
            query = _and({"job_id": plan.job_id}, bound, plan.filter.query)
            async with store_errors():
                counts.append(await self._collection.count_documents(query, hint=CONFIDENCE_INDEX, **limited))
        return counts

    async def count_all(self, job_id: str) -> int:
        """Count the records of the job that have an annotation."""
        async with store_errors():
            return await self._collection.count_documents({"job_id": job_id, "seq": {"$gte": 0}}, hint=COUNTING_INDEX)

    async def of_records(self, job_id: str, seqs: Sequence[int]) -> dict[int, AnnotationDocument]:
        """Return what subjects need of the annotations of these records, by seq."""
        query = {"job_id": job_id, "seq": {"$in": list(seqs)}}
        async with store_errors():
            found = await self._collection.find(query, _shown(SUBJECT_FIELDS)).hint(COUNTING_INDEX).to_list(None)
        return {each["seq"]: cast("AnnotationDocument", each) for each in found}


def _shown(fields: Sequence[str]) -> Query:
    return {"_id": 0, **dict.fromkeys(fields, 1)}


def _and(*queries: Query) -> Query:
    return {"$and": [query for query in queries if query]}
