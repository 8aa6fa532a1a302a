"""Measures on the wire that reports and comparisons share, and how they are computed from sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self, assert_never

from pydantic import Field

from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, SpanTask, TextTask, options_of
from tandem.events.schema import LabelTask
from tandem.quality.agreement import cohen_kappa, gwet_ac1, largest_share
from tandem.quality.calibration import ReliabilitySums
from tandem.quality.intervals import wilson
from tandem.quality.scoring import Confusion, LabelScore, Scores, macro_f1
from tandem.quality.sketches import Quantiles
from tandem_api.views import View


class Latency(View):
    """Seconds from the first call for a record to its answer. Quantiles are right to within 1 % of their value."""

    count: int
    mean: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None

    @classmethod
    def made_of(cls, seconds: Quantiles) -> Self:
        quantiles = {f"p{percent}": seconds.at(percent / 100) for percent in (50, 90, 95, 99)}
        return cls(count=seconds.count, mean=seconds.mean(), **quantiles)


class LabelQuality(View):
    """Precision, recall and F1 of one label."""

    label: str
    precision: float
    recall: float
    f1: float
    wanted: int = Field(description="Number of records where it is right; the support.")
    given: int

    @classmethod
    def made_of(cls, label: str, score: LabelScore) -> Self:
        return cls(
            label=label,
            precision=score.precision,
            recall=score.recall,
            f1=score.f1,
            wanted=score.wanted,
            given=score.given,
        )


class ConfusionMatrix(View):
    """Sparse: only the cells that are not 0."""

    labels: list[str] = Field(description="Labels of the task, in its order, then others that occur.")
    cells: list[tuple[int, int, int]] = Field(
        description="Index of the true (or first agent's) label, of the one given, and how many records."
    )

    @classmethod
    def made_of(cls, task: LabelTask, confusion: Confusion) -> Self:
        seen = [label for truth, row in confusion.items() for label in (truth, *row)]
        labels = list(dict.fromkeys([*(option.value for option in options_of(task)), *sorted(seen)]))
        at = {label: index for index, label in enumerate(labels)}
        cells = [(at[truth], at[label], count) for truth, row in confusion.items() for label, count in row.items()]
        return cls(labels=labels, cells=sorted(cells))


class ReliabilityBin(View):
    """Labels whose confidence lies in [lower, upper); the last bin holds 1 too."""

    lower: float
    upper: float
    count: int
    confidence: float | None = Field(description="The mean; null where there are none.")
    accuracy: float | None


class Reliability(View):
    """A reliability diagram: of the labels with confidence 0.8, are eight in ten right?"""

    bins: list[ReliabilityBin]
    count: int
    error: float | None = Field(description="Expected calibration error; null without labels that have a confidence.")

    @classmethod
    def made_of(cls, sums: ReliabilitySums) -> Self:
        calibration = sums.calibration()
        return cls(
            bins=[ReliabilityBin.model_validate(each, from_attributes=True) for each in calibration.bins],
            count=calibration.count,
            error=calibration.error,
        )


class Evaluation(View):
    """Labels against values known to be right. What does not concern the kind of task is null."""

    known: int = Field(description="Records that ended and whose right value is known.")
    compared: int = Field(description="The part of them with a label; all shares are of these.")
    right: int
    accuracy: float | None = Field(description="Share that is right: sets and spans as a whole, numbers to the step.")
    accuracy_low: float | None = Field(description="Lower end of its 95 % interval (Wilson).")
    accuracy_high: float | None
    macro_f1: float | None = Field(default=None, description="Mean over the labels: choices and spans.")
    micro_f1: float | None = Field(default=None, description="All labels, or spans that are equal, in one.")
    kappa: float | None = Field(default=None, description="Cohen's, single choice; null when chance alone agrees.")
    ac1: float | None = Field(
        default=None, description="Gwet's, single choice; read it in place of kappa where one label dominates."
    )
    largest_share: float | None = Field(
        default=None, description="Share of the most frequent label, of both sides together; single choice."
    )
    labels: list[LabelQuality] = Field(default=[], description="Choices and spans.")
    confusion: ConfusionMatrix | None = Field(default=None, description="Single choice.")
    mean_jaccard: float | None = Field(default=None, description="Multiple choice and spans.")
    overlap_f1: float | None = Field(
        default=None, description="Spans: one that shares a character with one of its label counts as found."
    )
    mean_error: float | None = Field(default=None, description="Numbers: given less true.")
    mean_absolute_error: float | None = None
    root_mean_squared_error: float | None = None
    within_step: float | None = Field(default=None, description="Share at most one step away, where there are steps.")
    accuracy_normalized: float | None = Field(
        default=None, description="Texts: without regard to case, white space and unicode form."
    )
    reliability: Reliability

    @classmethod
    def made_of(cls, task: LabelTask, scores: Scores) -> Self | None:
        """Build the evaluation from the scores; None where no right value is known."""
        if not scores.known:
            return None
        low, high = wilson(scores.right, scores.compared) or (None, None)
        return cls(
            known=scores.known,
            compared=scores.compared,
            right=scores.right,
            accuracy=share(scores.right, scores.compared),
            accuracy_low=low,
            accuracy_high=high,
            reliability=Reliability.made_of(scores.reliability),
            **agreement_of(task, scores),
        )


def agreement_of(task: LabelTask, scores: Scores) -> dict[str, Any]:
    """Return the agreement measures that apply to the kind of task."""
    by_label = scores.label_scores()
    labels = [LabelQuality.made_of(label, score) for label, score in in_order(task, by_label)]
    match task:
        case SingleChoiceTask():
            return {
                "macro_f1": macro_f1(by_label.values()),
                "micro_f1": share(scores.right, scores.compared),
                "kappa": cohen_kappa(scores.confusion),
                "ac1": gwet_ac1(scores.confusion, len(options_of(task))),
                "largest_share": largest_share(scores.confusion),
                "labels": labels,
                "confusion": ConfusionMatrix.made_of(task, scores.confusion),
            }
        case MultipleChoiceTask() | SpanTask():
            micro = scores.matches.micro()
            return {
                "macro_f1": macro_f1(by_label.values()),
                "micro_f1": micro.f1 if micro.wanted + micro.given else None,
                "labels": labels,
                "mean_jaccard": scores.jaccard / scores.compared if scores.compared else None,
                "overlap_f1": scores.overlap_f1() if task.traits.lies_in_record else None,
            }
        case NumberTask():
            return {
                "mean_error": scores.errors / scores.compared if scores.compared else None,
                "mean_absolute_error": scores.mean_absolute_error(),
                "root_mean_squared_error": scores.root_mean_squared_error(),
                "within_step": share(scores.within_step, scores.compared) if task.step else None,
            }
        case TextTask():
            return {"accuracy_normalized": share(scores.right_normalized, scores.compared)}
        case _:
            assert_never(task)


def in_order(task: LabelTask, by_label: Mapping[str, LabelScore]) -> Iterable[tuple[str, LabelScore]]:
    """Order the scores as the labels of the task, then the others."""
    known = [option.value for option in options_of(task) if option.value in by_label]
    return [(label, by_label[label]) for label in dict.fromkeys([*known, *by_label])]


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
