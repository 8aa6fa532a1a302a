"""Operations on review campaigns: make, count, show, change and close them."""

from __future__ import annotations

from typing import Any

from tandem.events import thresholds_campaign_id
from tandem.people import Caller
from tandem.review.campaigns.moves import MOVES, CampaignMove, CampaignState
from tandem.review.campaigns.strategies.certificate import CERTIFICATE
from tandem.review.campaigns.strategies.expected_error import ExpectedErrorParameters
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.review.campaigns.strategies.thresholds import THRESHOLDS
from tandem.review.campaigns.strategy import Parameters, Strategy
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.campaigns.documents import CampaignDocument, thresholds_campaign
from tandem.store.campaigns.reader import MOST_CAMPAIGNS, CampaignReader
from tandem.store.campaigns.writer import CampaignWriter
from tandem.store.certificates.reader import CertificateReader
from tandem.store.finding.finder import Finder
from tandem.store.jobs.documents import JobDocument
from tandem.store.jobs.reader import JobReader
from tandem.store.people.reader import PersonReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem.web import Problem, not_found
from tandem.web.scopes import Scopes
from tandem_api.resources.campaigns.correcting import SumsOf, with_correction
from tandem_api.resources.campaigns.counting import count_campaign
from tandem_api.resources.campaigns.people import check_people
from tandem_api.resources.campaigns.schemas import (
    Campaign,
    CampaignCount,
    CampaignCreate,
    CampaignList,
    CampaignStrategy,
    CampaignStrategyList,
    CampaignUpdate,
)
from tandem_api.resources.campaigns.validation import (
    campaign_of,
    check_against_jobs,
    check_fixed,
    checked_parameters,
    strategy_called,
)
from tandem_api.resources.jobs.service import JobService

_CLOSED = "The campaign is closed."


