"""Thresholds: the labels that a model is unsure of, task by task, by the review policy of the job (ADR 0016).

The postprocessor applies the same rule to each annotation as it writes it; a walk applies it again when the thresholds
change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tandem.events import Outcome, ReviewPolicy, TaskLabel
from tandem.labeling.review import review_of
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Parameters, Pick, Picker, Strategy


class ThresholdParameters(ReviewPolicy, Parameters):
    """The review policy of a job."""

    def problem(self, scope: CampaignScope) -> tuple[str, str] | None:
        names = {task.name for schema in scope.schemas for task in schema.tasks}
        for name in self.tasks:
            if name not in names:
                return f"tasks.{name}", f"The label schema has no task {name!r}; it has {', '.join(sorted(names))}."
        return None


def picked(
    policy: ReviewPolicy, seq: int, outcome: Outcome, labels: Sequence[TaskLabel], tasks: Sequence[str] = ()
) -> Pick | None:
    """Return the pick of one annotation, None when nobody needs to see it. `tasks`: the names of the schema's."""
    review = review_of(policy, outcome, labels, tasks)
    return None if review.reason is None else Pick(seq, review.reason, review.causes, review.priority)


def _picker(policy: ThresholdParameters, scope: CampaignScope) -> Picker:
    tasks = [task.name for task in scope.schemas[0].tasks] if scope.schemas else []

    def pick(block: AnnotationBlock) -> Iterable[Pick]:
        (job,) = block.jobs
        for seq, each in sorted(job.items()):
            labels = tuple(TaskLabel.model_validate(label) for label in each["labels"])
            if (found := picked(policy, seq, Outcome(each["outcome"]), labels, tasks)) is not None:
                yield found

    return pick


THRESHOLDS = Strategy(
    name="thresholds",
    title="Labels below a confidence",
    parameters=ThresholdParameters,
    picker=_picker,
    needs_ended_jobs=False,
)
