"""Operations on orders of review: each is a disagreement campaign."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.people import Caller
from tandem.review.campaigns.strategies.disagreement import DISAGREEMENT, DisagreementParameters
from tandem.store.campaigns.documents import CampaignDocument, disagreement_id
from tandem.store.campaigns.reader import CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.people.reader import PersonReader
from tandem.web import not_found
from tandem_api.analysis.comparisons.subject import subject_of
from tandem_api.resources.campaigns.schemas import CampaignCreate
from tandem_api.resources.campaigns.validation import campaign_of, check_ended
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.review_orders.schemas import ReviewOrder, ReviewOrderCreate, ReviewOrderList


class ReviewOrderService:
    def __init__(
        self, *, reader: CampaignReader, writer: CampaignWriter, jobs: JobService, people: PersonReader
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._people = people

    async def place(self, body: ReviewOrderCreate, caller: Caller) -> ReviewOrder:
        """Make the campaign. The same order placed again finds what is new, and sends nothing twice."""
        subject = await subject_of(self._jobs, body.jobs, caller, field="jobs")
        check_ended(subject.jobs)
        if body.task is not None:
            subject.task(body.task)
        others = subject.job_ids[1:]
        parameters = DisagreementParameters(jobs=others, task=body.task, min_confidence=body.min_confidence)
        request = CampaignCreate(strategy=DISAGREEMENT.name, parameters=parameters.model_dump(mode="json"))
        campaign = campaign_of(request, DISAGREEMENT, parameters, subject.jobs, caller)
        return await self._shown(await self._writer.place(campaign))

    async def find(
        self, job_ids: Sequence[str], caller: Caller, *, task: str | None, min_confidence: float | None
    ) -> ReviewOrderList:
        subject = await subject_of(self._jobs, job_ids, caller)
        campaign = await self._reader.get(disagreement_id(subject.job_ids, task, min_confidence))
        return ReviewOrderList(items=[] if campaign is None else [await self._shown(campaign)])

    async def get(self, order_id: str, caller: Caller) -> ReviewOrder:
        campaign = await self._reader.get(order_id)
        if campaign is None or campaign["strategy"] != DISAGREEMENT.name or not caller.reaches(campaign["project_id"]):
            raise not_found("order of review", order_id)
        return await self._shown(campaign)

    async def _shown(self, campaign: CampaignDocument) -> ReviewOrder:
        name = await self._people.name(campaign.get("created_by_id"), campaign["created_by"])
        return ReviewOrder.shown(campaign, name)
