"""Walk of review campaigns: asks people to review what a campaign picks, and withdraws what it no longer picks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

from tandem.events import JobState
from tandem.jobs.selection import Block as SeqBlock
from tandem.messaging import Producer
from tandem.observability.logs import get_logger
from tandem.review.campaigns.moves import CampaignMove, CampaignState, StopRule, is_due
from tandem.review.campaigns.placing import AskingCampaign, Placed, place
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.review.campaigns.strategy import AnnotationBlock, Pick, Picker
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.campaigns.documents import CampaignDocument, selected, terms_of
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.reader import JobReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_api.resources.campaigns.scopes import scope_of

BLOCK = 2000
"""Records looked at at once."""
LOOK_SECONDS = 1.0
LEASE_SECONDS = 30.0
"""Seconds, longer than a block takes; after this, campaigns of a killed dispatcher go on."""
APPLIED_SECONDS = 20.0
"""Seconds after which a request that the annotations do not show yet is sent again."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
LONGEST_PUT_OFF = 300.0
"""Seconds, at most, until a block that was not carried out is tried again: the postprocessor may be down for long."""
LIVE_SECONDS = 5.0
"""Seconds between two looks at whether the jobs of a campaign have ended."""
CHECK_SECONDS = 5.0
"""Seconds between two checks of a campaign's stop rule."""
KEPT_PICKERS = 16

log = get_logger(__name__)


