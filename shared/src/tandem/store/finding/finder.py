"""Evaluates expressions by blocks: over a job's annotations where these can lead to what matches, else over records."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tandem.finding import Expression, Not, matches
from tandem.jobs import Selection
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.final import final_values
from tandem.store.annotations.subjects import subject_of
from tandem.store.finding.orders import ANY, IN_SEQ, NOT_RUN, UNDECIDED, By, FindOrder, Key, Position, groups_of
from tandem.store.finding.reader import FindingReader, Sort, by_confidence, by_decision
from tandem.store.finding.scope import Scope
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader

COUNTED = 10_000
"""Matches that are counted unless an exact count is asked for."""
BINS = 20
"""Equal parts of 0 to 1 into which confidences are counted."""
_SUBTRACTED = 50_000
"""Annotations that do not match, up to which these are counted rather than those that match."""
_BLOCK = 500
"""Annotations that are held against an expression at a time."""
_LARGE = 10_000
"""Annotations of which nothing but the seq is read at a time."""


@dataclass(frozen=True, slots=True)
class FindStep:
    matched: Sequence[Position]
    scanned: int
    position: Position
    """Position at which this step ends."""


@dataclass(frozen=True, slots=True)
class FoundSeqs:
    seqs: list[int]
    after: Position | None
    """Position at which the next page begins; None on the last one."""
    scanned: int
    """Records looked at, matching or not."""
    stopped: bool
    """True: time ran out before the page was full."""


@dataclass(frozen=True, slots=True)
class Counted:
    records: int
    exact: bool
    """False: at least so many."""


@dataclass(frozen=True, slots=True)
class ConfidenceCounts:
    bins: list[int]
    most: int | None
    """A bin counts up to so many; None: all."""
    whole_job: bool
    """True: all records of the job are counted, since no query decides what matches."""


class Finder:
    def __init__(
        self,
        *,
        finding: FindingReader,
        records: RecordReader,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds`: after which a page or a count stops and says how far it came."""
        self._finding = finding
        self._records = records
        self._seconds = seconds
        self._clock = clock

    async def page(self, scope: Scope, *, order: FindOrder, after: Position | None, limit: int) -> FoundSeqs:
        """Return the next up to `limit` records that match; fewer where time ran out."""
        found: list[Position] = []
        scanned, end = 0, self._clock() + self._seconds
        async for step in self._steps(scope, order, after, limit + 1):
            found += step.matched
            scanned += step.scanned
            if len(found) > limit:
                return FoundSeqs([seq for _, seq in found[:limit]], found[limit - 1], scanned, False)
            if self._clock() >= end:
                return FoundSeqs([seq for _, seq in found], step.position, scanned, True)
        return FoundSeqs([seq for _, seq in found], None, scanned, False)

    async def count(self, scope: Scope, *, exact: bool) -> Counted:
        """Count what matches: up to `COUNTED`, or all of it."""
        most = None if exact else COUNTED + 1
        if scope.expression == ANY:
            return _counted(await self._records.count(scope.dataset_id, scope.within, most=most), most)
        if scope.in_query and not scope.blind and scope.job_id is not None:
            number = await self._count_in_query(scope, scope.job_id, most)
            if number is not None:
                return _counted(number, most)
        number, end = 0, self._clock() + self._seconds
        async for step in self._steps(scope, IN_SEQ, None, COUNTED + 1):
            number += len(step.matched)
            if most is not None and number >= most:
                break
            if not exact and self._clock() >= end:
                return Counted(number, False)
        return _counted(number, most)

    async def confidences(self, scope: Scope) -> ConfidenceCounts:
        """Count what matches by its lowest confidence, as far as indexes and queries decide: else the whole job."""
        job_id, whole_job = scope.job_id or "", not scope.in_query
        expression = ANY if whole_job else scope.expression
        most = None if expression == ANY else COUNTED
        plan = await self._finding.plan(job_id, expression, scope.seqs)
        bins = list(await self._finding.count_confidences(plan, BINS, most=most))
        if scope.blind:
            for annotation in (await self._finding.of_records(job_id, list(scope.blind))).values():
                lowest = annotation.get("lowest_confidence")
                if lowest is not None and matches(expression, subject_of(None, annotation, {})):
                    place = max(part for part in range(BINS) if part / BINS <= max(lowest, 0))
                    bins[place] = max(0, bins[place] - 1)
        return ConfidenceCounts(bins, most, whole_job)

    async def select(self, scope: Scope) -> Selection:
        """Return all that matches, as a frozen selection."""
        seqs: list[int] = []
        async for step in self._steps(scope, IN_SEQ, None, _LARGE):
            seqs += [seq for _, seq in step.matched]
        return Selection.of(seqs)

    async def _count_in_query(self, scope: Scope, job_id: str, most: int | None) -> int | None:
        """Count by the indexes; None where that would count some records twice.

        Where records without an annotation match too, those that do not match are counted and subtracted.
        """
        if scope.by_annotation:
            return await self._finding.count(await self._finding.plan(job_id, scope.expression, scope.seqs), most)
        inverse = scope.expression.of if isinstance(scope.expression, Not) else Not(of=scope.expression)
        plan = await self._finding.plan(job_id, inverse, scope.seqs)
        others = await self._finding.count(plan, None if most is None else _SUBTRACTED)
        if others is None or (most is not None and others >= _SUBTRACTED):
            return None
        return await self._records.count(scope.dataset_id, scope.within) - others

    async def _steps(
        self, scope: Scope, order: FindOrder, after: Position | None, size: int
    ) -> AsyncIterator[FindStep]:
        match order.by:
            case By.CONFIDENCE:
                steps = self._by_value(scope, by_confidence(ascending=not order.down), after, size)
            case By.DECIDED:
                steps = self._by_decision(scope, by_decision(ascending=not order.down), after, size)
            case By.STATE | By.LABEL:
                steps = self._by_group(scope, groups_of(order, scope.tasks), after, size)
            case By.SEQ if scope.by_annotation:
                steps = self._by_annotation(scope, -1 if after is None else after[1], size)
            case By.SEQ:
                steps = self._by_record(scope, 0 if after is None else after[1] + 1, size)
        async for step in steps:
            yield step

    async def _by_group(
        self, scope: Scope, groups: Sequence[Expression], after: Position | None, size: int
    ) -> AsyncIterator[FindStep]:
        """Go through the groups, within each in the order of seq."""
        first = 0 if after is None or after[0] is None else int(cast("int", after[0]))
        for index in range(first, len(groups)):
            if groups[index] == NOT_RUN and await self._all_ran(scope):
                continue
            begin = after if index == first else None
            async for step in self._steps(scope.narrowed(groups[index]), IN_SEQ, begin, size):
                matched = [(index, seq) for _, seq in step.matched]
                yield FindStep(matched, step.scanned, (index, step.position[1]))

    async def _by_decision(
        self, scope: Scope, sort: Sort, after: Position | None, size: int
    ) -> AsyncIterator[FindStep]:
        """Go through the decided records by the time of the decision, then through the others in the order of seq."""
        if after is None or after[0] is not None:
            async for step in self._by_value(scope, sort, after, size):
                yield step
            after = None
        async for step in self._steps(scope.narrowed(UNDECIDED), IN_SEQ, after, size):
            yield step

    async def _all_ran(self, scope: Scope) -> bool:
        """Say whether every record has an annotation, so that nobody needs to look for one without."""
        if scope.job_id is None:
            return False
        return await self._finding.count_all(scope.job_id) >= await self._records.count(scope.dataset_id, scope.within)

    async def _by_annotation(self, scope: Scope, after: int, size: int) -> AsyncIterator[FindStep]:
        job_id = scope.job_id or ""
        plan = await self._finding.plan(job_id, scope.expression, scope.seqs)
        size = min(size, _LARGE) if plan.filter.exact else _BLOCK
        while found := await self._finding.by_seq(plan, after, size, whole=not plan.filter.exact):
            after = found[-1]["seq"]
            kept = found if plan.filter.exact else await self._matching(scope, found)
            yield FindStep([(None, each["seq"]) for each in _seen(scope, kept)], len(found), (None, after))
            if len(found) < size:
                return

    async def _by_value(self, scope: Scope, sort: Sort, after: Position | None, size: int) -> AsyncIterator[FindStep]:
        job_id = scope.job_id or ""
        plan = await self._finding.plan(job_id, scope.expression, scope.seqs)
        exact = plan.filter.exact
        size = min(size, _LARGE) if exact else _BLOCK
        while found := await self._finding.by_value(plan, sort, after, size, whole=not exact):
            after = _position(found[-1], sort)
            kept = found if exact else await self._matching(scope, found)
            yield FindStep([_position(each, sort) for each in _seen(scope, kept)], len(found), after)
            if len(found) < size:
                return

    async def _by_record(self, scope: Scope, start: int, size: int) -> AsyncIterator[FindStep]:
        within = scope.within.between(start, scope.within.below_seq)
        chunk = size if scope.expression == ANY else 1000
        async for records in self._records.stream(scope.dataset_id, within, chunk=max(1, min(chunk, 1000))):
            seqs = [record["seq"] for record in records]
            annotations = {} if scope.job_id is None else await self._finding.of_records(scope.job_id, seqs)
            pairs: list[tuple[RecordDocument | None, AnnotationDocument | None]] = [
                (record, annotations.get(record["seq"])) for record in records
            ]
            kept = await self._that_match(scope, seqs, pairs)
            yield FindStep([(None, seq) for seq in kept if seq not in scope.blind], len(seqs), (None, seqs[-1]))

    async def _matching(self, scope: Scope, found: Sequence[AnnotationDocument]) -> list[AnnotationDocument]:
        seqs = [each["seq"] for each in found]
        records = await self._records.get_many(scope.dataset_id, seqs) if scope.reads_records else {}
        kept = set(await self._that_match(scope, seqs, [(records.get(each["seq"]), each) for each in found]))
        return [each for each in found if each["seq"] in kept]

    async def _that_match(
        self,
        scope: Scope,
        seqs: Sequence[int],
        pairs: Sequence[tuple[RecordDocument | None, AnnotationDocument | None]],
    ) -> list[int]:
        others = {job_id: await self._finding.of_records(job_id, seqs) for job_id in scope.others}
        return [
            seq
            for seq, (record, annotation) in zip(seqs, pairs, strict=True)
            if matches(
                scope.expression,
                subject_of(
                    record,
                    annotation,
                    {job_id: final_values(there.get(seq)) for job_id, there in others.items()},
                ),
            )
        ]


def _seen(scope: Scope, found: Sequence[AnnotationDocument]) -> Sequence[AnnotationDocument]:
    return [each for each in found if each["seq"] not in scope.blind] if scope.blind else found


def _position(annotation: AnnotationDocument, sort: Sort) -> Position:
    value: Any = annotation
    for part in sort.field.split("."):
        value = None if value is None else value.get(part)
    return cast("Key", value), annotation["seq"]


def _counted(number: int, most: int | None) -> Counted:
    return Counted(number, True) if most is None or number < most else Counted(COUNTED, False)
