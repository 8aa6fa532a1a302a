"""Stream audit: a share of the labels, drawn by the campaign's key as they come, for the drift guard of their agent."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from tandem.events import Outcome, ReviewReason
from tandem.review.campaigns.drawing import draw
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class StreamAuditParameters(Parameters):
    share: float = Field(gt=0, le=1, description="Share of the labeled records that is drawn.")
    accepted_error: float = Field(
        gt=0, lt=1, description="Share of wrong labels that is accepted; the drift guard tells when it is exceeded."
    )


def _picker(parameters: StreamAuditParameters, scope: CampaignScope) -> Picker:
    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        (job,) = block.jobs
        for seq, each in sorted(job.items()):
            if each["outcome"] == Outcome.LABELED and draw(scope.key, "audit", seq) < parameters.share:
                yield Pick(seq, ReviewReason.AUDIT, priority=1.0 - draw(scope.key, "order", seq))

    return pick


STREAM_AUDIT = Strategy(
    name="stream_audit",
    title="A share of the labels as they come",
    parameters=StreamAuditParameters,
    picker=_picker,
    needs_ended_jobs=False,
)
