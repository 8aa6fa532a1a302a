"""Jobs that combine the labels of others."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import pairwise
from typing import Any
from uuid import uuid4

import orjson

from tandem.events import AgentSpec, JobKind, JobState, LabelSchemaSpec, LabelTask, ModelParameters
from tandem.events.schema import options_of
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.quality import comparing
from tandem.quality.combining import CombinationEstimate, CombinationRule
from tandem.store.annotations.ended import EndedReader
from tandem.store.jobs.documents import JobDocument
from tandem.store.records.reader import RecordReader
from tandem.web import Problem
from tandem_api.analysis.combinations.estimation import LEAST_AGENTS, MOST_LABELS, estimated
from tandem_api.analysis.combinations.schemas import Combination, CombinationCreate, EstimatedAgent
from tandem_api.analysis.comparisons.subject import ComparedJobs, subject_of
from tandem_api.planning.checks import policy_problems
from tandem_api.resources.jobs.new_job import made_of, new_job
from tandem_api.resources.jobs.service import JobService

STRETCHES = 200
STRETCH = 100
"""The number of stretches, and of records in each, that an estimate is computed from at most; they are spread evenly
over the jobs' records."""
MOST_CELLS = 2_000_000
"""Fewer records are sampled where records times agents times labels would exceed this, to bound time and memory."""
PROVIDER = "tandem"
"""The provider named in place of a real one, as no model is called."""


class CombinationService:
    def __init__(self, *, annotations: EndedReader, records: RecordReader, jobs: JobService) -> None:
        self._annotations = annotations
        self._records = records
        self._jobs = jobs
        self._estimating = asyncio.Lock()

    async def create(self, body: CombinationCreate, caller: Caller) -> Combination:
        """Create the combining job, after everything is checked and estimated."""
        subject = await subject_of(self._jobs, body.jobs, caller)
        _check(subject)
        _check_policy(subject, body)
        estimates: dict[str, CombinationEstimate] = {}
        sampled = 0
        if body.method is CombinationRule.DAWID_SKENE:
            estimates, sampled = await self._estimates(subject)
        return Combination(
            job=await self._jobs.add(await self._job(subject, body, estimates, caller)),
            estimated=[
                EstimatedAgent(job_id=job_id, task=task, accuracy=estimate.accuracy(index))
                for task, estimate in estimates.items()
                for index, job_id in enumerate(subject.job_ids)
            ],
            sampled=sampled,
        )

    async def _estimates(self, subject: ComparedJobs) -> tuple[dict[str, CombinationEstimate], int]:
        """Return the estimate of each task with a single choice, by task, and the number of records sampled."""
        tasks = [task for task in subject.tasks if task.traits.is_one_label]
        _check_estimable(subject, tasks)
        indexes = [{option.value: index for index, option in enumerate(options_of(task))} for task in tasks]
        votes: list[list[list[int]]] = [[] for _ in tasks]
        truths: list[dict[int, int]] = [{} for _ in tasks]
        sampled = 0
        most = MOST_CELLS // (len(subject.jobs) * max(map(len, indexes)))
        for stretch in stretches(subject.selection, most=most):
            ended = await self._annotations.ended(subject.job_ids, stretch)
            for seq in sorted(set().union(*ended.values())):
                of_record = [ended[job_id].get(seq) for job_id in subject.job_ids]
                verified, _ = comparing.decided(of_record)
                sampled += 1
                for task, at, rows, known in zip(tasks, indexes, votes, truths, strict=True):
                    said = [comparing.given(each, task) for each in of_record]
                    row = [-1 if each is None else at.get(str(each.value), -1) for each in said]
                    if any(index >= 0 for index in row):
                        if (label := verified.get(task.name)) in at:
                            known[len(rows)] = at[label]
                        rows.append(row)
        found = {}
        for task, at, rows, known in zip(tasks, indexes, votes, truths, strict=True):
            if rows:
                found[task.name] = await self._estimate(list(at), rows, known, agents=len(subject.jobs))
        return found, sampled

    async def _estimate(
        self, labels: list[str], votes: list[list[int]], truths: dict[int, int], *, agents: int
    ) -> CombinationEstimate:
        """Estimate one task, one at a time: each takes some ten megabytes, and a core for a second or two."""
        async with self._estimating:
            return await estimated(labels, votes, truths, agents=agents)

    async def _job(
        self, subject: ComparedJobs, body: CombinationCreate, estimates: dict[str, CombinationEstimate], caller: Caller
    ) -> JobDocument:
        first = subject.jobs[0]
        agent = _agent(subject, body.method)
        job = new_job(
            project_id=first["project_id"],
            dataset_id=first["dataset_id"],
            name=body.name or f"{agent.name}: {', '.join(job['name'] for job in subject.jobs)}",
            agent=agent,
            label_schema=LabelSchemaSpec.model_validate(first["published"]["label_schema"]),
            review_policy=body.review_policy,
            selection=subject.selection,
            size=await self._records.count(first["dataset_id"], subject.selection),
            weight=1.0,
            budget_usd=None,
            start=True,
            by=caller,
        )
        making = {
            "method": body.method.value,
            "estimates": [{"task": task, **estimate.document()} for task, estimate in estimates.items()],
        }
        return made_of(job, JobKind.COMBINED, list(subject.job_ids), making, asks_model=False)


