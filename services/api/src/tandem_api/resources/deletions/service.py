"""Deletes things with all that belongs to them, after saying what that is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tandem.events import JobState
from tandem.events.catalog import CATALOG, DAY_MS
from tandem.people import Caller
from tandem.store.database import utcnow
from tandem.store.deletions.documents import DeletedKind, DeletionDocument
from tandem.store.deletions.eraser import DeletionEraser
from tandem.store.records.documents import record_document_id
from tandem.store.records.reader import RecordReader
from tandem.web import Problem, not_found
from tandem_api.resources.agents.service import AgentService
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.deletions.schemas import Deletion, DeletionList, DeletionOrder
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.label_schemas.service import LabelSchemaService
from tandem_api.resources.people.service import PeopleService
from tandem_api.resources.projects.service import ProjectService

PATIENCE_SECONDS = 20.0
"""A request waits for so long; a larger deletion goes on without it."""
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Resources:
    """The services that find what is to be deleted, within the caller's reach."""

    projects: ProjectService
    datasets: DatasetService
    jobs: JobService
    agents: AgentService
    label_schemas: LabelSchemaService
    people: PeopleService
    records: RecordReader


class DeletionService:
    def __init__(self, eraser: DeletionEraser, resources: Resources) -> None:
        self._eraser = eraser
        self._of = resources
        self._running: set[asyncio.Task[DeletionDocument]] = set()

    async def order(self, body: DeletionOrder, caller: Caller) -> Deletion:
        """Say what would go, or delete it if the order is confirmed. Raises Problem."""
        deletion = await self._found(body, caller)
        await self._check_unused(deletion)
        if body.confirm is None:
            return _shown(deletion, counts=await self._eraser.reached(deletion), confirm=deletion["name"])
        if body.confirm != deletion["name"]:
            raise Problem(
                409,
                "not-confirmed",
                f"The confirmation is not the name of the {_words(deletion)}.",
                field="confirm",
                cure=f"Repeat it to the letter: {deletion['name']!r}.",
            )
        if DeletedKind(deletion["kind"]) is DeletedKind.PERSON:
            await self._of.people.disable(deletion["target_id"], caller)
        await self._eraser.start(deletion)
        task = asyncio.create_task(self._eraser.carry_out(deletion))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        return _shown(task.result() if task.done() else deletion)

    async def done(self, caller: Caller) -> DeletionList:
        found = await self._eraser.audit(None if caller.project_ids is None else frozenset(caller.project_ids))
        return DeletionList(items=[_shown(each) for each in found])

    async def _found(self, body: DeletionOrder, caller: Caller) -> DeletionDocument:
        """Look the thing up within the caller's reach, and what belongs to it. Raises Problem."""
        jobs: list[Any] = []
        datasets: list[str] = []
        project_id: str | None = None
        target, name = body.id, body.id
        match body.kind:
            case DeletedKind.PROJECT:
                caller.require_all_projects()
                project_id, name = body.id, (await self._of.projects.reachable(body.id, caller))["name"]
                jobs = await self._eraser.jobs_of({"project_id": body.id})
                datasets = await self._eraser.datasets_of(body.id)
            case DeletedKind.DATASET:
                dataset = await self._of.datasets.reachable(body.id, caller)
                project_id, name, datasets = dataset["project_id"], dataset["name"], [body.id]
                jobs = await self._eraser.jobs_of({"dataset_id": body.id})
            case DeletedKind.RECORD:
                project_id, target = await self._record(body, caller)
                jobs = await self._eraser.jobs_of({"dataset_id": body.dataset_id})
            case DeletedKind.JOB:
                job = await self._of.jobs.reachable(body.id, caller)
                project_id, name = job["project_id"], job["name"]
                jobs = await self._eraser.jobs_of({"_id": body.id})
            case DeletedKind.AGENT:
                agent = await self._of.agents.reachable(body.id, caller)
                project_id, name = agent["project_id"], agent["name"]
            case DeletedKind.LABEL_SCHEMA:
                schema = await self._of.label_schemas.reachable(body.id, caller)
                project_id, name = schema["project_id"], schema["name"]
            case DeletedKind.PERSON:
                await self._of.people.get(body.id, caller)
                jobs = [{"_id": job_id} for job_id in await self._eraser.decided_in(body.id)]
        self._check_ended(jobs)
        return {
            "_id": uuid4().hex,
            "kind": body.kind.value,
            "target_id": target,
            "name": name,
            "project_id": project_id,
            "jobs": [str(job["_id"]) for job in jobs],
            "datasets": datasets,
            "counts": {},
            "done": False,
            "asked_at": utcnow(),
            "asked_by_id": caller.person_id or "",
            "done_at": None,
        }

    async def _record(self, body: DeletionOrder, caller: Caller) -> tuple[str, str]:
        if body.dataset_id is None:
            raise Problem(
                422,
                "no-dataset",
                "The order does not say in which data set the record is.",
                field="dataset_id",
                cure="Name it.",
            )
        dataset = await self._of.datasets.reachable(body.dataset_id, caller)
        seq = await self._of.records.find(body.dataset_id, body.id)
        if seq is None or seq >= dataset["visible_below"]:
            raise not_found("record", body.id)
        return dataset["project_id"], record_document_id(body.dataset_id, seq)

    @staticmethod
    def _check_ended(jobs: list[Any]) -> None:
        running = [job for job in jobs if "state" in job and JobState(job["state"]).is_live and not job.get("hidden")]
        if running:
            names = ", ".join(repr(job["name"]) for job in running[:_NAMED])
            raise Problem(
                409,
                "job-runs",
                f"{len(running)} {'job has' if len(running) == 1 else 'jobs have'} not ended: {names}.",
                cure="Cancel it first (tandem cancel).",
            )

    async def _check_unused(self, deletion: DeletionDocument) -> None:
        """Check that nothing that stays was made with it. Raises Problem."""
        match DeletedKind(deletion["kind"]):
            case DeletedKind.AGENT:
                users = await self._eraser.users_of(
                    "jobs", {"agent_id": deletion["target_id"], "hidden": {"$ne": True}}
                )
                what = "jobs"
            case DeletedKind.LABEL_SCHEMA:
                query = {"label_schema_id": deletion["target_id"]}
                users = await self._eraser.users_of("agents", query) or await self._eraser.users_of("jobs", query)
                what = "agents or jobs"
            case _:
                return
        if users:
            raise Problem(
                409,
                "in-use",
                f"The {_words(deletion)} {deletion['name']!r} is used by {what}: {', '.join(users[:_NAMED])}.",
                cure=f"Delete these {what} first.",
            )


