"""Dry counts: what a campaign would ask for and withdraw, without doing it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

from tandem.jobs.selection import Block as SeqBlock
from tandem.review.campaigns.placing import AskingCampaign, Placed, place
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.review.campaigns.strategy import AnnotationBlock
from tandem.store.annotations.candidates import CandidateReader
from tandem.store.campaigns.documents import CampaignDocument, selected, terms_of
from tandem.store.jobs.reader import JobReader
from tandem_api.resources.campaigns.schemas import CampaignCount
from tandem_api.resources.campaigns.scopes import scope_of

BLOCK = 2000
MOST_BLOCKS = 50
"""Blocks that are read for a count, 100,000 records; of a larger selection so many evenly spaced ones."""


async def count_campaign(campaign: CampaignDocument, *, jobs: JobReader, candidates: CandidateReader) -> CampaignCount:
    """Count what the campaign would do now. Raises StoreUnavailableError."""
    strategy = STRATEGIES[campaign["strategy"]]
    scope = await scope_of(campaign, strategy, jobs=jobs, candidates=candidates)
    picker = await asyncio.to_thread(strategy.picker, strategy.parameters.model_validate(campaign["parameters"]), scope)
    asking = AskingCampaign(campaign["_id"], campaign["project_id"], campaign["jobs"], terms_of(campaign))
    counts: Counter[str] = Counter()
    records = selected_records = 0
    for seqs in _spaced(campaign):
        block = AnnotationBlock(await candidates.of_block(campaign["jobs"], seqs))

        def placed(block: AnnotationBlock = block) -> Placed:
            return place(asking, block, picker(block))

        found = await asyncio.to_thread(placed)
        asks = sum(request.wanted for request in found.requests)
        counts.update(found.counts)
        counts.update({"would_ask": asks, "would_withdraw": len(found.requests) - asks, "picked": asks})
        records += len(block.seqs)
        selected_records += seqs.below_seq - seqs.from_seq if seqs.seqs is None else len(seqs.seqs)
    all_records = len(selected(campaign))
    scale = all_records / selected_records if selected_records else 1.0
    names = ("picked", "would_ask", "would_withdraw", "queued", "waiting", "decided")
    scaled = {name: round(counts[name] * scale) for name in names}
    return CampaignCount(records=records, selected=all_records, exact=selected_records == all_records, **scaled)


def _spaced(campaign: CampaignDocument) -> Iterator[SeqBlock]:
    """Yield the blocks of the campaign's selection; of many, MOST_BLOCKS evenly spaced ones."""
    selection = selected(campaign)
    number = -(-len(selection) // BLOCK)
    for index, block in enumerate(selection.blocks(BLOCK)):
        if number <= MOST_BLOCKS or index * MOST_BLOCKS // number != (index - 1) * MOST_BLOCKS // number:
            yield block
