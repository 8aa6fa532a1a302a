"""Disagreement: the records to which jobs gave different labels; confident contradictions come first (ADR 0017)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from tandem.events import ReviewCause, ReviewReason
from tandem.events.schema import LabelTask
from tandem.quality import comparing
from tandem.review.campaigns.strategy import (
    AnnotationBlock,
    CampaignScope,
    Candidate,
    Parameters,
    Pick,
    Picker,
    Strategy,
)


class DisagreementParameters(Parameters):
    jobs: tuple[str, ...] = Field(
        min_length=1,
        max_length=7,
        description="Ids of the other jobs, over the same data set. A record goes into the queue of the first of all "
        "jobs that has an annotation of it.",
    )
    task: str | None = Field(default=None, description="Only where they differ on this task; left out: on any.")
    min_confidence: float | None = Field(
        default=None, ge=0, le=1, description="Only where every agent is at least so sure of its label."
    )

    @property
    def against(self) -> tuple[str, ...]:
        return self.jobs

    def problem(self, scope: CampaignScope) -> tuple[str, str] | None:
        names = [task.name for task in scope.tasks]
        if not names:
            return "jobs", "The jobs have no task in common. Tasks are the same by name and kind."
        if self.task is not None and self.task not in names:
            return "task", f"The jobs have no task {self.task!r} in common; they have {', '.join(names)}."
        return None


def _picker(parameters: DisagreementParameters, scope: CampaignScope) -> Picker:
    tasks = [task for task in scope.tasks if parameters.task in (None, task.name)]

    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        for seq in block.seqs:
            if differing := _differing(tasks, block.of(seq), parameters.min_confidence):
                causes = tuple(ReviewCause(task=task, reason=ReviewReason.DISAGREEMENT) for task in differing)
                yield Pick(seq, ReviewReason.DISAGREEMENT, causes, max(differing.values()))

    return pick


def _differing(
    tasks: Sequence[LabelTask], of_record: Sequence[Candidate | None], min_confidence: float | None
) -> Mapping[str, float]:
    """Return the tasks that the agents differ on, with the value of a person's review for each."""
    found = {}
    for task in tasks:
        said = [comparing.given(each, task) for each in of_record]
        if comparing.differ(task, said) and (min_confidence is None or _are_sure(said, min_confidence)):
            found[task.name] = comparing.usefulness(said)
    return found


def _are_sure(said: Sequence[comparing.Given | None], least: float) -> bool:
    return all(each.confidence is not None and each.confidence >= least for each in said if each is not None)


DISAGREEMENT = Strategy(
    name="disagreement",
    title="Records on which jobs differ",
    parameters=DisagreementParameters,
    picker=_picker,
    needs_ended_jobs=True,
)