class CampaignService:
    """Campaigns of jobs. All methods raise Problem for what a caller can fix, and StoreUnavailableError when MongoDB is
    away."""

    def __init__(
        self,
        *,
        reader: CampaignReader,
        writer: CampaignWriter,
        jobs: JobService,
        job_reader: JobReader,
        candidates: CandidateReader,
        items: ReviewItemReader,
        people: PersonReader,
        scopes: Scopes,
        finder: Finder,
        sums_of: SumsOf,
        certificates: CertificateReader,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._jobs = jobs
        self._job_reader = job_reader
        self._candidates = candidates
        self._items = items
        self._people = people
        self._scopes = scopes
        self._finder = finder
        self._sums_of = sums_of
        self._certificates = certificates

    async def create(self, job_id: str, body: CampaignCreate, caller: Caller) -> Campaign:
        """Make the campaign, or have the same one walked again. Nothing is asked for twice."""
        if body.strategy == THRESHOLDS.name:
            raise Problem(
                409,
                "already-exists",
                "Every job has a campaign by thresholds.",
                field="strategy",
                cure=f"Change the campaign {thresholds_campaign_id(job_id)}.",
            )
        _refuse_certificate(body.strategy)
        campaign = await self._made(job_id, body, caller)
        await self._refuse_while_certifying(campaign)
        known = await self._reader.of_job(job_id)
        if len(known) >= MOST_CAMPAIGNS and campaign["_id"] not in {each["_id"] for each in known}:
            detail = f"The job has {len(known)} campaigns already."
            raise Problem(409, "too-many-campaigns", detail, cure="Create one of them again, or change it.")
        return await self._shown(await self._writer.place(campaign))

    async def count(self, job_id: str, body: CampaignCreate, caller: Caller) -> CampaignCount:
        """Count what a campaign would do, without making it."""
        campaign = await self._made(job_id, body, caller)
        stored = await self._reader.get(campaign["_id"])
        if stored is not None:  # its draws are made with its own key
            campaign = {**campaign, "key": stored["key"]}
        return await count_campaign(campaign, jobs=self._job_reader, candidates=self._candidates)

    async def get(self, job_id: str, campaign_id: str, caller: Caller) -> Campaign:
        return await self._shown(await self._found(job_id, campaign_id, caller))

    async def change(self, job_id: str, campaign_id: str, body: CampaignUpdate, caller: Caller) -> Campaign:
        """Change the campaign and have it walked again."""
        campaign = await self._found(job_id, campaign_id, caller)
        _refuse_certificate(campaign["strategy"])
        given = body.model_dump(mode="json", exclude_unset=True)
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if "people" in given:
            await check_people(self._people, given["people"], campaign["project_id"])
            changes["people"] = given["people"]
        if (parameters := given.get("parameters")) is not None:
            strategy = strategy_called(campaign["strategy"])
            checked = checked_parameters(strategy, {**campaign["parameters"], **parameters})
            if list(checked.against) != campaign["jobs"][1:]:
                raise Problem(
                    422,
                    "invalid-parameters",
                    "The jobs of a campaign cannot be changed.",
                    field="parameters.jobs",
                    cure="Create another campaign.",
                )
            check_fixed(checked, campaign)
            jobs = [await self._jobs.reachable(each, caller) for each in campaign["jobs"]]
            check_against_jobs(strategy, checked, jobs)
            checked = await self._corrected(checked, jobs[0], caller)
            changes["parameters"] = checked.model_dump(mode="json")
        if not changes:
            return await self._shown(campaign)
        changed = await self._writer.change(campaign_id, changes)
        if changed is None:
            raise Problem(409, "wrong-state", _CLOSED, cure="Open it again first.", state=CampaignState.CLOSED.value)
        return await self._shown(changed)

    async def move(self, job_id: str, campaign_id: str, move: CampaignMove, caller: Caller) -> Campaign:
        """Make a move. Raises a Problem where the state does not allow it."""
        campaign = await self._found(job_id, campaign_id, caller)
        allowed, to = MOVES[move]
        if campaign["state"] == to:
            return await self._shown(campaign)
        if move is CampaignMove.CLOSE or campaign["state"] == CampaignState.CLOSED:
            _refuse_certificate(campaign["strategy"])
        if move is CampaignMove.OPEN and campaign["strategy"] != CERTIFICATE.name:
            await self._refuse_while_certifying(campaign)
        words = {CampaignMove.PAUSE: "Paused", CampaignMove.OPEN: None, CampaignMove.CLOSE: "Closed"}[move]
        moved = await self._writer.move(campaign_id, move, reason=words and f"{words} by {caller.name}.")
        if moved is None:
            state = (await self._found(job_id, campaign_id, caller))["state"]
            detail = f"The campaign is {state}; this is possible only while it is {' or '.join(sorted(allowed))}."
            raise Problem(409, "wrong-state", detail, cure="Read the campaign's state.", state=state)
        return await self._shown(moved)

    def strategies(self) -> CampaignStrategyList:
        return CampaignStrategyList(
            items=[
                CampaignStrategy(
                    name=strategy.name,
                    title=strategy.title,
                    needs_ended_jobs=strategy.needs_ended_jobs,
                    parameters=strategy.parameters.model_json_schema(),
                )
                for strategy in STRATEGIES.values()
                if strategy is not CERTIFICATE  # a certificate alone makes such a campaign
            ]
        )

    async def _refuse_while_certifying(self, campaign: CampaignDocument) -> None:
        """Raise a Problem where a certificate is open: the campaign would show its readers labels."""
        if (certificate_id := await self._certificates.live_of(campaign["jobs"])) is not None:
            raise Problem(
                409,
                "certificate-open",
                f"A certificate of the job has not ended: {certificate_id}. Its labels are seen by nobody until then.",
                field="strategy",
                cure="Wait until it has ended, or abandon it.",
            )

    async def _made(self, job_id: str, body: CampaignCreate, caller: Caller) -> CampaignDocument:
        strategy = strategy_called(body.strategy)
        parameters: Parameters
        job = await self._jobs.reachable(job_id, caller)
        given = body.parameters
        if strategy is THRESHOLDS:
            given = {**job["published"]["review_policy"], **given}
        parameters = checked_parameters(strategy, given)
        jobs = await self._all_jobs(job, strategy, parameters, caller)
        parameters = await self._corrected(parameters, job, caller)
        await check_people(self._people, body.people, job["project_id"])
        found = None
        if body.selection is not None and body.selection.where is not None:
            scope = await self._scopes.of_job(job, body.selection.where, caller, field="selection.where")
            found = await self._finder.select(scope)
        return campaign_of(body, strategy, parameters, jobs, caller, found=found)

    async def _corrected(self, parameters: Parameters, job: JobDocument, caller: Caller) -> Parameters:
        """Return the parameters with the correction of confidence that they pick by, where they pick by one."""
        if not isinstance(parameters, ExpectedErrorParameters):
            return parameters
        other = parameters.calibrated_by
        source = job if other in (None, job["_id"]) else await self._jobs.reachable(str(other), caller)
        return await with_correction(parameters, job, source, self._sums_of)

    async def _all_jobs(
        self, job: JobDocument, strategy: Strategy, parameters: Parameters, caller: Caller
    ) -> list[JobDocument]:
        """Return the job and the others that the strategy reads. Raises a Problem where they do not fit together."""
        others = parameters.against
        if len(set(others) | {job["_id"]}) != len(others) + 1:
            raise Problem(
                422, "not-comparable", "A job is named twice.", field="parameters.jobs", cure="Name each job once."
            )
        jobs = [job, *[await self._jobs.reachable(each, caller) for each in others]]
        if len({(each["project_id"], each["dataset_id"]) for each in jobs}) > 1:
            detail = "The jobs run over different data sets."
            raise Problem(422, "not-comparable", detail, field="parameters.jobs", cure="Name jobs over one data set.")
        check_against_jobs(strategy, parameters, jobs)
        return jobs

    async def _found(self, job_id: str, campaign_id: str, caller: Caller) -> CampaignDocument:
        job = await self._jobs.reachable(job_id, caller)
        campaign = await self._reader.get(campaign_id)
        if campaign is None and campaign_id == thresholds_campaign_id(job_id):
            campaign = await self._writer.ensure(thresholds_campaign(job))  # the job was made by an older version
        if campaign is None or job_id not in campaign["jobs"] or not caller.reaches(campaign["project_id"]):
            raise not_found("campaign", campaign_id)
        return campaign

    async def _shown(self, campaign: CampaignDocument, names: dict[str, str] | None = None) -> Campaign:
        if names is None:
            names = await self._people.names([campaign.get("created_by_id")])
        queue = await self._items.counts_of_campaign(campaign["jobs"], campaign["_id"])
        created_by = names.get(campaign.get("created_by_id", ""), campaign["created_by"])
        return Campaign.shown(campaign, queue, created_by)

    async def list(self, job_id: str, caller: Caller) -> CampaignList:
        job = await self._jobs.reachable(job_id, caller)
        found = await self._reader.of_job(job_id)
        if thresholds_campaign_id(job_id) not in {campaign["_id"] for campaign in found}:
            found.insert(0, thresholds_campaign(job))  # the job was made by an older version
        names = await self._people.names(campaign.get("created_by_id") for campaign in found)
        return CampaignList(items=[await self._shown(campaign, names) for campaign in found])


def _refuse_certificate(strategy: str) -> None:
    """Raise a Problem for the campaign of a certificate, which the certificate alone changes."""
    if strategy == CERTIFICATE.name:
        raise Problem(
            409,
            "of-a-certificate",
            "A certificate makes and changes this campaign.",
            field="strategy",
            cure="Open, close or abandon the certificate: /jobs/{id}/certificates, `tandem certificate`.",
        )
