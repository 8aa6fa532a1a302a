"""Compares an old and a new job over the same records: what changes, and what is wrong afterwards at most."""

from __future__ import annotations

import asyncio
from functools import partial

from pydantic import TypeAdapter

from tandem.events.schema import LabelTask
from tandem.people import Caller
from tandem.quality.flips import Draw, Flips, find_flips
from tandem.review.campaigns.strategies.flips import FLIPS, drawn
from tandem.store.annotations.ended import EndedReader, Fingerprint
from tandem.store.campaigns.documents import CampaignDocument
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.database import utcnow
from tandem.store.records.reader import RecordReader
from tandem.web import Problem
from tandem_api.analysis.comparisons.service import KEPT
from tandem_api.analysis.comparisons.subject import ComparedJobs, subject_of
from tandem_api.analysis.flips.schemas import FlipReport
from tandem_api.analysis.flips.views import report_of
from tandem_api.analysis.summaries import BLOCK, Summaries, SumsKind, WantedSums
from tandem_api.resources.jobs.service import JobService

VERSION = 1
"""Version of the sums: sums kept by another version are computed again."""

_KIND = SumsKind(VERSION, TypeAdapter(Flips), KEPT)


class FlipService:
    """Reports of flips. All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is
    away."""

    def __init__(
        self,
        *,
        annotations: EndedReader,
        records: RecordReader,
        campaigns: CampaignReader,
        summaries: Summaries,
        jobs: JobService,
    ) -> None:
        self._annotations = annotations
        self._records = records
        self._campaigns = campaigns
        self._summaries = summaries
        self._jobs = jobs

    async def report(
        self,
        old_id: str,
        new_id: str,
        caller: Caller,
        *,
        task: str | None,
        campaign_id: str | None,
        old_missed: int | None,
        alpha: float,
    ) -> FlipReport:
        subject = await subject_of(self._jobs, (old_id, new_id), caller, field="new")
        chosen = subject.task(task)
        campaign = None if campaign_id is None else await self._campaign(subject, campaign_id, chosen)
        key = "|".join(("flips", *subject.job_ids, *([campaign["_id"]] if campaign else [])))
        progress = await self._summaries.sums(key, partial(self._wanted, subject, key, campaign))
        costs = await asyncio.gather(*(self._jobs.cost_of(job) for job in subject.jobs))
        return report_of(
            subject,
            chosen,
            progress.sums.tasks[chosen.name],
            costs=[cost.total.amount for cost in costs],
            ended=[(await self._jobs.ended(job)).ended for job in subject.jobs],
            campaign=campaign,
            old_missed=old_missed,
            alpha=alpha,
            share_made=progress.share,
            now=utcnow(),
        )

    async def _campaign(self, subject: ComparedJobs, campaign_id: str, task: LabelTask) -> CampaignDocument:
        """Return the campaign whose draw is the sample. Raises a Problem where it samples something else."""
        old, new = subject.job_ids
        campaign = await self._campaigns.get(campaign_id)
        if campaign is None or campaign["jobs"][0] != new:
            raise Problem(
                404,
                "not-found",
                f"The new job has no campaign {campaign_id!r}.",
                field="campaign",
                cure="GET /api/v1/jobs/{job_id}/campaigns lists those of a job.",
            )
        fits = campaign["strategy"] == FLIPS.name and campaign["jobs"] == [new, old]
        if not fits or campaign["parameters"]["task"] not in (None, task.name):
            raise Problem(
                422,
                "not-comparable",
                f"The campaign does not sample what changed from the old job on the task {task.name!r}.",
                field="campaign",
                cure=f'Create one of the new job: strategy "flips", parameters {{"jobs": ["{old}"]}}, blind_share 1.',
            )
        return campaign

    async def _wanted(self, subject: ComparedJobs, key: str, campaign: CampaignDocument | None) -> WantedSums[Flips]:
        of_jobs = [await self._annotations.fingerprints(job_id, BLOCK) for job_id in subject.job_ids]
        first, last = subject.selection.from_seq // BLOCK, (subject.selection.below_seq - 1) // BLOCK
        blocks = sorted({block for of_job in of_jobs for block in of_job if first <= block <= last})
        nothing = Fingerprint()
        draw = None if campaign is None else draw_of(campaign)

        async def make(block: int) -> Flips:
            stretch = subject.selection.between(block * BLOCK, (block + 1) * BLOCK)
            ended = await self._annotations.ended(subject.job_ids, stretch)
            gold = await self._records.gold(subject.dataset_id, stretch)
            old, new = (ended[job_id] for job_id in subject.job_ids)
            return await asyncio.to_thread(find_flips, old, new, gold, subject.tasks, draw)

        return WantedSums(
            key,
            _KIND,
            {block: tuple(n for of_job in of_jobs for n in of_job.get(block, nothing)) for block in blocks},
            lambda: find_flips({}, {}, {}, subject.tasks),
            make,
        )


def draw_of(campaign: CampaignDocument) -> Draw:
    """Return the campaign's sample."""
    return Draw(partial(drawn, campaign["key"], campaign["parameters"]["share"]), campaign["created_at"])
