"""Operations on jobs. The dispatcher runs them; here they are made, changed and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tandem.events import AgentSpec, JobState
from tandem.jobs import Selection
from tandem.jobs.moves import CANCEL, GO, PAUSE, RESUME, Move
from tandem.labeling.review import settled
from tandem.people import Caller
from tandem.pricing import ModelSpend, PriceTable, add_up, totals_of
from tandem.review import OpinionPolicy
from tandem.store.annotations.documents import OutcomeCounts
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.annotations.spending import SpendingReader
from tandem.store.jobs.documents import (
    CanaryPart,
    FailureStopPart,
    JobDocument,
    PassPart,
    all_had_ended,
    attempt_of,
    opinion_policy,
    pass_size,
)
from tandem.store.jobs.moves import CANARY, FAILURES
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.web import Problem, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.planning.preflight import Preflight
from tandem_api.resources.jobs.budgets import problem_with_budget
from tandem_api.resources.jobs.kept_counts import KeptCounts
from tandem_api.resources.jobs.new_job import new_job
from tandem_api.resources.jobs.schemas import (
    Job,
    JobAgent,
    JobCheck,
    JobCost,
    JobCounts,
    JobCreate,
    JobPage,
    ModelCost,
    PassProgress,
)
from tandem_api.resources.jobs.settings import CanaryAsked, JobUpdate
from tandem_api.resources.projects.service import ProjectService


class JobService:
    def __init__(
        self,
        *,
        reader: JobReader,
        writer: JobWriter,
        annotations: AnnotationReader,
        spending: SpendingReader,
        projects: ProjectService,
        prices: PriceTable,
        preflight: Preflight,
        people: PersonReader,
        records: RecordReader,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._annotations = annotations
        self._spending = spending
        self._projects = projects
        self._prices = prices
        self._preflight = preflight
        self._people = people
        self._records = records
        self._kept_counts = KeptCounts()

    # --- making

    async def create(self, project_id: str, body: JobCreate, caller: Caller, *, probe: bool = False) -> Job:
        """Make the job over what is visible now. Everything is checked before; all problems are reported together."""
        await self._projects.reachable(project_id, caller)
        checked = await self._preflight.check(project_id, body, caller, probe=probe)
        parts = checked.parts
        if checked.problems or parts is None:
            first = checked.problems[0]
            raise Problem(422, "invalid-job", first.detail, field=first.field, cure=first.cure, errors=checked.problems)
        agent, dataset, spec, label_schema = parts.agent, parts.dataset, parts.spec, parts.label_schema
        document = new_job(
            project_id=project_id,
            dataset_id=dataset["_id"],
            name=body.name or f"{agent['name']} v{agent['version']} on {dataset['name']}",
            agent=spec,
            label_schema=label_schema,
            review_policy=settled(body.review_policy, label_schema, (spec.confidence_strategy,)),
            opinion_policy=OpinionPolicy(readers=body.readers, adjudicated=body.adjudicated),
            selection=parts.selection,
            size=parts.size,
            weight=body.weight,
            budget_usd=body.budget_usd,
            start=body.start,
            by=caller,
        )
        document["reuse"] = body.reuse
        document["records_per_minute"] = body.records_per_minute
        document["failure_stop"] = None if body.failure_stop is None else body.failure_stop.part()
        document["canary"] = await self.canary_part(dataset["_id"], parts.selection, body.canary)
        if body.subset_id is not None:
            document["subset_id"] = body.subset_id
        return await self.add(document)

    async def add(self, document: JobDocument) -> Job:
        """Save a job that was checked."""
        await self._writer.insert(document)
        return _view(document, OutcomeCounts(), OutcomeCounts(), 0, document["created_by"])

    async def check(self, project_id: str, body: JobCreate, caller: Caller, *, probe: bool) -> JobCheck:
        """Report everything that is wrong with the job, and what it will take. Nothing is made but a probe."""
        await self._projects.reachable(project_id, caller)
        checked = await self._preflight.check(project_id, body, caller, probe=probe)
        return JobCheck(
            ok=not checked.problems,
            problems=checked.problems,
            warnings=checked.warnings,
            estimate=checked.estimate,
            probe=checked.probe,
        )

    # --- steering

    async def pause(self, job_id: str, caller: Caller) -> Job:
        """Stop asking for records; requests that the workers already hold are still answered."""
        return await self._move(job_id, caller, PAUSE, "paused", reason=f"Paused by {caller.name}.")

    async def resume(self, job_id: str, caller: Caller) -> Job:
        """Resume the job with a new epoch: requests published before are void and sent again."""
        return await self._move(job_id, caller, RESUME, "resumed", reason=None)

    async def cancel(self, job_id: str, caller: Caller) -> Job:
        """End the job as it stands. Labels made so far stay."""
        return await self._move(job_id, caller, CANCEL, "cancelled", reason=f"Cancelled by {caller.name}.")

    async def go(self, job_id: str, caller: Caller) -> Job:
        """Let a job go on whose canary has ended, or that stopped after too many records without a label."""
        job = await self.reachable(job_id, caller)
        if job["state"] == JobState.WAITING and job["waiting_for"] not in (CANARY, FAILURES):
            raise Problem(
                409,
                "wrong-state",
                "The job does not wait for a go.",
                cure=job["state_reason"] or "Look at the job's state.",
                state=job["state"],
            )
        return await self._move(job_id, caller, GO, "let go on", reason=None)

    async def change(self, job_id: str, body: JobUpdate, caller: Caller) -> Job:
        """Change what is given. With a raised budget, a job that waits for it runs again; lowered below what is spent,
        it sends nothing more."""
        job = await self.reachable(job_id, caller)
        if "budget_usd" in body.model_fields_set:
            self._check_budget(job, body.budget_usd)
        changed = await self._writer.change(job_id, body.changes())
        if changed is None:
            job = await self.reachable(job_id, caller)
            raise Problem(
                409,
                "wrong-state",
                f"The job is {job['state']}; what it cost is settled.",
                cure="Run it again with other settings, or make a new job.",
                state=job["state"],
            )
        return await self._shown(changed)

    async def canary_part(self, dataset_id: str, selection: Selection, asked: CanaryAsked | None) -> CanaryPart | None:
        """Return the canary of a pass over this selection, as documents have it."""
        if asked is None:
            return None
        first = await self._records.first(dataset_id, selection, count=asked.records)
        return asked.part(first.below_seq)

    def _check_budget(self, job: JobDocument, budget_usd: float | None) -> None:
        if budget_usd is not None and not job["asks_model"]:
            raise Problem(
                422,
                "invalid-budget",
                "The job asks no model, so it costs nothing.",
                field="budget_usd",
                cure="Leave it.",
            )
        agent = AgentSpec.model_validate(job["published"]["agent"])
        if budget_usd is not None and (problem := problem_with_budget(agent, self._prices)):
            raise Problem(422, "invalid-budget", problem.detail, field=problem.field, cure=problem.cure)

    async def _move(self, job_id: str, caller: Caller, move: Move, verb: str, *, reason: str | None) -> Job:
        await self.reachable(job_id, caller)
        changed = await self._writer.move(job_id, move, reason=reason)
        if changed is None:
            job = await self.reachable(job_id, caller)
            raise Problem(
                409,
                "wrong-state",
                f"The job is {job['state']}; it can be {verb} only while it is {' or '.join(move.starts)}.",
                cure="Look at the job's state." if JobState(job["state"]).is_live else "Run it again.",
                state=job["state"],
            )
        return await self._shown(changed)

    async def run_again(
        self,
        job: JobDocument,
        passes: Sequence[PassPart],
        *,
        budget_usd: float | None,
        canary: CanaryPart | None = None,
        failure_stop: FailureStopPart | None = None,
    ) -> Job | None:
        """Begin the last one of `passes`; None where the job was changed since it was read as `job`."""
        changed = await self._writer.run_again(
            job, passes, budget_usd=budget_usd, canary=canary, failure_stop=failure_stop
        )
        return None if changed is None else await self._shown(changed)

    # --- showing

    async def list(self, project_id: str, caller: Caller, *, after: str | None, limit: int) -> JobPage:
        await self._projects.reachable(project_id, caller)
        before = None
        if after:
            created_at, job_id = decode_cursor(after, str, str)
            before = (_time(created_at), job_id)
        found = await self._reader.list(project_id, before=before, limit=limit + 1)
        page, following = cut(found, limit, lambda job: (job["created_at"].isoformat(), job["_id"]))
        names = await self._people.names(job.get("created_by_id") for job in page)
        return JobPage(items=[await self._shown(job, names) for job in page], next=following)

    async def get(self, job_id: str, caller: Caller) -> Job:
        return await self._shown(await self.reachable(job_id, caller))

    async def reachable(self, job_id: str, caller: Caller) -> JobDocument:
        """Return the job, if it exists in a project that the caller reaches. Raises a 404 problem otherwise."""
        document = await self._reader.get(job_id)
        if document is None or document["hidden"] or not caller.reaches(document["project_id"]):
            raise not_found("job", job_id)
        return document

    async def cost(self, job_id: str, caller: Caller) -> JobCost:
        return await self.cost_of(await self.reachable(job_id, caller))

    async def cost_of(self, job: JobDocument) -> JobCost:
        """Return the job's cost, of all its passes: costs below `low` are kept in the job; from there on, and what came
        late, are summed now."""
        job_id = job["_id"]
        rows = [ModelSpend.of(row) for row in job["dispatch"]["spend"]]
        if not _is_in_first_pass(job):
            if not all_had_ended(job) and job["state"] != JobState.COMPLETED:
                rows = list(await self._spending.first_answers(job_id))
        elif (rest := _above_low(job)) is not None:
            rows += await self._spending.first_answers(job_id, rest)
        rows += (await self._spending.more([job_id])).get(job_id, ())
        by_model = add_up(rows)
        budget = job["budget_usd"]
        reserved = job["dispatch"]["reserved_usd"] if JobState(job["state"]).is_live else 0.0
        return JobCost(
            total=ModelCost.made_of(totals_of(by_model)),
            by_model=[ModelCost.made_of(row) for row in by_model],
            budget_usd=budget,
            reserved_usd=None if budget is None else reserved,
        )

    async def ended(self, job: JobDocument) -> OutcomeCounts:
        """Count how the job's records ended so far, by their current attempts: the totals below `low`, which are final,
        and a count from there on; during a later pass, whose answers replace earlier ones, all are counted."""
        totals, job_id = job["dispatch"]["totals"], job["_id"]
        if not _is_in_first_pass(job):
            if job["state"] != JobState.COMPLETED:
                key = (job_id, job["revision"])
                return await self._kept_counts.get(key, lambda: self._annotations.count_by_outcome(job_id))
            return replace(OutcomeCounts(**totals), needs_review=await self._annotations.count_needing_review(job_id))
        # What was asked for after the totals were made; it can be asked for of ended jobs alone.
        low = job["dispatch"]["low"]
        later = 0 if JobState(job["state"]).is_live else await self._annotations.count_asked(job_id, low)
        counts = OutcomeCounts(**totals) + OutcomeCounts(needs_review=later)
        if (rest := _above_low(job)) is not None:
            counts += await self._annotations.count_by_outcome(job_id, rest)
        if job["review_recounted"]:
            counts = replace(counts, needs_review=await self._annotations.count_needing_review(job_id))
        return counts

    async def in_pass(self, job: JobDocument) -> OutcomeCounts:
        """Count the records that ended in the job's last pass."""
        job_id, attempt = job["_id"], attempt_of(job)
        key = (job_id, job["revision"], attempt)
        return await self._kept_counts.get(key, lambda: self._annotations.count_by_outcome(job_id, attempt=attempt))

    async def _shown(self, job: JobDocument, names: Mapping[str, str] | None = None) -> Job:
        """Show a job. `names`: of people by id, where they were read already."""
        if names is None:
            names = await self._people.names([job.get("created_by_id")])
        ended = await self.ended(job)
        in_pass = ended if _is_in_first_pass(job) else await self.in_pass(job)
        reviewed = await self._annotations.count_reviewed(job["_id"]) if ended.needs_review else 0
        return _view(job, ended, in_pass, reviewed, names.get(job.get("created_by_id", ""), job["created_by"]))


