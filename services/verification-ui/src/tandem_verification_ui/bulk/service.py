"""Bulk acts: count what one would do, begin it, show it, undo it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import orjson

from tandem.jobs import Selection, SelectionTooLargeError
from tandem.people import Caller, Role
from tandem.store.bulk_acts.documents import NO_COUNTS, ActState, BulkActDocument
from tandem.store.bulk_acts.reader import BulkActReader
from tandem.store.bulk_acts.writer import BulkActWriter
from tandem.store.database import utcnow
from tandem.store.finding.finder import Finder
from tandem.store.jobs.documents import selection_part
from tandem.store.jobs.reader import JobReader
from tandem.web import Problem, not_found
from tandem.web.scopes import Scopes
from tandem_verification_ui.bulk.blocks import BlockReader, seqs_of
from tandem_verification_ui.bulk.deciding import Give, Other, Skip
from tandem_verification_ui.bulk.schemas import (
    MOST_RECORDS,
    BulkAct,
    BulkActList,
    BulkAsk,
    BulkCheck,
    BulkRequest,
)
from tandem_verification_ui.review.jobs import ReviewJob
from tandem_verification_ui.review.shown import ShownItems

LOOKED_AT = 5_000
"""Records that are held against an act before it begins."""
BLOCK = 500
LISTED = 50


class BulkService:
    """Bulk acts of people. All methods raise Problem for what a caller can fix, and StoreUnavailableError."""

    def __init__(
        self,
        *,
        reader: BulkActReader,
        writer: BulkActWriter,
        jobs: JobReader,
        shown: ShownItems,
        blocks: BlockReader,
        scopes: Scopes,
        finder: Finder,
        wake: Callable[[], None],
    ) -> None:
        """`wake`: called when there is something to carry out."""
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._shown = shown
        self._blocks = blocks
        self._scopes = scopes
        self._finder = finder
        self._wake = wake

    async def check(self, caller: Caller, job_id: str, body: BulkAsk) -> BulkCheck:
        """Count what the act would do to the records that match now."""
        job = await self._shown.job(caller, job_id)
        selection, blind = await self._selected(caller, job, body)
        act = _act(caller, job, body, selection, act_id=uuid4().hex)
        counts: Counter[str] = Counter()
        looked_at = 0
        for block in selection.slice(0, LOOKED_AT).blocks(BLOCK):
            seqs = seqs_of(block)
            found = await self._blocks.read(job, caller, seqs)
            decided = [found.decide(act, caller, seq) for seq in seqs]
            counts.update("give" if isinstance(each, Give) else each.value for each in decided)
            looked_at += len(seqs)
        return BulkCheck(
            records=len(selection),
            exact=looked_at == len(selection),
            looked_at=looked_at,
            would_give=counts["give"],
            unchanged=counts[Other.UNCHANGED.value],
            skipped={reason.value: counts[reason.value] for reason in Skip if counts[reason.value]},
            blind=blind,
        )

    async def begin(self, caller: Caller, job_id: str, body: BulkRequest) -> BulkAct:
        """Begin the act. The same request with the same id again is the same act."""
        job = await self._shown.job(caller, job_id)
        act_id = _id_of(caller, job_id, body.id)
        known = await self._reader.get(act_id)
        if known is not None:
            return _shown(known)
        selection, _ = await self._selected(caller, job, body)
        if not selection:
            raise Problem(
                422, "empty-selection", "No record of the job matches.", field="where", cure="Change the expression."
            )
        if body.records is not None and body.records != len(selection):
            raise Problem(
                409,
                "changed-meanwhile",
                f"{len(selection):,} records match now; {body.records:,} were counted.",
                field="records",
                cure="Count again, then begin.",
                records=len(selection),
            )
        act = await self._writer.insert(_act(caller, job, body, selection, act_id=act_id))
        self._wake()
        return _shown(act)

    async def list(self, caller: Caller, job_id: str) -> BulkActList:
        """List the caller's last acts in the job, newest first."""
        await self._shown.job(caller, job_id)
        found = await self._reader.of_person(job_id, caller.person_id, limit=LISTED)
        return BulkActList(items=[_shown(act) for act in found])

    async def get(self, caller: Caller, job_id: str, act_id: str) -> BulkAct:
        return _shown(await self._found(caller, job_id, act_id))

    async def undo(self, caller: Caller, job_id: str, act_id: str) -> BulkAct:
        """Take back every opinion of the act, also while it runs. Nothing happens where that was asked for before."""
        act = await self._found(caller, job_id, act_id)
        if not caller.is_person(act["created_by_id"]):
            detail = f"{act['created_by']} made this act; everybody takes back only their own opinions."
            raise Problem(409, "not-your-act", detail, cure=f"Ask {act['created_by']} to undo it, or overrule.")
        undone = await self._writer.undo(act_id)
        if undone is None:
            raise not_found("bulk act", act_id)
        self._wake()
        return _shown(undone)

    async def _found(self, caller: Caller, job_id: str, act_id: str) -> BulkActDocument:
        await self._shown.job(caller, job_id)
        act = await self._reader.get(act_id)
        if act is None or act["job_id"] != job_id:
            raise not_found("bulk act", act_id)
        return act

    async def _selected(self, caller: Caller, job: ReviewJob, body: BulkAsk) -> tuple[Selection, int]:
        """Return the records of the act, and how many were left out because they are blind to the caller."""
        if body.overrule:
            caller.require(Role.ADMIN)
        tasks = {task.name for task in job.schema.tasks}
        if unknown := [name for name in body.values if name not in tasks]:
            detail, cure = (
                f"The label schema has no task {unknown[0]!r}.",
                f"The tasks are: {', '.join(sorted(tasks))}.",
            )
            raise Problem(422, "values-do-not-fit", detail, field=f"values.{unknown[0]}", cure=cure)
        if body.seqs is not None:
            return Selection.of(body.seqs) & job.selection, 0
        document = await self._jobs.get(job.job_id)
        if document is None:
            raise not_found("job", job.job_id)
        scope = await self._scopes.of_job(document, body.where, caller, reveals_values=True)
        selection = await self._finder.select(scope)
        if len(selection) > MOST_RECORDS:
            detail = f"{len(selection):,} records match; an act takes up to {MOST_RECORDS:,}."
            raise Problem(422, "too-many-records", detail, field="where", cure="Narrow the expression down.")
        return selection, len(scope.blind)