class CampaignWalker:
    """Walks campaigns block by block, the one that waited longest first; every dispatcher has a walker.

    The cursor moves past a block when the annotations say that each of its picked records is in a queue or decided, and
    that nothing else is asked for by this campaign. So whatever is lost between here and the postprocessor is sent
    again, by the next holder of the campaign.
    """

    def __init__(
        self,
        *,
        writer: CampaignWriter,
        jobs: JobReader,
        candidates: CandidateReader,
        items: ReviewItemReader,
        producer: Producer,
        holder: str,
        block: int = BLOCK,
        look_seconds: float = LOOK_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
        applied_seconds: float = APPLIED_SECONDS,
        live_seconds: float = LIVE_SECONDS,
        check_seconds: float = CHECK_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        self._writer = writer
        self._jobs = jobs
        self._candidates = candidates
        self._items = items
        self._producer = producer
        self._holder = holder
        self._block = block
        self._look_seconds = look_seconds
        self._lease_seconds = lease_seconds
        self._applied_seconds = applied_seconds
        self._live_seconds = live_seconds
        self._check_seconds = check_seconds
        self._first_pause = first_pause
        self._stopping = asyncio.Event()
        self._pickers: dict[tuple[str, int], Picker] = {}

    async def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Walk campaigns until stopped; wait while MongoDB or Kafka is away."""
        while not self._stopping.is_set():
            pause = self._look_seconds
            try:
                while not self._stopping.is_set() and await self.step():
                    pass
            except StoreUnavailableError as error:
                log.warning("campaigns.store_unavailable", reason=str(error))
                pause = random.uniform(0.5, 2.0)  # noqa: S311 - jitter, not a secret
            await self._wait(pause)

    async def step(self) -> bool:
        """Walk one block of the campaign that waited longest, or check one stop rule. Returns False when none is due.

        Raises StoreUnavailableError, after which the next step takes up the same block: nothing of it is kept here.
        """
        campaign = await self._writer.claim(self._holder, seconds=self._lease_seconds)
        if campaign is None:
            return await self._check_stop_rule()
        if campaign["again"]:
            await self._start_over_when_ended(campaign)
            return True
        block = next(selected(campaign).blocks(self._block, start=campaign["cursor"]), None)
        if block is None:
            await self._finish(campaign)
        else:
            await self._walk(campaign, block)
        return True

    async def _walk(self, campaign: CampaignDocument, block: SeqBlock) -> None:
        picker = await self._picker(campaign)
        placed = await self._placed(campaign, block, picker)
        if placed.withdraws and not campaign["withdrew"] and not await self._writer.note_withdrawals(campaign):
            return
        if placed.requests:
            await self._producer.send_all(placed.requests)
            placed = await self._applied(campaign, block, picker)
        if placed.requests:
            log.warning("campaigns.not_applied", campaign_id=campaign["_id"], records=len(placed.requests))
            longest = min(2.0 ** min(campaign["stalled"], 10), LONGEST_PUT_OFF)
            await self._writer.put_off(campaign, seconds=random.uniform(longest / 2, longest))  # noqa: S311 - jitter
            return
        cursor = block.below_seq
        if await self._writer.advance(campaign, cursor=cursor, counts=placed.counts, queues=placed.queues):
            log.info("campaigns.walked", campaign_id=campaign["_id"], cursor=cursor, **placed.counts)

    async def _applied(self, campaign: CampaignDocument, block: SeqBlock, picker: Picker | None) -> Placed:
        """Wait until nothing of the block is left to send; return the block then, or as it is when that takes too
        long."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._applied_seconds, self._first_pause
        while True:
            await self._wait(pause)
            placed = await self._placed(campaign, block, picker)
            if not placed.requests or loop.time() >= until or self._stopping.is_set():
                return placed
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _placed(self, campaign: CampaignDocument, block: SeqBlock, picker: Picker | None) -> Placed:
        found = AnnotationBlock(await self._candidates.of_block(campaign["jobs"], block))
        asking = AskingCampaign(campaign["_id"], campaign["project_id"], campaign["jobs"], terms_of(campaign))

        def placed() -> Placed:
            picks: Iterable[Pick] = () if picker is None else picker(found)
            return place(asking, found, picks)

        return await asyncio.to_thread(placed)

    async def _picker(self, campaign: CampaignDocument) -> Picker | None:
        """Return what picks the records of this walk; None of a closed campaign, which picks none."""
        if campaign["state"] == CampaignState.CLOSED:
            return None
        key = (campaign["_id"], campaign["run"])
        if (known := self._pickers.get(key)) is not None:
            return known
        strategy = STRATEGIES[campaign["strategy"]]
        scope = await scope_of(campaign, strategy, jobs=self._jobs, candidates=self._candidates)
        parameters = strategy.parameters.model_validate(campaign["parameters"])
        picker = await asyncio.to_thread(strategy.picker, parameters, scope)
        while len(self._pickers) >= KEPT_PICKERS:
            del self._pickers[next(iter(self._pickers))]
        self._pickers[key] = picker
        return picker

    async def _finish(self, campaign: CampaignDocument) -> None:
        if campaign["withdrew"]:
            await self._writer.rewalk_others(campaign)
        again = await self._any_live(campaign)
        if await self._writer.finish(campaign, again=again):
            log.info("campaigns.finished", campaign_id=campaign["_id"], run=campaign["run"], again=again)

    async def _start_over_when_ended(self, campaign: CampaignDocument) -> None:
        """Walk once more when the jobs have ended: annotations were written, by older thresholds, during the walk."""
        if await self._any_live(campaign):
            await self._writer.put_off(campaign, seconds=self._live_seconds, stalled=False)
        else:
            await self._writer.start_over(campaign)

    async def _any_live(self, campaign: CampaignDocument) -> bool:
        found = [await self._jobs.get(job_id) for job_id in campaign["jobs"]]
        return any(JobState(job["state"]).is_live for job in found if job is not None)

    async def _check_stop_rule(self) -> bool:
        campaign = await self._writer.claim_check(every_seconds=self._check_seconds)
        if campaign is None:
            return False
        queue = await self._items.counts_of_campaign(campaign["jobs"], campaign["_id"])
        rule, after = StopRule(campaign["stop"]["rule"]), campaign["stop"]["after"]
        ended = not await self._any_live(campaign)
        asked = campaign["counts"]["asked"]
        if is_due(rule, after, asked=asked, waiting=queue.open, decided=queue.decided, jobs_ended=ended):
            await self._writer.move(campaign["_id"], CampaignMove.CLOSE, reason=_why(rule, after))
            log.info("campaigns.stopped", campaign_id=campaign["_id"], rule=rule.value, decided=queue.decided)
        return True

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


def _why(rule: StopRule, after: int | None) -> str:
    if rule is StopRule.DECIDED:
        return f"Closed by its stop rule: the number of decided records reached {after:,}."
    return "Closed by its stop rule: all its records were decided."
