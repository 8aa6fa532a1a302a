"""Try-outs: call a model for a few records, and wait for the answers.

The job is as any other, but hidden: the dispatcher, the workers and the postprocessor treat it as theirs, nobody lists,
reviews or exports it, and the database forgets it after a while. Its cost is counted as any job's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from tandem.events import AgentSpec, JobKind, JobState, LabelSchemaSpec, ReviewPolicy
from tandem.jobs import Selection
from tandem.jobs.moves import CANCEL
from tandem.people import Caller
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.database import utcnow
from tandem.store.expiry import TRYOUTS_KEPT
from tandem.store.jobs.documents import JobDocument, first_dispatch, first_pass, selected, selection_part
from tandem.store.jobs.reader import JobReader
from tandem.store.jobs.writer import JobWriter
from tandem.store.records.documents import RecordDocument, content_hash, record_document_id
from tandem.store.records.writer import RecordWriter
from tandem.store.workers.reader import WorkerReader
from tandem.web.invalid_content import FieldProblem
from tandem_api.planning.tryouts.schemas import TriedRecord, Tryout
from tandem_api.workers.accounts import known_account

LOOK_SECONDS = 0.15
PATIENCE_SECONDS = 4.0
"""Seconds that a job may wait for its account before the wait is reported as the outcome: a stopped account that a new
job needs is tried again at once."""

_NO_REVIEW = ReviewPolicy(threshold=0, review_without_confidence=False, review_invalid=False, review_failed=False)


@dataclass(frozen=True, slots=True)
class Trial:
    """The agent that is tried, and who asked for it."""

    project_id: str
    agent: AgentSpec
    label_schema: LabelSchemaSpec
    caller: Caller


class TryoutService:
    def __init__(
        self,
        *,
        jobs: JobReader,
        writer: JobWriter,
        annotations: AnnotationReader,
        records: RecordWriter,
        workers: WorkerReader,
        seconds: float,
    ) -> None:
        """Set up try-outs. `seconds`: how long to wait for answers."""
        self._jobs = jobs
        self._writer = writer
        self._annotations = annotations
        self._records = records
        self._workers = workers
        self._seconds = seconds

    async def of_texts(self, trial: Trial, texts: Sequence[Mapping[str, str]]) -> Tryout:
        """Try the agent on records that are in no data set."""
        job_id = uuid4().hex
        dataset_id = f"tryout-{job_id}"
        records: list[RecordDocument] = [
            {
                "_id": record_document_id(dataset_id, seq),
                "dataset_id": dataset_id,
                "seq": seq,
                "record_id": str(seq + 1),
                "fields": dict(fields),
                "metadata": {},
                "content_hash": content_hash(fields),
                "import_id": job_id,
                "expires_at": utcnow() + TRYOUTS_KEPT,
            }
            for seq, fields in enumerate(texts)
        ]
        await self._records.insert(records)
        return await self.of_records(trial, records, job_id=job_id)

    async def of_records(self, trial: Trial, records: Sequence[RecordDocument], *, job_id: str | None = None) -> Tryout:
        """Try the agent on these records of one data set."""
        job = _hidden_job(job_id or uuid4().hex, trial, records)
        await self._writer.insert(job)
        try:
            problem = await self._wait(job["_id"], trial.agent, len(records))
        finally:
            ended = await self._writer.move(job["_id"], CANCEL, reason="The try-out is over.")
        found = {each["seq"]: each for each in await self._annotations.page(job["_id"], limit=len(records))}
        tried = [_tried(record, found.get(record["seq"])) for record in records]
        prices = [each.usd for each in tried if each.seconds is not None]
        return Tryout(
            id=job["_id"],
            state="answered" if len(found) == len(records) else "unanswered",
            problem=None if len(found) == len(records) else problem,
            records=tried,
            usd=None if any(price is None for price in prices) else sum(price or 0.0 for price in prices),
            notice=None if ended is None else ended["dispatch"]["notice"],
        )

    async def _wait(self, job_id: str, agent: AgentSpec, size: int) -> FieldProblem | None:
        """Wait until all records have ended; return the reason where they have not."""
        began = time.monotonic()
        waiting_since: float | None = None
        while (now := time.monotonic()) - began < self._seconds:
            job = await self._jobs.get(job_id)
            if job is None or not JobState(job["state"]).is_live:
                return None
            if len(await self._annotations.ended(job_id, selected(job))) >= size:
                return None
            if job["state"] != JobState.WAITING:
                waiting_since = None
            elif now - (waiting_since := waiting_since or now) >= PATIENCE_SECONDS:
                return FieldProblem(
                    field="agent_id",
                    detail=job["state_reason"] or "The model accepts no calls at present.",
                    cure="Fix the problem above, then check again.",
                )
            await asyncio.sleep(LOOK_SECONDS)
        return await self._too_late(job_id, agent)

    async def _too_late(self, job_id: str, agent: AgentSpec) -> FieldProblem:
        job = await self._jobs.get(job_id)
        account = known_account(await self._workers.live(), agent.provider, agent.model)
        within = f"within {self._seconds:g} s"
        if job is not None and job["dispatch"]["asked_epoch"] == 0:
            detail, cure = f"No dispatcher took the probe {within}.", "Start the dispatcher, or look at its log."
        elif not account.workers:
            detail, cure = f"No llm-worker is there to call the model ({within}).", "Start one, or look at its log."
        else:
            detail = f"{agent.model} of {agent.provider} gave no answer {within}."
            cure = (
                "Try again; if it goes on, look at the llm-workers' log, or allow more time by TANDEM_TRYOUT_SECONDS "
                "of the api."
            )
        return FieldProblem(field="agent_id", detail=detail, cure=cure)


def _hidden_job(job_id: str, trial: Trial, records: Sequence[RecordDocument]) -> JobDocument:
    agent, label_schema = trial.agent, trial.label_schema
    now = utcnow()
    selection = Selection.of(record["seq"] for record in records)
    return {
        "_id": job_id,
        "project_id": trial.project_id,
        "dataset_id": records[0]["dataset_id"],
        "name": f"try-out of {agent.name} v{agent.version}"[:200],
        "agent_id": agent.agent_id,
        "label_schema_id": label_schema.label_schema_id,
        "state": JobState.RUNNING.value,
        "state_reason": None,
        "revision": 1,
        "epoch": 1,
        "weight": 1.0,
        "hidden": True,
        "kind": JobKind.MODEL.value,
        "sources": [],
        "asks_model": True,
        "budget_usd": None,
        "opinion_policy": {},
        "waiting_for": None,
        "canary": None,
        "failure_stop": None,
        "goes": 0,
        "reuse": False,
        "records_per_minute": None,
        "review_recounted": False,
        "expires_at": now + TRYOUTS_KEPT,
        "selection": selection_part(selection, len(records)),
        "passes": [first_pass(created_at=now, created_by=trial.caller.name, created_by_id=trial.caller.person_id)],
        "published": {
            "agent": agent.model_dump(mode="json"),
            "label_schema": label_schema.model_dump(mode="json"),
            "review_policy": _NO_REVIEW.model_dump(mode="json"),
        },
        "dispatch": first_dispatch(selection.from_seq, is_set=not selection.is_range),
        "created_at": now,
        "created_by": trial.caller.name,
        "created_by_id": trial.caller.person_id,
        "started_at": now,
        "finished_at": None,
    }


def _tried(record: RecordDocument, annotation: AnnotationDocument | None) -> TriedRecord:
    if annotation is None:
        return TriedRecord(seq=record["seq"], record_id=record["record_id"], outcome=None)
    usage, price = annotation["usage"] or {}, annotation["price"] or {}
    return TriedRecord.model_validate(
        {
            **annotation,
            "prompt_tokens": usage.get("prompt_tokens"),
            "completion_tokens": usage.get("completion_tokens"),
            "usd": price.get("amount"),
        }
    )
