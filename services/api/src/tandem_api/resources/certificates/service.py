"""Operations on certificates of jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import orjson

from tandem.events import JobState, LabelSchemaSpec, options_of
from tandem.people import Caller
from tandem.quality.certificates.page import certificate_page
from tandem.quality.certificates.readers import ONE_READER, PANEL
from tandem.quality.certificates.states import CertificateState
from tandem.review.campaigns.moves import CampaignState
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.certificates.documents import CertificateDocument, new_certificate
from tandem.store.certificates.reader import MOST_CERTIFICATES, CertificateReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import utcnow
from tandem.store.jobs.documents import JobDocument, attempt_of, opinion_policy
from tandem.store.people.reader import PersonReader
from tandem.web import Problem, not_found
from tandem_api.certifying.closing import Closer
from tandem_api.resources.campaigns.people import check_people
from tandem_api.resources.certificates.planning import Planner
from tandem_api.resources.certificates.schemas import (
    Certificate,
    CertificateList,
    CertificateOpen,
    CertificatePlan,
    PlanRequest,
)
from tandem_api.resources.jobs.service import JobService


class CertificateService:
    """Certificates of jobs. All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB
    is away."""

    def __init__(
        self,
        *,
        reader: CertificateReader,
        writer: CertificateWriter,
        jobs: JobService,
        campaigns: CampaignReader,
        annotations: AnnotationReader,
        people: PersonReader,
        planner: Planner,
        closer: Closer,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._campaigns = campaigns
        self._annotations = annotations
        self._people = people
        self._planner = planner
        self._closer = closer

    async def plan(self, job_id: str, body: PlanRequest, caller: Caller) -> CertificatePlan:
        """Tell what a certificate would take."""
        job = await self._jobs.reachable(job_id, caller)
        names = [task.name for task in _schema(job).tasks]
        if body.task is None and len(names) > 1:
            raise Problem(
                422,
                "no-task",
                f"The job has several tasks: {', '.join(names)}.",
                field="task",
                cure="Name the one to plan for.",
            )
        task = names[0] if body.task is None else body.task
        _check_tasks([task], names, field="task")
        labeled = (await self._annotations.count_by_outcome(job_id)).labeled
        if not labeled:
            raise _nothing_labeled(job)
        return await self._planner.plan(job, task, labeled, body)

    async def open(self, job_id: str, body: CertificateOpen, caller: Caller) -> Certificate:
        """Open a certificate. The same request again, while it is open, gives the same certificate."""
        job = await self._jobs.reachable(job_id, caller)
        if JobState(job["state"]).is_live:
            raise Problem(
                409,
                "wrong-state",
                f"{job['name']} has not ended.",
                field="job_id",
                cure="Wait until it is over: labels are frozen when a certificate is opened.",
            )
        earlier = await self._reader.of_job(job_id)
        live = next((each for each in earlier if each["live"]), None)
        number = len(earlier) - (live is not None)
        certificate = await self._made(job, body, number, caller)
        if live is not None and live["_id"] == certificate["_id"]:
            return await self._shown(live)
        if live is not None:
            raise _other_is_live(live["_id"])
        if len(earlier) >= MOST_CERTIFICATES:
            detail = f"The job has {len(earlier)} certificates already."
            raise Problem(409, "too-many-certificates", detail, cure="Carry the labels over to another job.")
        if not (await self._annotations.count_by_outcome(job_id)).labeled:
            raise _nothing_labeled(job)
        if not body.close_campaigns:
            await self._refuse_open_campaigns(job_id)
        stored = await self._writer.insert(certificate)
        if stored is None:
            raise _other_is_live(await self._reader.live_of([job_id]) or "another one")
        return await self._shown(stored)

    async def list(self, job_id: str, caller: Caller) -> CertificateList:
        await self._jobs.reachable(job_id, caller)
        found = await self._reader.of_job(job_id)
        return CertificateList(items=[await self._shown(each) for each in found])

    async def get(self, job_id: str, certificate_id: str, caller: Caller) -> Certificate:
        return await self._shown((await self._found(job_id, certificate_id, caller))[0])

    async def close(self, job_id: str, certificate_id: str, caller: Caller) -> Certificate:
        """Have it closed with what was read so far: claims for which that is too little are refused."""
        certificate, _ = await self._found(job_id, certificate_id, caller)
        if certificate["finishing"] or certificate["state"] == CertificateState.CLOSED:
            return await self._shown(certificate)
        changed = await self._writer.ask_to_finish(certificate_id)
        if changed is None:
            raise _wrong_state(certificate, "Only an open certificate can be closed.")
        return await self._shown(changed)

    async def abandon(self, job_id: str, certificate_id: str, caller: Caller) -> Certificate:
        """Give it up: nothing is certified, its key is forgotten, and its requests are withdrawn."""
        certificate, _ = await self._found(job_id, certificate_id, caller)
        if certificate["state"] == CertificateState.ABANDONED:
            return await self._shown(certificate)
        changed = await self._writer.abandon(certificate_id, reason=f"Abandoned by {caller.name}.")
        if changed is None:
            raise _wrong_state(certificate, "It has ended.")
        return await self._shown(changed)

    async def document(self, job_id: str, certificate_id: str, caller: Caller) -> dict[str, Any]:
        """Return the certificate as a file, with its key."""
        certificate, _ = await self._closed(job_id, certificate_id, caller)
        document: dict[str, Any] = json.loads(certificate["document"])
        return document

    async def page(self, job_id: str, certificate_id: str, caller: Caller) -> str:
        """Return the certificate as a page."""
        return certificate_page(await self.document(job_id, certificate_id, caller))

    async def export(self, job_id: str, certificate_id: str, caller: Caller) -> tuple[str, AsyncIterator[bytes]]:
        """Return a name and the lines that the certificate was made of."""
        certificate, job = await self._closed(job_id, certificate_id, caller)
        return job["name"], self._closer.export(certificate, job)

    async def _made(self, job: JobDocument, body: CertificateOpen, number: int, caller: Caller) -> CertificateDocument:
        schema = _schema(job)
        names = [task.name for task in schema.tasks]
        tasks = names if body.tasks is None else list(dict.fromkeys(body.tasks))
        _check_tasks(tasks, names, field="tasks")
        readers = opinion_policy(job).readers
        if body.rule == PANEL and readers < 2:
            raise Problem(
                422,
                "no-panel",
                "One reader settles each record of this job, so its queue gives a record to nobody twice.",
                field="rule",
                cure="Use one_reader, or carry the labels over to a job with two readers.",
            )
        await check_people(self._people, body.people, job["project_id"])
        classes = {
            task.name: [option.value for option in options_of(task)]
            for task in schema.tasks
            if body.by_class and task.name in tasks and task.traits.is_one_label
        }
        errors = sorted(set(body.errors), reverse=True)
        name = body.name or f"At most {', '.join(f'{error:.3g}' for error in errors)} wrong"
        given = [job["_id"], number, body.model_dump(mode="json")]
        return new_certificate(
            certificate_id=hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32],
            name=name,
            job=job,
            attempt=attempt_of(job),
            errors=errors,
            alpha=body.alpha,
            tasks=tasks,
            classes=classes,
            rule=body.rule or (ONE_READER if readers == 1 else PANEL),
            people=body.people,
            closes_campaigns=body.close_campaigns,
            created_at=utcnow(),
            created_by=caller.name,
            created_by_id=caller.person_id,
        )

    async def _refuse_open_campaigns(self, job_id: str) -> None:
        campaigns = await self._campaigns.of_job(job_id)
        if still_open := [each["name"] for each in campaigns if each["state"] != CampaignState.CLOSED]:
            raise Problem(
                409,
                "campaigns-open",
                f"Other campaigns show people the labels: {', '.join(still_open)}.",
                field="close_campaigns",
                cure="Close them, or open the certificate with close_campaigns.",
            )

    async def _found(self, job_id: str, certificate_id: str, caller: Caller) -> tuple[CertificateDocument, JobDocument]:
        job = await self._jobs.reachable(job_id, caller)
        certificate = await self._reader.get(certificate_id)
        if certificate is None or certificate["job_id"] != job_id:
            raise not_found("certificate", certificate_id)
        return certificate, job

    async def _closed(
        self, job_id: str, certificate_id: str, caller: Caller
    ) -> tuple[CertificateDocument, JobDocument]:
        certificate, job = await self._found(job_id, certificate_id, caller)
        if certificate["state"] != CertificateState.CLOSED:
            raise _wrong_state(certificate, "It has no files before it is closed.")
        return certificate, job

    async def _shown(self, certificate: CertificateDocument) -> Certificate:
        person = certificate.get("created_by_id")
        names = await self._people.names([person])
        return Certificate.shown(certificate, names.get(person or "", certificate["created_by"]))


def _schema(job: JobDocument) -> LabelSchemaSpec:
    return LabelSchemaSpec.model_validate(job["published"]["label_schema"])


def _check_tasks(tasks: list[str], names: list[str], *, field: str) -> None:
    for task in tasks:
        if task not in names:
            detail = f"The label schema has no task {task!r}; it has {', '.join(names)}."
            raise Problem(422, "no-such-task", detail, field=field, cure="Name one that exists.")


def _nothing_labeled(job: JobDocument) -> Problem:
    return Problem(
        409, "nothing-labeled", f"{job['name']} has no labels.", field="job_id", cure="Certify a job that has labels."
    )


def _other_is_live(certificate_id: str) -> Problem:
    return Problem(
        409,
        "certificate-open",
        f"The job has a certificate that has not ended: {certificate_id}.",
        field="job_id",
        cure="Wait until it has ended, or abandon it: records are read for one certificate at a time.",
    )


def _wrong_state(certificate: CertificateDocument, detail: str) -> Problem:
    state = certificate["state"]
    return Problem(409, "wrong-state", f"The certificate is {state}. {detail}", cure="Read its state.", state=state)
