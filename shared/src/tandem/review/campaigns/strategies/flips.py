"""Flips: labels that are not those of an older job; a share of them, drawn with the campaign's key."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from tandem.events import ReviewReason
from tandem.quality import comparing
from tandem.quality.flips import is_flip
from tandem.review.campaigns.drawing import draw
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class FlipParameters(Parameters):
    jobs: tuple[str] = Field(description="Id of the job with the old labels, over the same data set; exactly one.")
    task: str | None = Field(default=None, description="Only labels of this task; left out: of any.")
    share: float = Field(default=1.0, gt=0, le=1, description="Share of the changed labels that is drawn at random.")

    @property
    def against(self) -> tuple[str, ...]:
        return self.jobs

    @property
    def fixed(self) -> tuple[str, ...]:
        return ("task", "share")  # a sample that was made larger after it was read is not a random one

    def problem(self, scope: CampaignScope) -> tuple[str, str] | None:
        names = [task.name for task in scope.tasks]
        if not names:
            return "jobs", "The jobs have no task in common. Tasks are the same by name and kind."
        if self.task is not None and self.task not in names:
            return "task", f"The jobs have no task {self.task!r} in common; they have {', '.join(names)}."
        return None


def drawn(key: str, share: float, seq: int) -> bool:
    """Return whether the record is in the sample."""
    return draw(key, "audit", seq) < share


def _picker(parameters: FlipParameters, scope: CampaignScope) -> Picker:
    tasks = [task for task in scope.tasks if parameters.task in (None, task.name)]

    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        for seq in block.seqs:
            new, old = block.of(seq)
            flips = any(is_flip(task, comparing.given(old, task), comparing.given(new, task)) for task in tasks)
            if flips and drawn(scope.key, parameters.share, seq):
                yield Pick(seq, ReviewReason.AUDIT, priority=1.0 - draw(scope.key, "order", seq))

    return pick


FLIPS = Strategy(
    name="flips",
    title="Labels that changed from another job's",
    parameters=FlipParameters,
    picker=_picker,
    needs_ended_jobs=True,
)
