"""Chosen: every record of the campaign's selection, because somebody chose them, e.g. in the table of a job."""

from __future__ import annotations

from collections.abc import Iterable

from tandem.events import ReviewReason
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class ChosenParameters(Parameters):
    """None: the selection of the campaign says which records."""


def _picker(_parameters: ChosenParameters, _scope: CampaignScope) -> Picker:
    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        (job,) = block.jobs
        for seq, each in sorted(job.items()):
            known = [label["confidence"] for label in each["labels"] if label.get("confidence") is not None]
            yield Pick(seq, ReviewReason.CHOSEN, priority=1.0 - min(known, default=0.0))

    return pick


CHOSEN = Strategy(
    name="chosen",
    title="Records that somebody chose",
    parameters=ChosenParameters,
    picker=_picker,
    needs_ended_jobs=False,
)
