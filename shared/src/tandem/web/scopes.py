"""Reads expressions that callers send and holds them against a job or a data set, without what is blind to them."""

from __future__ import annotations

from tandem.finding import Compare, Differs, Expression, ExpressionError, Field, UnknownNameError, bind, leaves, parse
from tandem.finding.bound import reads_values
from tandem.finding.expressions import problem_with_size
from tandem.finding.matching import forms
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.finding.orders import ANY
from tandem.store.finding.scope import Scope
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.jobs.reader import JobReader
from tandem.store.records.reader import RecordReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web.problems import Problem, not_found


class Scopes:
    """Makes scopes. All methods raise a Problem that names the field, and StoreUnavailableError."""

    def __init__(self, *, records: RecordReader, review_items: ReviewItemReader, jobs: JobReader) -> None:
        self._records = records
        self._review_items = review_items
        self._jobs = jobs

    async def of_dataset(
        self, dataset: DatasetDocument, where: str | Expression | None, caller: Caller, *, field: str = "where"
    ) -> Scope:
        """Hold the expression against the records of a data set. None matches all."""
        within = Selection.range(0, dataset["visible_below"])
        return await self._of(dataset["_id"], None, within, where, caller, reveals_values=False, field=field)

    async def of_job(
        self,
        job: JobDocument,
        where: str | Expression | None,
        caller: Caller,
        *,
        reveals_values: bool = False,
        field: str = "where",
    ) -> Scope:
        """Hold the expression against the records of a job. None matches all.

        `reveals_values`: the answer tells something of the labels, e.g. by its order, whatever the expression reads.
        """
        within = selected(job)
        return await self._of(job["dataset_id"], job, within, where, caller, reveals_values=reveals_values, field=field)

    async def _of(
        self,
        dataset_id: str,
        job: JobDocument | None,
        within: Selection,
        where: str | Expression | None,
        caller: Caller,
        *,
        reveals_values: bool,
        field: str,
    ) -> Scope:
        tasks = () if job is None else tuple(job["published"]["label_schema"]["tasks"])
        names = None if job is None else [task["name"] for task in tasks]
        bound = _bound(where, names, field)
        others = tuple(dict.fromkeys(each.job_id for each in leaves(bound) if isinstance(each, Differs)))
        for other in others:
            await self._check_comparable(other, dataset_id, caller, field)
        ids = {
            form
            for each in leaves(bound)
            if isinstance(each, Compare) and each.field is Field.ID
            for value in each.values
            for form in forms(value)
            if isinstance(form, str)
        }
        seqs = await self._records.find_many(dataset_id, sorted(ids)) if ids else {}
        is_telling = job is not None and (reveals_values or reads_values(bound))
        blind = await self._review_items.blind_for(caller.person_id, dataset_id) if is_telling else ()
        return Scope(
            dataset_id=dataset_id,
            job_id=None if job is None else job["_id"],
            within=within,
            expression=bound,
            seqs=seqs,
            others=others,
            tasks=tasks,
            blind=Selection.of(blind),
        )

    async def _check_comparable(self, job_id: str, dataset_id: str, caller: Caller, field: str) -> None:
        job = await self._jobs.get(job_id)
        if job is None or job.get("hidden") or not caller.reaches(job["project_id"]):
            raise not_found("job", job_id)
        if job["dataset_id"] != dataset_id:
            detail, cure = f"The job {job_id!r} runs over another data set.", "Name a job over this data set."
            raise Problem(422, "invalid-expression", detail, field=field, cure=cure)


def _bound(where: str | Expression | None, tasks: list[str] | None, field: str) -> Expression:
    if where is None or (isinstance(where, str) and not where.strip()):
        return ANY
    try:
        bound = bind(parse(where) if isinstance(where, str) else where, tasks)
    except (ExpressionError, UnknownNameError) as error:
        cure = 'Write it like: text contains "refund" and label = negative and not verified'
        raise Problem(422, "invalid-expression", str(error), field=field, cure=cure) from error
    if problem := problem_with_size(bound):
        detail, cure = f"The expression is too large: {problem}.", "Find in several steps, by saved subsets."
        raise Problem(422, "invalid-expression", detail, field=field, cure=cure)
    return bound
