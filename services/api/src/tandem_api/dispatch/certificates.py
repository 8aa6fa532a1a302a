"""Leading of certificates: freezes labels, publishes commitments, has records asked for, looks, and closes."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from typing import Any

from tandem.events import CertificateCommittedV1, CommittedPart
from tandem.jobs import Selection
from tandem.messaging import Producer
from tandem.observability.logs import get_logger
from tandem.quality.certificates.canonical import canonical_json
from tandem.quality.certificates.leading import Leader
from tandem.quality.certificates.opening import commitment_of, make_schedules
from tandem.quality.certificates.states import CertificateState
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.documents import CertificateDocument, CertificateProgress
from tandem.store.certificates.reader import CertificateReader
from tandem.store.certificates.writer import CertificateWriter
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.documents import JobDocument, attempt_of
from tandem.store.jobs.reader import JobReader
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.certifying.asking import CertificateAsker
from tandem_api.certifying.closing import Closer, closing_part
from tandem_api.certifying.following import Following
from tandem_api.certifying.freezing import Freezer, Frozen, opening_of
from tandem_api.certifying.lines import CountedReads

LOOK_SECONDS = 0.5
LEASE_SECONDS = 30.0
"""Seconds; after this, the certificates of a killed dispatcher go on with another one."""
PREPARING_SECONDS = 0.5
"""Seconds between two looks at whether other campaigns have withdrawn their requests."""

log = get_logger(__name__)


class MovedOnError(Exception):
    """Somebody changed the certificate, or another dispatcher leads it: the step is given up, and nothing is lost."""


class CertificateWalker:
    """Leads certificates, the one whose turn it is first; every dispatcher has one.

    Each step is computed from what is stored, saved, and only then acted upon: labels are frozen before the commitment
    is published, that before anybody is asked, the schedules likewise before an audit is asked for. A step that fails
    is made again, by this dispatcher or by the one that takes over.
    """

    def __init__(
        self,
        *,
        reader: CertificateReader,
        writer: CertificateWriter,
        jobs: JobReader,
        campaigns: CampaignReader,
        campaign_writer: CampaignWriter,
        opinions: OpinionReader,
        items: ReviewItemReader,
        freezer: Freezer,
        closer: Closer,
        producer: Producer,
        holder: str,
        look_seconds: float = LOOK_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        preparing_seconds: float = PREPARING_SECONDS,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._asker = CertificateAsker(campaigns, campaign_writer)
        self._opinions = opinions
        self._items = items
        self._freezer = freezer
        self._closer = closer
        self._producer = producer
        self._holder = holder
        self._look_seconds = look_seconds
        self._lease_seconds = lease_seconds
        self._preparing_seconds = preparing_seconds
        self._stopping = asyncio.Event()
        self._followed: dict[str, Following] = {}

    async def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Lead certificates until stopped; wait while MongoDB is away."""
        while not self._stopping.is_set():
            pause = self._look_seconds
            try:
                while not self._stopping.is_set() and await self.step():
                    pass
            except StoreUnavailableError as error:
                log.warning("certificates.store_unavailable", reason=str(error))
                pause = random.uniform(0.5, 2.0)  # noqa: S311 - jitter, not a secret
            await self._wait(pause)

    async def step(self) -> bool:
        """Take one step of the certificate whose turn it is; False when none is due. Raises StoreUnavailableError."""
        certificate = await self._writer.claim(self._holder, seconds=self._lease_seconds)
        if certificate is None:
            return False
        keeping = asyncio.create_task(self._keep_lease(certificate))
        try:
            await self._lead(certificate)
        except MovedOnError:
            self._followed.pop(certificate["_id"], None)
            log.info("certificates.moved_on", certificate_id=certificate["_id"])
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        return True

    async def _keep_lease(self, certificate: CertificateDocument) -> None:
        """Prolong the lease while a step takes long: the first look of a million records takes a minute."""
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            with suppress(StoreUnavailableError):
                await self._writer.renew(certificate, seconds=self._lease_seconds)

    async def _lead(self, certificate: CertificateDocument) -> None:
        job = await self._jobs.get(certificate["job_id"])
        state = CertificateState(certificate["state"])
        if not state.is_live:
            await self._asker.close(certificate)
            self._followed.pop(certificate["_id"], None)
            await self._save(certificate, {"live": False})
        elif job is None or (reason := await self._void_reason(certificate, job)) is not None:
            await self._void(certificate, "The job was deleted." if job is None else str(reason))
        elif state is CertificateState.PREPARING:
            await self._prepare(certificate, job)
        else:
            await self._follow(certificate, job)

    async def _void_reason(self, certificate: CertificateDocument, job: JobDocument) -> str | None:
        if attempt_of(job) != certificate["attempt"]:
            return (
                f"The job was run again (attempt {attempt_of(job)}): its labels are no longer those that were frozen."
            )
        opened = certificate["opened_at"]
        gone = [] if opened is None else await self._reader.deleted_since(certificate, opened)
        population = Selection.from_bytes(bytes(certificate["population"])) if gone else Selection.of(())
        if deleted := [seq for seq in gone if seq in population]:
            return f"The record with the seq {deleted[0]} was deleted, and its label was frozen."
        return None

    async def _void(self, certificate: CertificateDocument, reason: str) -> None:
        changes = {"state": CertificateState.VOID.value, "state_reason": reason, "sealed": False}
        await self._save(certificate, changes)
        log.warning("certificates.void", certificate_id=certificate["_id"], reason=reason)

    async def _prepare(self, certificate: CertificateDocument, job: JobDocument) -> None:
        """Freeze the labels once no other campaign asks for records of the job."""
        if await self._asker.others_ask(certificate, job):
            await self._save(certificate, {}, next_in=self._preparing_seconds)
            return
        opinions = await self._opinions.count(job["_id"])
        frozen = await self._frozen(certificate, job)
        if await self._opinions.count(job["_id"]) != opinions:
            # Somebody saw a label meanwhile: freeze anew.
            await self._save(certificate, {}, next_in=self._preparing_seconds)
            return
        if not len(frozen.evidence):
            await self._void(certificate, "No record of the job has a label that nobody has decided on.")
            return
        opening = opening_of(certificate, job, frozen)
        changes = {
            "state": CertificateState.OPEN.value,
            "sealed": True,
            "records": len(frozen.evidence),
            "left_out": {name: len(seqs) for name, seqs in frozen.outside.items()},
            "population": frozen.population.to_bytes(),
            "outside": {name: Selection.of(seqs).to_bytes() for name, seqs in frozen.outside.items()},
            "opening": canonical_json(opening),
            "commitment": commitment_of(opening),
        }
        await self._save(certificate, changes)
        self._keep(certificate, opening, frozen)
        log.info("certificates.opened", certificate_id=certificate["_id"], records=len(frozen.evidence))

    async def _frozen(self, certificate: CertificateDocument, job: JobDocument) -> Frozen:
        return await self._freezer.freeze(certificate, job, after_block=lambda: self._renew(certificate))

    def _keep(self, certificate: CertificateDocument, opening: dict[str, Any], frozen: Frozen) -> Following:
        key = bytes.fromhex(certificate["key"])
        leader = Leader(opening, frozen.evidence)
        following = Following(leader, key, opinions=self._opinions, items=self._items)
        self._followed[certificate["_id"]] = following
        return following

    async def _followed_anew(self, certificate: CertificateDocument, job: JobDocument) -> Following | None:
        """Read the frozen labels again, for one that another dispatcher led; None where they are not as frozen."""
        frozen = await self._frozen(certificate, job)
        opening = json.loads(certificate["opening"])
        if frozen.evidence.digest != opening["population"]["digest"]:
            return None
        return await asyncio.to_thread(self._keep, certificate, opening, frozen)

    async def _follow(self, certificate: CertificateDocument, job: JobDocument) -> None:
        following = self._followed.get(certificate["_id"]) or await self._followed_anew(certificate, job)
        if following is None:
            await self._void(certificate, "The labels are no longer those that were frozen.")
            return
        if certificate["told"] == 0:
            certificate = await self._publish(certificate, CommittedPart.OPENING)
        await following.take_reads(certificate)
        leader = following.leader
        await asyncio.to_thread(leader.advance)
        if "schedules" not in certificate and (schedules := leader.schedules()) is not None:
            opening = json.loads(certificate["opening"])
            document = make_schedules(opening, schedules)
            commitment = commitment_of(document)
            changes = {"schedules": canonical_json(document), "schedules_commitment": commitment}
            certificate = await self._save(certificate, changes)
        if "schedules" in certificate:
            if certificate["told"] == 1:
                certificate = await self._publish(certificate, CommittedPart.SCHEDULES)
            if departed := leader.departures(json.loads(certificate["schedules"])["claims"]):
                reason = f"Reads by which the schedule of {', '.join(departed)} was fixed were taken back or changed."
                await self._void(certificate, reason)
                return
        if leader.is_closed or certificate["finishing"]:
            await self._close(certificate, job, following)
            return
        asked = await self._asker.ask(certificate, leader.wanted(fixed="schedules" in certificate))
        progress: CertificateProgress = {
            "reads": leader.reads,
            "asked": asked,
            "waiting": leader.waiting(fixed="schedules" in certificate),
            "skipped": len(following.skipped),
            "claims": leader.progress(),
        }
        await self._save(certificate, {"progress": progress}, next_in=self._look_seconds)

    async def _publish(self, certificate: CertificateDocument, part: CommittedPart) -> CertificateDocument:
        """Publish a commitment, then note that it is published: nobody is asked before."""
        opening = part is CommittedPart.OPENING
        committed = certificate["opening"] if opening else certificate["schedules"]
        event = CertificateCommittedV1(
            certificate_id=certificate["_id"],
            job_id=certificate["job_id"],
            project_id=certificate["project_id"],
            part=part,
            commitment=certificate["commitment"] if opening else certificate["schedules_commitment"],
            committed=json.loads(committed),
        )
        await self._producer.send_all([event])
        return await self._save(certificate, {"told": 1 if opening else 2})

    async def _close(self, certificate: CertificateDocument, job: JobDocument, following: Following) -> None:
        counted = CountedReads(dict(following.revisions), following.skipped, following.leader.zones())
        del self._followed[certificate["_id"]]  # a million frozen labels are not held twice
        document = await self._closer.close(certificate, job, counted, after_block=lambda: self._renew(certificate))
        refused = sum(claim["missed_at_most"] is None for claim in document["claims"])
        number = len(document["claims"])
        reason = "Every claim is certified." if not refused else f"{refused} of {number} claims are refused."
        changes = {
            "state": CertificateState.CLOSED.value,
            "state_reason": reason,
            "sealed": False,
            "document": json.dumps(document, ensure_ascii=False),
            "closing": closing_part(counted),
        }
        await self._save(certificate, changes)
        log.info("certificates.closed", certificate_id=certificate["_id"], claims=number, refused=refused)

    async def _renew(self, certificate: CertificateDocument) -> None:
        if not await self._writer.renew(certificate, seconds=self._lease_seconds):
            raise MovedOnError(certificate["_id"])

    async def _save(
        self, certificate: CertificateDocument, changes: dict[str, Any], *, next_in: float = 0.0
    ) -> CertificateDocument:
        saved = await self._writer.save(certificate, changes, next_in=next_in)
        if saved is None:
            raise MovedOnError(certificate["_id"])
        return saved

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass
