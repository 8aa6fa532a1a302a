"""Runs records of jobs again, and lists the passes of a job."""

from __future__ import annotations

from dataclasses import dataclass, field

from tandem.events import AgentSpec, JobState, LabelSchemaSpec, Outcome
from tandem.jobs import Selection, SelectionTooLargeError
from tandem.jobs.moves import RUN_AGAIN
from tandem.labeling.templates import PromptError
from tandem.people import Caller
from tandem.store.annotations.documents import OutcomeCounts
from tandem.store.annotations.matching import AnnotationMatch, MatchingReader
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.certificates.reader import CertificateReader
from tandem.store.database import utcnow
from tandem.store.finding.finder import Finder
from tandem.store.jobs.documents import (
    JobDocument,
    PassPart,
    selected,
    selection_of,
    selection_part,
    totals_part,
)
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.subsets.reader import SubsetReader
from tandem.web import Problem
from tandem.web.invalid_content import FieldProblem
from tandem.web.scopes import Scopes
from tandem_api.planning.estimates.schemas import JobEstimate
from tandem_api.planning.estimates.service import Estimator
from tandem_api.planning.preflight import Preflight
from tandem_api.resources.jobs.schemas import Job
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.passes.schemas import JobPass, JobPassList, PassCheck, PassCounts, RunAgain

MOST_PASSES = 100
MOST_SET_BYTES = 6 * 1024 * 1024
"""Largest set of a pass: the job's document, which holds 16 MiB, has the job's own set too."""


@dataclass(slots=True)
class _Chosen:
    """The records that a request means."""

    selection: Selection = field(default_factory=lambda: Selection.of(()))
    verified_left_out: int = 0
    problems: list[FieldProblem] = field(default_factory=list)