def _id_of(caller: Caller, job_id: str, given: str | None) -> str:
    """Return the id of an act: people choose theirs independently of each other."""
    if given is None:
        return uuid4().hex
    return hashlib.sha256(orjson.dumps([caller.person_id, job_id, given])).hexdigest()[:32]


def _act(caller: Caller, job: ReviewJob, body: BulkAsk, selection: Selection, *, act_id: str) -> BulkActDocument:
    try:
        part = selection_part(selection, len(selection))
    except SelectionTooLargeError as error:
        detail = "The records are scattered too widely to be kept as one set."
        raise Problem(422, "too-many-records", detail, field="where", cure="Narrow the expression down.") from error
    return {
        "_id": act_id,
        "project_id": job.project_id,
        "dataset_id": job.dataset_id,
        "job_id": job.job_id,
        "kind": body.kind.value,
        "values": body.model_dump(mode="json")["values"],
        "overrule": body.overrule,
        "where": body.where,
        "selection": part,
        "role": caller.role.value,
        "state": ActState.RUNNING.value,
        "cursor": selection.from_seq,
        "counts": NO_COUNTS,
        "lease": None,
        "created_at": utcnow(),
        "created_by": caller.name,
        "created_by_id": caller.person_id,
        "finished_at": None,
    }


def _shown(act: BulkActDocument) -> BulkAct:
    size = act["selection"]["size"]
    counts = act.get("undo_counts", NO_COUNTS) if act["state"] in (ActState.UNDOING, ActState.UNDONE) else act["counts"]
    passed = counts["given"] + counts["unchanged"] + sum(counts["skipped"].values())
    is_over = act["state"] in (ActState.DONE, ActState.UNDONE)
    return BulkAct.shown(act, 1.0 if is_over or not size else min(1.0, passed / size))
