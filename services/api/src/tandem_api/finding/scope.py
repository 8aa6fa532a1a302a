"""The data set or job that an expression is evaluated over."""

from __future__ import annotations

from dataclasses import dataclass

from tandem.finding import (
    Compare,
    Contains,
    Differs,
    Expression,
    ExpressionError,
    Field,
    Matches,
    Subject,
    UnknownNameError,
    bind,
    leaves,
    matches,
    parse,
    requires_annotation,
)
from tandem.finding.bound import reads_values
from tandem.finding.expressions import problem_with_size
from tandem.finding.matching import forms
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.annotations.filters import filter_of
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import Problem
from tandem_api.resources.jobs.service import JobService


@dataclass(frozen=True, slots=True)
class Scope:
    """A data set or a job, with an expression held against it. Make one with `Scopes.of`."""

    dataset_id: str
    job_id: str | None
    within: Selection
    expression: Expression
    seqs: dict[str, int]
    """Seqs of the records that the expression names by id."""
    others: tuple[str, ...]
    """Jobs that the expression compares with."""
    blind: Selection
    """Records that are left out, because what matches would tell the caller their labels."""

    @property
    def reads_records(self) -> bool:
        """Return whether the expression reads texts or metadata."""
        return any(
            isinstance(each, Contains | Matches) or getattr(each, "field", None) is Field.METADATA
            for each in leaves(self.expression)
        )

    @property
    def by_annotation(self) -> bool:
        """Return whether all that matches has an annotation in the job, so that it is found by the annotations."""
        if self.job_id is None:
            return False
        if requires_annotation(self.expression):
            return True
        return self.in_query and not self.matches_without_annotation

    @property
    def in_query(self) -> bool:
        """Return whether MongoDB decides about every annotation."""
        return self.job_id is not None and filter_of(self.expression, self.seqs).exact

    @property
    def matches_without_annotation(self) -> bool:
        """Return whether a record without an annotation matches, where the expression reads annotations alone."""
        return matches(self.expression, Subject(""))


class Scopes:
    def __init__(self, *, records: RecordReader, review_items: ReviewItemReader, jobs: JobService) -> None:
        self._records = records
        self._review_items = review_items
        self._jobs = jobs

    async def of(
        self,
        dataset: DatasetDocument,
        job: JobDocument | None,
        where: str | Expression,
        caller: Caller,
        *,
        tells_confidence: bool = False,
        field: str = "where",
    ) -> Scope:
        """Read the expression and hold it against the job, or against the data set where there is none.

        `tells_confidence`: the order of the answer tells how sure the model was. Raises a Problem that names `field`.
        """
        tasks = None if job is None else [task["name"] for task in job["published"]["label_schema"]["tasks"]]
        try:
            bound = bind(parse(where) if isinstance(where, str) else where, tasks)
        except (ExpressionError, UnknownNameError) as error:
            cure = 'Write it like: text contains "refund" and label = negative and not verified'
            raise Problem(422, "invalid-expression", str(error), field=field, cure=cure) from error
        if problem := problem_with_size(bound):
            detail, cure = f"The expression is too large: {problem}.", "Find in several steps, by saved subsets."
            raise Problem(422, "invalid-expression", detail, field=field, cure=cure)
        others = tuple(dict.fromkeys(each.job_id for each in leaves(bound) if isinstance(each, Differs)))
        for other in others:
            if (await self._jobs.reachable(other, caller))["dataset_id"] != dataset["_id"]:
                detail, cure = f"The job {other!r} runs over another data set.", "Name a job over this data set."
                raise Problem(422, "invalid-expression", detail, field=field, cure=cure)
        ids = {
            form
            for each in leaves(bound)
            if isinstance(each, Compare) and each.field is Field.ID
            for value in each.values
            for form in forms(value)
            if isinstance(form, str)
        }
        seqs = await self._records.find_many(dataset["_id"], sorted(ids)) if ids else {}
        is_telling = job is not None and (tells_confidence or reads_values(bound))
        blind = await self._review_items.blind_for(caller.person_id, dataset["_id"]) if is_telling else ()
        return Scope(
            dataset_id=dataset["_id"],
            job_id=None if job is None else job["_id"],
            within=Selection.range(0, dataset["visible_below"]) if job is None else selected(job),
            expression=bound,
            seqs=seqs,
            others=others,
            blind=Selection.of(blind),
        )
