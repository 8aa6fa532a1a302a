"""Random audit: a number of labeled records, drawn uniformly with the campaign's key."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from pydantic import Field

from tandem.events import ReviewReason
from tandem.review.campaigns.drawing import draw
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class RandomAuditParameters(Parameters):
    records: int = Field(ge=1, le=1_000_000, description="Number of labeled records to draw; all where there are less.")


def _picker(parameters: RandomAuditParameters, scope: CampaignScope) -> Picker:
    drawn = dict.fromkeys(heapq.nsmallest(parameters.records, scope.labeled, key=lambda seq: _rank(scope, seq)))

    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        (job,) = block.jobs
        for seq in sorted(job):
            if seq in drawn:
                yield Pick(seq, ReviewReason.AUDIT, priority=1.0 - _rank(scope, seq))

    return pick


def _rank(scope: CampaignScope, seq: int) -> float:
    return draw(scope.key, "audit", seq)


RANDOM_AUDIT = Strategy(
    name="random_audit",
    title="Records drawn at random",
    parameters=RandomAuditParameters,
    picker=_picker,
    needs_ended_jobs=True,
    needs_labeled=True,
)
