"""Simulate how many reads it takes to certify the labels of a data set whose right labels are known."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tandem.quality.certificates.comparing_methods import pac_labels, threshold_review, uniform_audit
from tandem.quality.certificates.course import Course, Phase, simple_order
from tandem.quality.certificates.label_groups import label_groups
from tandem.quality.certificates.opening import tolerated_of

TANDEM, THRESHOLD, UNIFORM, PAC = "tandem", "threshold review", "uniform audit", "pac labels"


@dataclass(frozen=True)
class KnownLabels:
    """Labels of a model beside the right ones.

    `wrong`: whether each label is wrong; `risks`: its stated probability of being wrong, None where unknown;
    `groups`: the number of each record's label group.
    """

    wrong: Sequence[bool]
    risks: Sequence[float | None]
    groups: Sequence[int]

    @classmethod
    def of(cls, gold: Sequence[str], pred: Sequence[str], confidence: Sequence[float | None]) -> KnownLabels:
        """Compare `pred` with `gold`, both as text; `confidence` is the probability that `pred` is right."""
        return cls(
            [one != other for one, other in zip(gold, pred, strict=True)],
            [None if sure is None else 1 - sure for sure in confidence],
            label_groups(pred),
        )


@dataclass
class MethodRuns:
    """The runs of one method: reads of each run, how many ended certified, and how many with too many missed."""

    looks: list[int] = field(default_factory=list)
    certified: int = 0
    false: int = 0

    def percentile(self, share: float) -> int:
        """Return the reads that `share` of the runs needed at most (the nearest rank)."""
        ordered = sorted(self.looks)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    @property
    def mean(self) -> float:
        return sum(self.looks) / len(self.looks)


def run_course(
    labels: KnownLabels, *, tolerated: int, alpha: float, keys: Sequence[int], ties: Sequence[int]
) -> Course:
    """Return the closed course of a claim, with every read answered by the right label."""
    course = Course(labels.risks, labels.groups, simple_order(len(keys), keys), ties, tolerated=tolerated, alpha=alpha)
    course.advance()
    while course.phase is not Phase.CLOSED:
        for place in course.wanted():
            course.decide(place, wrong=labels.wrong[place])
        course.advance()
    return course


def simulate(
    labels: KnownLabels,
    *,
    error: float,
    alpha: float,
    runs: int,
    seed: int,
    after_run: Callable[[], None] = lambda: None,
) -> dict[str, MethodRuns]:
    """Run each method `runs` times; run r is a function of (`seed`, r) alone.

    `error`: the share that may be missed; `alpha`: the probability that the claim may be false.
    """
    size = len(labels.wrong)
    tolerated = tolerated_of(error, size)
    certain = [1.0 if risk is None else risk for risk in labels.risks]
    found = {name: MethodRuns() for name in (TANDEM, THRESHOLD, UNIFORM, PAC)}
    for run in range(runs):
        random_ = random.Random(f"{seed}/{run}")  # noqa: S311 - a simulation, repeatable by its seed
        keys = random_.sample(range(size), size)
        ties = random_.sample(range(size), size)
        course = run_course(labels, tolerated=tolerated, alpha=alpha, keys=keys, ties=ties)
        _add(found[TANDEM], labels, course.read, True, tolerated)
        _add(found[THRESHOLD], labels, *threshold_review(certain, labels.wrong, error, random_), tolerated)
        order = simple_order(size, keys)
        _add(found[UNIFORM], labels, *uniform_audit(labels.wrong, tolerated, alpha, order), tolerated)
        _add(found[PAC], labels, *pac_labels(certain, labels.wrong, error, alpha, random_), tolerated)
        after_run()
    return found


def _add(runs: MethodRuns, labels: KnownLabels, read: set[int], certified: bool, tolerated: int) -> None:
    runs.looks.append(len(read))
    runs.certified += certified
    runs.false += sum(labels.wrong) - sum(labels.wrong[i] for i in read) > tolerated