class PassService:
    def __init__(
        self,
        *,
        jobs: JobService,
        annotations: AnnotationReader,
        matching: MatchingReader,
        subsets: SubsetReader,
        records: RecordReader,
        estimator: Estimator,
        preflight: Preflight,
        people: PersonReader,
        scopes: Scopes,
        finder: Finder,
        certificates: CertificateReader,
    ) -> None:
        self._jobs = jobs
        self._annotations = annotations
        self._matching = matching
        self._subsets = subsets
        self._records = records
        self._estimator = estimator
        self._preflight = preflight
        self._people = people
        self._scopes = scopes
        self._finder = finder
        self._certificates = certificates

    async def check(self, job_id: str, body: RunAgain, caller: Caller) -> PassCheck:
        """Count the records that would run again, and estimate what they cost. Nothing is changed."""
        job = await self._jobs.reachable(job_id, caller)
        chosen = await self._chosen(job, body, caller)
        state = JobState(job["state"])
        if not RUN_AGAIN.allows(state):
            cure = "Resume it." if state is JobState.PAUSED else "Wait for its end, or cancel it."
            chosen.problems.insert(0, FieldProblem(field="job_id", detail=f"The job is {state}.", cure=cure))
        counts = await self._annotations.count_by_outcome(job_id, chosen.selection)
        by_outcome = {
            "labeled": counts.labeled,
            "invalid": counts.invalid,
            "failed": counts.failed,
            "not_run": len(chosen.selection) - counts.ended,
        }
        estimate = await self._estimate(job, chosen.selection) if chosen.selection else None
        return PassCheck(
            ok=not chosen.problems,
            problems=chosen.problems,
            records=len(chosen.selection),
            outcomes={outcome: number for outcome, number in by_outcome.items() if number},
            verified_left_out=chosen.verified_left_out,
            estimate=estimate,
        )

    async def run_again(self, job_id: str, body: RunAgain, caller: Caller) -> Job:
        """Begin a new pass over the records that the request means. Raises a Problem."""
        job = await self._jobs.reachable(job_id, caller)
        if not RUN_AGAIN.allows(JobState(job["state"])):
            raise _wrong_state(job)
        if (certificate_id := await self._certificates.live_of([job_id])) is not None:
            raise Problem(
                409,
                "certificate-open",
                f"A certificate of the job has not ended: {certificate_id}. New labels would make it void.",
                cure="Wait until it has ended, or abandon it.",
            )
        chosen = await self._chosen(job, body, caller)
        if chosen.problems:
            first = chosen.problems[0]
            raise Problem(
                422, "invalid-run-again", first.detail, field=first.field, cure=first.cure, errors=chosen.problems
            )
        ended = await self._jobs.ended(job)
        earlier = _passes(job)
        last = earlier[-1]
        last["totals"] = totals_part(await self._jobs.in_pass(job))
        last["state"], last["finished_at"] = job["state"], job["finished_at"]
        following: PassPart = {
            "attempt": last["attempt"] + 1,
            "selection": selection_part(chosen.selection, len(chosen.selection)),
            "asked": body.model_dump(mode="json", exclude_defaults=True),
            "all_had_ended": ended.ended == job["selection"]["size"],
            "created_at": utcnow(),
            "created_by": caller.name,
            "created_by_id": caller.person_id,
        }
        # Nobody reads the set of a pass that is over, and a document has room for two.
        kept = [_without_set(each) for each in earlier]
        budget = job["budget_usd"] if body.budget_usd is None else body.budget_usd
        changed = await self._jobs.run_again(
            job,
            [*kept, following],
            budget_usd=budget,
            canary=await self._jobs.canary_part(job["dataset_id"], chosen.selection, body.canary),
            failure_stop=job["failure_stop"] if body.failure_stop is None else body.failure_stop.part(),
        )
        if changed is None:
            now = await self._jobs.reachable(job_id, caller)
            if not RUN_AGAIN.allows(JobState(now["state"])):
                raise _wrong_state(now)
            raise Problem(
                409, "changed-meanwhile", "The job was changed while its records were chosen.", cure="Try again."
            )
        return changed

    async def list(self, job_id: str, caller: Caller) -> JobPassList:
        """List the passes with how their records ended."""
        job = await self._jobs.reachable(job_id, caller)
        passes = _passes(job)
        names = await self._people.names(each.get("created_by_id") for each in passes)
        last = await self._jobs.in_pass(job)
        items = []
        for each in passes:
            is_last = each is passes[-1]
            counts = last if is_last or "totals" not in each else OutcomeCounts(**each["totals"])
            size = each["selection"]["size"] if "selection" in each else job["selection"]["size"]
            items.append(
                JobPass(
                    number=each["attempt"],
                    state=JobState(job["state"] if is_last else each.get("state", JobState.COMPLETED)),
                    size=size,
                    counts=PassCounts(**totals_part(counts), not_run=size - counts.ended),
                    asked=each.get("asked"),
                    created_at=each["created_at"],
                    created_by=names.get(each.get("created_by_id", ""), each["created_by"]),
                    finished_at=job["finished_at"] if is_last else each.get("finished_at"),
                )
            )
        return JobPassList(items=items)

    async def _chosen(self, job: JobDocument, body: RunAgain, caller: Caller) -> _Chosen:
        chosen = _Chosen()
        if len(_passes(job)) >= MOST_PASSES:
            detail = f"The job has {MOST_PASSES} passes already."
            chosen.problems.append(FieldProblem(field="job_id", detail=detail, cure="Make a new job."))
        agent = AgentSpec.model_validate(job["published"]["agent"])
        if job["asks_model"]:
            chosen.problems += self._preflight.problems_with_agent(agent, body.budget_usd)
        elif body.budget_usd is not None:
            detail = "The job asks no model, so it costs nothing."
            chosen.problems.append(FieldProblem(field="budget_usd", detail=detail, cure="Leave it out."))
        if body.is_empty:
            detail = "The request does not say which records."
            cure = "Give `outcomes`, `reasons`, `record_ids`, `subset_id` or `where`."
            chosen.problems.append(FieldProblem(field="outcomes", detail=detail, cure=cure))
            return chosen
        subset = None if body.subset_id is None else await self._subsets.get(body.subset_id)
        if body.subset_id is not None and (subset is None or subset["dataset_id"] != job["dataset_id"]):
            detail = f"The data set has no subset {body.subset_id!r}."
            cure = "Use the id of one from its list of subsets."
            chosen.problems.append(FieldProblem(field="subset_id", detail=detail, cure=cure))
            return chosen
        wanted = await self._wanted(job, body)
        if subset is not None:
            wanted &= selection_of(subset["selection"])
        if body.where is not None:
            wanted &= await self._finder.select(await self._scopes.of_job(job, body.where, caller))
        chosen.selection = wanted
        if not body.include_verified:
            verified = await self._matching.matching(job["_id"], AnnotationMatch(verified=True))
            chosen.selection = wanted - verified
            chosen.verified_left_out = len(wanted) - len(chosen.selection)
        if not chosen.selection:
            detail, cure = "No record of the job matches.", "Look at the job's counts."
            if chosen.verified_left_out:
                detail = f"All {chosen.verified_left_out} records that match were verified by people."
                cure = "Set `include_verified` to run those too."
            chosen.problems.append(FieldProblem(field="outcomes", detail=detail, cure=cure))
        elif problem := _too_large(chosen.selection):
            chosen.problems.append(problem)
        return chosen

    async def _wanted(self, job: JobDocument, body: RunAgain) -> Selection:
        """Return the records that match, those that people verified included."""
        job_id, whole = job["_id"], selected(job)
        outcomes = [Outcome(outcome) for outcome in body.outcomes if outcome != "not_run"]
        if outcomes or body.reasons:
            wanted = await self._matching.matching(job_id, AnnotationMatch(outcomes=outcomes, reasons=body.reasons))
        elif "not_run" in body.outcomes:
            wanted = Selection.of(())
        else:
            wanted = Selection.of(await self._records.seqs(job["dataset_id"], whole))
        if "not_run" in body.outcomes:
            existing = Selection.of(await self._records.seqs(job["dataset_id"], whole))
            wanted |= existing - Selection.of(await self._annotations.ended(job_id, whole))
        if body.record_ids:
            found = await self._records.find_many(job["dataset_id"], body.record_ids)
            wanted &= Selection.of(found.values())
        return wanted

    async def _estimate(self, job: JobDocument, selection: Selection) -> JobEstimate | None:
        """Estimate the pass by a sample of its records; None where its prompts cannot be rendered."""
        if not job["asks_model"]:
            return None
        agent = AgentSpec.model_validate(job["published"]["agent"])
        label_schema = LabelSchemaSpec.model_validate(job["published"]["label_schema"])
        sample = await self._estimator.spread(job["dataset_id"], selection)
        try:
            sizes = await self._estimator.sizes(agent, label_schema, sample)
        except PromptError:
            return None
        account = await self._estimator.account(agent.provider, agent.model)
        return self._estimator.of_job(agent, sizes, account, size=len(selection))


def _passes(job: JobDocument) -> list[PassPart]:
    return [each.copy() for each in job["passes"]]


def _without_set(each: PassPart) -> PassPart:
    if "seqs" not in each.get("selection", {}):
        return each
    selection = each["selection"].copy()
    del selection["seqs"]
    return {**each, "selection": selection}


def _too_large(selection: Selection) -> FieldProblem | None:
    try:
        if selection.is_range or len(selection.to_bytes()) <= MOST_SET_BYTES:
            return None
    except SelectionTooLargeError:
        pass
    detail = f"The {len(selection):,} records are scattered too widely to be kept as one set."
    return FieldProblem(field="outcomes", detail=detail, cure="Run them in several passes of fewer records.")


def _wrong_state(job: JobDocument) -> Problem:
    allowed = " or ".join(RUN_AGAIN.starts)
    state = JobState(job["state"])
    return Problem(
        409,
        "wrong-state",
        f"The job is {state}; records can be run again only while it is {allowed}.",
        cure="Resume the job, or cancel it first." if state is JobState.PAUSED else "Wait for its end, or cancel it.",
        state=state.value,
    )
