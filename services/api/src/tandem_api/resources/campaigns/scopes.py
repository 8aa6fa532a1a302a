"""Scope of a campaign: what its strategy knows beside the annotations of a block."""

from __future__ import annotations

from tandem.events import LabelSchemaSpec
from tandem.review.campaigns.strategy import CampaignScope, Strategy
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.campaigns.documents import CampaignDocument, selected
from tandem.store.jobs.reader import JobReader


async def scope_of(
    campaign: CampaignDocument, strategy: Strategy, *, jobs: JobReader, candidates: CandidateReader
) -> CampaignScope:
    """Read what the strategy needs. Raises StoreUnavailableError."""
    found = [await jobs.get(job_id) for job_id in campaign["jobs"]]
    schemas = [LabelSchemaSpec.model_validate(job["published"]["label_schema"]) for job in found if job is not None]
    labeled = await candidates.labeled(campaign["jobs"][0], selected(campaign)) if strategy.needs_labeled else ()
    return CampaignScope(jobs=tuple(campaign["jobs"]), schemas=tuple(schemas), key=campaign["key"], labeled=labeled)