def _is_in_first_pass(job: JobDocument) -> bool:
    return attempt_of(job) == 1


def _above_low(job: JobDocument) -> Selection | None:
    """Return the stretch of the first pass that `totals` do not count; None when they count all."""
    low, below_seq = job["dispatch"]["low"], job["selection"]["below_seq"]
    return Selection.range(low, below_seq) if low < below_seq else None


def _view(job: JobDocument, ended: OutcomeCounts, in_pass: OutcomeCounts, reviewed: int, created_by: str) -> Job:
    size = job["selection"]["size"]
    run = PassProgress(number=attempt_of(job), size=pass_size(job), ended=in_pass.ended)
    left = run.size - run.ended
    running = job["state"] == JobState.RUNNING and left > 0
    rate = job["dispatch"].get("rate_per_second") or None if running else None
    return Job.of(
        {
            **job,
            "created_by": created_by,
            "size": size,
            "counts": JobCounts(
                labeled=ended.labeled,
                invalid=ended.invalid,
                failed=ended.failed,
                not_run=size - ended.ended,
                needs_review=max(0, ended.needs_review - reviewed),
                reviewed=reviewed,
            ),
            "rate_per_second": rate,
            "eta_seconds": left / rate if rate else None,
            "current_pass": run,
            "notice": _notice(job),
            "review_policy": job["published"]["review_policy"],
            **opinion_policy(job).model_dump(),
            "agent": JobAgent.model_validate(job["published"]["agent"]),
        }
    )


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "invalid-cursor", "`after` is not the `next` of an earlier page.", field="after") from error


def _notice(job: JobDocument) -> str | None:
    """Return what to know of how the job is run, but for what its state says already."""
    dispatch = job["dispatch"]
    said = [dispatch["notice"], dispatch["without_confidence"]]
    return " ".join(text for text in said if text and text not in (job["state_reason"] or "")) or None