def stays() -> list[str]:
    """Say what Kafka and workers keep after a deletion, and until when."""
    kept: dict[int, list[str]] = {}
    for topic in CATALOG:
        if topic.retention_ms is not None and not topic.compacted:
            kept.setdefault(topic.retention_ms, []).append(topic.name)
    lines = [
        f"Kafka keeps events for {milliseconds / DAY_MS:g} days: {', '.join(sorted(names))}."
        for milliseconds, names in sorted(kept.items())
        if milliseconds >= DAY_MS
    ]
    compacted = ", ".join(topic.name for topic in CATALOG if topic.compacted)
    return [
        *lines,
        f"{compacted} keeps the last announcement of each job (agent, prompt, examples) until the topic is deleted.",
        "Workers hold requests and answers in memory alone, until they are published. Backups and logs are yours.",
    ]


def _words(deletion: DeletionDocument) -> str:
    return {DeletedKind.DATASET: "data set", DeletedKind.LABEL_SCHEMA: "label schema"}.get(
        DeletedKind(deletion["kind"]), str(deletion["kind"])
    )


def _shown(deletion: DeletionDocument, *, counts: dict[str, int] | None = None, confirm: str | None = None) -> Deletion:
    is_plan = confirm is not None
    return Deletion.model_validate(
        {
            **deletion,
            "id": None if is_plan else deletion["_id"],
            "counts": deletion["counts"] if counts is None else counts,
            "confirm": confirm,
            "stays": stays(),
            "asked_at": None if is_plan else deletion["asked_at"],
            "asked_by_id": None if is_plan else deletion["asked_by_id"],
        }
    )