def stretches(selection: Selection, *, most: int) -> list[Selection]:
    """Return the stretches of the selection that an estimate is computed from, about `most` records in all; every
    record where there are fewer."""
    length = len(selection)
    count = min(STRETCHES, max(1, most // STRETCH), -(-length // STRETCH))
    starts = [index * length // count for index in range(count)]
    return [selection.slice(low, min(low + STRETCH, high)) for low, high in pairwise([*starts, length])]


def _agent(subject: ComparedJobs, method: CombinationRule) -> AgentSpec:
    """Return the spec that stands where other jobs have the agent that is called: it says whose labels these are."""
    words = {CombinationRule.VOTE: "Vote", CombinationRule.DAWID_SKENE: "Dawid-Skene"}[method]
    fingerprints = [job["published"]["agent"]["fingerprint"] for job in subject.jobs]
    content: list[Any] = [method.value, list(subject.job_ids), fingerprints]
    return AgentSpec(
        agent_id=uuid4().hex,
        version=1,
        name=f"{words} of {len(subject.jobs)} agents",
        provider=PROVIDER,
        model=method.value,
        parameters=ModelParameters(logprobs=False),
        system_template="",
        user_template="",
        fingerprint=hashlib.sha256(orjson.dumps(content)).hexdigest(),
    )


def _check(subject: ComparedJobs) -> None:
    """Check that the jobs can be combined. Raises a Problem."""
    if len({job["label_schema_id"] for job in subject.jobs}) > 1:
        raise Problem(
            422,
            "not-combinable",
            "The jobs have different label schemas, or versions of one.",
            field="jobs",
            cure="Combine jobs over the same version.",
        )
    if live := [job["name"] for job in subject.jobs if JobState(job["state"]).is_live]:
        raise Problem(
            409,
            "wrong-state",
            f"{', '.join(live)} {'have' if len(live) > 1 else 'has'} not ended.",
            field="jobs",
            cure="Wait until all jobs are over.",
        )


def _check_policy(subject: ComparedJobs, body: CombinationCreate) -> None:
    """Check that the review policy fits the tasks. Raises a Problem."""
    schema = LabelSchemaSpec.model_validate(subject.jobs[0]["published"]["label_schema"])
    if problems := [*policy_problems(body.review_policy, schema)]:
        first = problems[0]
        raise Problem(422, "invalid-combination", first.detail, field=first.field, cure=first.cure, errors=problems)


def _check_estimable(subject: ComparedJobs, tasks: list[LabelTask]) -> None:
    """Check that the tasks can be estimated. Raises a Problem."""
    detail = None
    if len(subject.jobs) < LEAST_AGENTS:
        detail = f"Two agents that differ do not show which one is right; combine at least {LEAST_AGENTS} jobs."
    elif not tasks:
        detail = "The label schema has no single choice, which is what it can be used for."
    elif wide := [task.name for task in tasks if len(options_of(task)) > MOST_LABELS]:
        detail = f"It can be used for up to {MOST_LABELS} labels; {', '.join(wide)} has more."
    if detail is not None:
        raise Problem(422, "not-combinable", detail, field="method", cure="Combine by vote.")
