"""Close of a certificate: its export is written once to take its digest, and the document is made of what it says."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from tandem.jobs import Selection
from tandem.quality.certificates.certificate import make_certificate
from tandem.quality.certificates.evidence import Evidence, parse_line
from tandem.quality.certificates.leading import Zones
from tandem.store.certificates.documents import (
    CertificateDocument,
    ClosingPart,
    pack_revisions,
    selection_in,
    unpack_revisions,
)
from tandem.store.jobs.documents import JobDocument
from tandem_api.certifying.freezing import rules_of
from tandem_api.certifying.lines import CertifiedLines, CountedReads


class Closer:
    """Makes the documents of certificates. Raises StoreUnavailableError when MongoDB is away."""

    def __init__(self, lines: CertifiedLines) -> None:
        self._lines = lines

    async def close(
        self,
        certificate: CertificateDocument,
        job: JobDocument,
        counted: CountedReads,
        *,
        after_block: Callable[[], Awaitable[None]],
    ) -> dict[str, Any]:
        """Return the document, made of the very bytes that `export` writes. `after_block` is awaited between blocks."""
        key = bytes.fromhex(certificate["key"])
        tasks = rules_of(job, certificate["tasks"])
        opening = json.loads(certificate["opening"])
        evidence = Evidence(certificate["job_id"], key, tasks, opening["standard"])
        digest, number = hashlib.sha256(), 0

        def take(lines: Sequence[bytes]) -> None:
            for line in lines:
                digest.update(line)
                evidence.add(parse_line(line))

        async for lines in self._lines.lines(certificate, job, counted, key, tasks):
            await asyncio.to_thread(take, lines)
            number += len(lines)
            await after_block()
        opened = certificate["opened_at"]
        facts = {
            "job_name": job["name"],
            "certificate": certificate["_id"],
            "name": certificate["name"],
            "opened_at": None if opened is None else opened.isoformat(),
            "readers_allowed": "all" if certificate["people"] is None else len(certificate["people"]),
        }
        return await asyncio.to_thread(
            make_certificate,
            evidence,
            opening,
            key=key,
            export={"sha256": digest.hexdigest(), "lines": number},
            facts=facts,
        )

    async def export(self, certificate: CertificateDocument, job: JobDocument) -> AsyncIterator[bytes]:
        """Write the export of a closed certificate again."""
        key = bytes.fromhex(certificate["key"])
        counted = counted_in(certificate["closing"])
        async for lines in self._lines.lines(certificate, job, counted, key, rules_of(job, certificate["tasks"])):
            yield b"".join(lines)


def closing_part(counted: CountedReads) -> ClosingPart:
    """Return what is counted as documents have it."""
    return {
        "revisions": pack_revisions(counted.revisions),
        "skipped": sorted(counted.skipped),
        "zones": {name: Selection.of(seqs).to_bytes() for name, seqs in counted.zones._asdict().items() if seqs},
    }


def counted_in(part: ClosingPart) -> CountedReads:
    """Return what `closing_part` wrote."""
    zones = Zones(*(set(selection_in(part["zones"].get(name))) for name in Zones._fields))
    return CountedReads(unpack_revisions(bytes(part["revisions"])), part["skipped"], zones)
