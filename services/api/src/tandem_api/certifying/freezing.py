"""Freezing of a job's labels: the population of a certificate, its columns and its digest, block by block."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tandem.events import LabelSchemaSpec, Outcome
from tandem.events.schema import LabelTask
from tandem.jobs import Selection
from tandem.quality.certificates.evidence import Evidence
from tandem.quality.certificates.opening import CertificateClaim, claims_of_family, make_opening
from tandem.store.annotations.freezing import FreezingReader
from tandem.store.certificates.documents import CertificateDocument
from tandem.store.jobs.documents import JobDocument, selected
from tandem.store.opinions.reader import OpinionReader
from tandem_api.certifying.lines import labels_of

BLOCK = 5000
DECIDED_BEFORE, HELD = "decided_before", "held"
"""Outside the population: people had given an opinion before the opening, or somebody was looking at the record then;
either had seen the label."""


@dataclass(slots=True)
class Frozen:
    """Labels of a job as they were frozen. `evidence` has no reads."""

    evidence: Evidence
    outside: dict[str, list[int]] = field(default_factory=dict)

    @property
    def population(self) -> Selection:
        return Selection.of(array("I", self.evidence.seqs))


def rules_of(job: JobDocument, tasks: list[str]) -> dict[str, dict[str, Any]]:
    """Return the rule by which the values of each of these tasks are compared."""
    schema = LabelSchemaSpec.model_validate(job["published"]["label_schema"])
    return {task.name: _rule(task) for task in schema.tasks if task.name in tasks}


def _rule(task: LabelTask) -> dict[str, Any]:
    return task.model_dump(mode="json", include={"kind", "step"}, exclude_none=True)


class Freezer:
    """Reads the labels to freeze. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, annotations: FreezingReader, opinions: OpinionReader, *, block: int = BLOCK) -> None:
        self._annotations = annotations
        self._opinions = opinions
        self._block = block

    async def freeze(
        self, certificate: CertificateDocument, job: JobDocument, *, after_block: Callable[[], Awaitable[None]]
    ) -> Frozen:
        """Return the job's labels, frozen as they are now; `after_block` is awaited between blocks.

        Given a certificate that has a population, it reads the same labels again: the records that are outside then
        stay outside.
        """
        tasks = rules_of(job, certificate["tasks"])
        standard = {"rule": certificate["rule"]}
        key = bytes.fromhex(certificate["key"])
        frozen = Frozen(Evidence(certificate["job_id"], key, tasks, standard))
        known = certificate.get("population")
        population = None if known is None else Selection.from_bytes(bytes(known))
        chosen = selected(job)
        start: int | None = chosen.from_seq
        while start is not None:
            found = await self._annotations.block(certificate["job_id"], start, self._block)
            decided: set[int] = set()
            if population is None and found:
                first, below = found[0]["seq"], found[-1]["seq"] + 1
                decided = {each[0].seq async for each in self._opinions.stream_records(job["_id"], first, below)}

            def add(found: list[dict[str, Any]] = found, decided: set[int] = decided) -> None:
                for annotation in found:
                    if annotation["seq"] in chosen:
                        _add(frozen, annotation, tasks, population, decided)

            await asyncio.to_thread(add)
            await after_block()
            start = found[-1]["seq"] + 1 if len(found) == self._block else None
        return frozen


def _add(
    frozen: Frozen,
    annotation: Mapping[str, Any],
    tasks: Mapping[str, Any],
    population: Selection | None,
    decided: set[int],
) -> None:
    seq = annotation["seq"]
    if population is not None and seq not in population:
        return
    if population is None and (outside := _outside(annotation, decided)) is not None:
        frozen.outside.setdefault(outside, []).append(seq)
        return
    labels, risks = labels_of(annotation, tasks)
    line = {"seq": seq, "record_id": annotation["record_id"], "content_hash": annotation.get("content_hash")}
    part = {"attempt": annotation["attempt"], "labels": labels, "risks": risks}
    frozen.evidence.add(line | {"certificate": part, "final": labels})


def _outside(annotation: Mapping[str, Any], decided: set[int]) -> str | None:
    if annotation["outcome"] != Outcome.LABELED:
        return str(annotation["outcome"])
    if annotation["seq"] in decided or annotation.get("verification_revision"):
        return DECIDED_BEFORE
    return HELD if annotation["needs_review"] else None


def opening_of(certificate: CertificateDocument, job: JobDocument, frozen: Frozen) -> dict[str, Any]:
    """Return the opening of a certificate over what was frozen."""
    claims = claims_of(certificate, job)
    return make_opening(
        job=certificate["job_id"],
        key_hash=certificate["key_hash"],
        size=len(frozen.evidence),
        digest=frozen.evidence.digest,
        claims=claims,
        standard={"rule": certificate["rule"]},
    )


def claims_of(certificate: CertificateDocument, job: JobDocument) -> list[CertificateClaim]:
    return claims_of_family(
        rules_of(job, certificate["tasks"]),
        errors=certificate["errors"],
        alpha=certificate["alpha"],
        classes=certificate["classes"],
    )
