"""The shape of a certificate in MongoDB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict

from tandem.jobs import Selection
from tandem.quality.certificates.keys import key_hash, new_key
from tandem.quality.certificates.states import CertificateState

COLLECTION = "certificates"
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class CertificateLeasePart(TypedDict):
    holder: str
    until: datetime
    """End of the lease, by the database's clock."""


class CertificateProgress(TypedDict):
    """How far the readers are; tells nobody which records are audits."""

    reads: int
    """Reads that stand."""
    asked: int
    """Records that people were asked for."""
    waiting: int
    """Records of these that nobody has decided."""
    skipped: int
    """Records that were skipped so often that they count as read without an outcome."""
    claims: list[dict[str, Any]]


NO_PROGRESS: CertificateProgress = {"reads": 0, "asked": 0, "waiting": 0, "skipped": 0, "claims": []}


class CertificateDocument(TypedDict):
    _id: str
    """Also the id of the campaign that asks for its records."""
    name: str
    project_id: str
    dataset_id: str
    job_id: str
    errors: list[float]
    alpha: float
    tasks: list[str]
    classes: dict[str, list[str]]
    rule: str
    """one_reader or panel."""
    people: list[str] | None
    """Ids of those who read; None: all readers."""
    closes_campaigns: bool
    """Whether the other campaigns of the job are closed before the labels are frozen."""
    key: NotRequired[str]
    """Hexadecimal. Secret until the certificate is closed; absent from one that was abandoned or is void."""
    key_hash: str
    state: str
    """A `CertificateState`."""
    state_reason: str | None
    live: bool
    """Whether a dispatcher has anything left to do for it."""
    sealed: bool
    """Whether nobody may see the labels of its population."""
    finishing: bool
    """Somebody asked to close it with what was read so far."""
    step: int
    """Rises with each change; a change names the one that it rests on."""
    lease: CertificateLeasePart | None
    next_at: datetime
    """Time of the next step of the dispatcher, by the database's clock."""
    attempt: int
    """The job's attempt when the labels were frozen; no label of a later one is certified."""
    population: NotRequired[bytes]
    """The seqs of the frozen labels, as `Selection.to_bytes` writes them."""
    records: int
    """Size of the population; 0 before it is frozen."""
    left_out: dict[str, int]
    """Why records that have an annotation are not in the population, to how many they are."""
    outside: NotRequired[dict[str, bytes]]
    """Why records of the job are not in the population, to their seqs."""
    opening: NotRequired[str]
    """JSON, as the certificate has it; so are `schedules` and `document`."""
    commitment: NotRequired[str]
    schedules: NotRequired[str]
    schedules_commitment: NotRequired[str]
    told: int
    """Commitments that were published: the opening's is the first, the schedules' the second."""
    progress: CertificateProgress
    closing: NotRequired[ClosingPart]
    document: NotRequired[str]
    created_at: datetime
    created_by: str
    created_by_id: NotRequired[str]
    opened_at: datetime | None
    ended_at: datetime | None


class ClosingPart(TypedDict):
    """What the document was made of, so that its export can be written again."""

    revisions: bytes
    """The last revision of each record that counts, as `pack_revisions` writes them."""
    skipped: list[int]
    """Records that were skipped so often that they count as read without an outcome."""
    zones: dict[str, bytes]


def new_certificate(
    *,
    certificate_id: str,
    name: str,
    job: Mapping[str, Any],
    attempt: int,
    errors: Sequence[float],
    alpha: float,
    tasks: Sequence[str],
    classes: Mapping[str, Sequence[str]],
    rule: str,
    people: Sequence[str] | None,
    closes_campaigns: bool,
    created_at: datetime,
    created_by: str,
    created_by_id: str | None,
) -> CertificateDocument:
    """Return a certificate of a job (a `JobDocument`) that nobody has begun to prepare; its key is drawn here."""
    key = new_key()
    document: CertificateDocument = {
        "_id": certificate_id,
        "name": name,
        "project_id": job["project_id"],
        "dataset_id": job["dataset_id"],
        "job_id": job["_id"],
        "errors": list(errors),
        "alpha": alpha,
        "tasks": list(tasks),
        "classes": {task: list(labels) for task, labels in classes.items()},
        "rule": rule,
        "people": None if people is None else list(people),
        "closes_campaigns": closes_campaigns,
        "records": 0,
        "left_out": {},
        "key": key.hex(),
        "key_hash": key_hash(key),
        "state": CertificateState.PREPARING.value,
        "state_reason": None,
        "live": True,
        "sealed": False,
        "finishing": False,
        "step": 0,
        "lease": None,
        "next_at": EVER,
        "attempt": attempt,
        "told": 0,
        "progress": NO_PROGRESS,
        "created_at": created_at,
        "created_by": created_by,
        "opened_at": None,
        "ended_at": None,
    }
    if created_by_id is not None:
        document["created_by_id"] = created_by_id
    return document


def selection_in(data: bytes | None) -> Selection:
    """Return the selection that a field holds; none of the records where it is absent."""
    return Selection.of(()) if data is None else Selection.from_bytes(bytes(data))


def pack_revisions(revisions: Mapping[int, int]) -> bytes:
    """Return seq and revision of each record in as little room as is easy."""
    flat = [number for seq in sorted(revisions) for number in (seq, revisions[seq])]
    return zlib.compress(struct.pack(f"<{len(flat)}I", *flat))


def unpack_revisions(data: bytes) -> dict[int, int]:
    """Return what `pack_revisions` wrote."""
    raw = zlib.decompress(data)
    flat = struct.unpack(f"<{len(raw) // 4}I", raw)
    return dict(zip(flat[::2], flat[1::2], strict=True))
