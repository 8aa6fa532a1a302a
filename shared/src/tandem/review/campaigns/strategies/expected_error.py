"""Expected error: the riskiest labels, until at most a given share of those that nobody reads is expected to be wrong.

The risk is the confidence (or another score) corrected by blind decisions; see `tandem.quality.corrected`. The api
writes the correction into the parameters when the campaign is made or changed, so a walk is the same each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from tandem.events import ReviewCause, ReviewReason
from tandem.events.schema import LabelTask
from tandem.quality.corrected import OTHER, Correction, binned, scores_of
from tandem.review.campaigns.strategy import (
    AnnotationBlock,
    CampaignScope,
    Candidate,
    Parameters,
    Pick,
    Picker,
    Strategy,
)


class UsedCorrection(BaseModel):
    """Correction of confidence that a campaign picks by, and where it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: str
    intercept: float
    slope: float
    labels: Mapping[str, float]
    cutoff: float = Field(description="Labels with a higher corrected risk are picked.")
    job_id: str = Field(description="The job whose blind decisions it was fitted to.")
    agent_id: str
    decisions: int
    fitted_at: datetime
    expected_wrong: float = Field(description="Wrong labels to expect among those that are not picked.")
    kept: int = Field(description="Labels that are not picked.")

    @property
    def correction(self) -> Correction:
        return Correction(self.score, self.intercept, self.slope, self.labels)


class ExpectedErrorParameters(Parameters):
    error: float = Field(gt=0, lt=1, description="Share of the labels that nobody reads that may be expected wrong.")
    task: str | None = Field(default=None, description="May be left out when the label schema has one task.")
    calibrated_by: str | None = Field(
        default=None,
        description="Id of a job of the same agent with enough blind decisions; left out: the job itself.",
    )
    used: UsedCorrection | None = Field(default=None, description="Written by the server; what is given is replaced.")

    def problem(self, scope: CampaignScope) -> tuple[str, str] | None:
        names = [task.name for task in scope.tasks]
        if self.task is None and len(names) > 1:
            return "task", f"The label schema has several tasks: {', '.join(names)}."
        if self.task is not None and self.task not in names:
            return "task", f"The label schema has no task {self.task!r}; it has {', '.join(names)}."
        return None


def _picker(parameters: ExpectedErrorParameters, scope: CampaignScope) -> Picker:
    task = next(task for task in scope.tasks if parameters.task in (None, task.name))
    causes = (ReviewCause(task=task.name, reason=ReviewReason.LOW_CONFIDENCE),)

    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        (job,) = block.jobs
        if (used := parameters.used) is None:
            return
        for seq, each in sorted(job.items()):
            risk = _risk(used, task, each)
            if risk is not None and risk > used.cutoff:
                yield Pick(seq, ReviewReason.LOW_CONFIDENCE, causes, risk)

    return pick


def _risk(used: UsedCorrection, task: LabelTask, each: Candidate) -> float | None:
    """Return the corrected risk of a label, None where there is no label.

    1 without the score: nothing is known of the label, so a person reads it.
    """
    for label in each["labels"]:
        if label["task"] == task.name:
            x, value = scores_of(task, label).get(used.score), label["value"]
            return 1.0 if x is None else used.correction.risk(value if isinstance(value, str) else OTHER, binned(x))
    return None


EXPECTED_ERROR = Strategy(
    name="expected_error",
    title="Riskiest labels, down to an expected error",
    parameters=ExpectedErrorParameters,
    picker=_picker,
    needs_ended_jobs=True,
)
