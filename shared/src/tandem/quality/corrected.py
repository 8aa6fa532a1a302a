"""Correction of confidence by what people decided blind: per task and label, cross-fitted, chosen among scores.

A *score* is what an annotation says of how sure its label is: the confidence, the margin to the second label, the
entropy over the options. Each becomes x, log-odds of being wrong. The correction is the logistic regression of
`tandem.quality.certificates.risk`, a + b·x + c[label], with priors that keep it near the stated confidence while there
are few decisions. Cross-fitting chooses the score: each decision is judged by a fit that did not see it. Decisions of
people who saw the label first are not used at all: they keep too many wrong labels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tandem.events.schema import LabelTask, options_of
from tandem.quality.additive import Additive
from tandem.quality.calibration import ReliabilitySums
from tandem.quality.certificates.risk import Cell, RiskFit, fit_risk, log_odds, share
from tandem.quality.sketches import stable_hash

FOLDS = 5
BIN_WIDTH = 0.25
"""Log-odds; scores within a bin count as equal."""
LEAST_DECISIONS = 50
LEAST_OF_EACH = 5
"""Right and wrong labels; with fewer decisions, or fewer of either, confidence is not corrected."""
LEAST_OF_LABEL = 20
"""Decisions on a label that has a coefficient of its own; all rarer ones share one."""
MOST_LABELS = 12
OTHER = "*"
"""Name of the labels without a coefficient of their own, and of values that are no single label."""
CONFIDENCE = "confidence"


def binned(x: float) -> float:
    """Return the middle of the bin that a score lies in."""
    return round(x / BIN_WIDTH) * BIN_WIDTH


def scores_of(task: LabelTask, label: Mapping[str, Any]) -> dict[str, float]:
    """Return the scores of a `TaskLabel` (plain) as log-odds of being wrong, those that are known."""
    found = {}
    if (confidence := label.get("confidence")) is not None:
        found[CONFIDENCE] = log_odds(1 - confidence)
    if (margin := label.get("margin")) is not None:
        found["margin"] = log_odds((1 - margin) / 2)
    options = len(options_of(task))
    if (entropy := label.get("entropy")) is not None and options > 1:
        found["entropy"] = log_odds(entropy / math.log(options) / 2)
    return found


class Place(NamedTuple):
    """Labels that are alike: those of one value whose score lies in one bin."""

    score: str
    bin: int
    label: str

    @property
    def x(self) -> float:
        return self.bin * BIN_WIDTH


@dataclass(slots=True)
class BlindDecisions(Additive):
    """Labels by score, and the blind decisions on them, as counts."""

    labels: Counter[str] = field(default_factory=Counter)
    """All labels with a score: score, bin, label."""
    decided: Counter[str] = field(default_factory=Counter)
    """Blind decisions: the same and the fold."""
    wrong: Counter[str] = field(default_factory=Counter)

    def see(self, scores: Mapping[str, float], value: object, *, seq: int, is_wrong: bool | None) -> None:
        """Count a label. `is_wrong`: None where nobody decided blind."""
        label = value if isinstance(value, str) else OTHER
        fold = 0 if is_wrong is None else stable_hash(str(seq)) % FOLDS
        for score, x in scores.items():
            key = f"{score}\n{round(x / BIN_WIDTH)}\n{label}"
            self.labels[key] += 1
            if is_wrong is not None:
                self.decided[f"{key}\n{fold}"] += 1
                self.wrong[f"{key}\n{fold}"] += is_wrong

    def places(self, score: str) -> Iterator[tuple[Place, int]]:
        """Iterate over the places of all labels with this score, and how many labels each has."""
        for key, count in self.labels.items():
            name, bin_, label = key.split("\n", 2)
            if name == score:
                yield Place(name, int(bin_), label), count

    def points(self, score: str) -> list[_Point]:
        found = []
        for key, count in sorted(self.decided.items()):
            name, bin_, rest = key.split("\n", 2)
            label, _, fold = rest.rpartition("\n")
            if name == score:
                found.append(_Point(Place(name, int(bin_), label), int(fold), count, self.wrong[key]))
        return found

    @property
    def scores(self) -> list[str]:
        """Return the scores that blind decisions have, the confidence first."""
        names = {key.split("\n", 1)[0] for key in self.decided}
        return sorted(names, key=lambda name: (name != CONFIDENCE, name))


class _Point(NamedTuple):
    place: Place
    fold: int
    decided: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Corrected risk as a function of one score: log-odds = intercept + slope · x + the label's own."""

    score: str
    intercept: float
    slope: float
    labels: Mapping[str, float]
    """By label; that of all others is under `*`."""

    def risk(self, label: str, x: float) -> float:
        """Return the probability that a label with log-odds `x` is wrong."""
        return share(self.intercept + self.slope * x + self.labels.get(label, self.labels.get(OTHER, 0.0)))


UNCHANGED = Correction(CONFIDENCE, 0.0, 1.0, {})


@dataclass(frozen=True, slots=True)
class Corrected:
    """The correction of a task, with what it does to decisions that its fits did not see."""

    correction: Correction
    decisions: int
    wrong: int
    losses: Mapping[str, float]
    """Mean log loss by candidate, cross-fitted; `as stated` is the confidence itself."""
    before: ReliabilitySums
    after: ReliabilitySums


AS_STATED = "as stated"


def correct(decisions: BlindDecisions) -> Corrected | None:
    """Return the correction with the smallest cross-fitted loss; None where there are too few blind decisions.

    The candidates are judged on the same decisions: a score that some of them lack is no candidate.
    """
    by_score = {score: decisions.points(score) for score in decisions.scores}
    stated = by_score.get(CONFIDENCE, [])
    count, wrong = sum(point.decided for point in stated), sum(point.wrong for point in stated)
    if count < LEAST_DECISIONS or min(wrong, count - wrong) < LEAST_OF_EACH:
        return None
    losses = {AS_STATED: _loss([(point, UNCHANGED) for point in stated]) / count}
    fitted: dict[str, tuple[Sequence[_Point], bool]] = {}
    for score, points in by_score.items():
        if sum(point.decided for point in points) != count:
            continue
        for trusted in (True, False) if score == CONFIDENCE else (False,):
            name = score if trusted or score != CONFIDENCE else f"{score}, slope free"
            fitted[name] = (points, trusted)
            losses[name] = _loss(list(_cross_fitted(points, trusted=trusted))) / count
    best = min(losses, key=lambda name: losses[name])
    before, after = ReliabilitySums(), ReliabilitySums()
    for point in stated:
        _judge(before, point, UNCHANGED)
    if best == AS_STATED:
        return Corrected(UNCHANGED, count, wrong, losses, before, before)
    chosen, trusted = fitted[best]
    for point, correction in _cross_fitted(chosen, trusted=trusted):
        _judge(after, point, correction)
    whole = _fit(chosen, trusted=trusted)
    return Corrected(whole, count, wrong, losses, before, after)


class Cutoff(NamedTuple):
    """Labels whose corrected risk is at most `risk` need no person."""

    risk: float
    kept: int
    """Labels that need no person."""
    labels: int
    expected_wrong: float
    """Wrong labels to expect among those kept."""


def cutoff_for(decisions: BlindDecisions, correction: Correction, error: float) -> Cutoff:
    """Return the highest cutoff at which at most the share `error` of the labels kept is expected wrong."""
    risks: Counter[float] = Counter()
    for place, count in decisions.places(correction.score):
        risks[correction.risk(place.label, place.x)] += count
    found, kept, expected = Cutoff(-1.0, 0, risks.total(), 0.0), 0, 0.0
    for risk, count in sorted(risks.items()):
        kept += count
        expected += risk * count
        if expected > error * kept:
            break
        found = Cutoff(risk, kept, found.labels, expected)
    return found


def _cross_fitted(points: Sequence[_Point], *, trusted: bool) -> Iterator[tuple[_Point, Correction]]:
    for fold in range(FOLDS):
        held = [point for point in points if point.fold == fold]
        if held:
            correction = _fit([point for point in points if point.fold != fold], trusted=trusted)
            yield from ((point, correction) for point in held)


def _fit(points: Sequence[_Point], *, trusted: bool) -> Correction:
    counts: Counter[str] = Counter()
    for point in points:
        counts[point.place.label] += point.decided
    frequent = [label for label, count in counts.most_common(MOST_LABELS) if count >= LEAST_OF_LABEL]
    names = [*sorted(label for label in frequent if label != OTHER), OTHER]
    number = {label: index for index, label in enumerate(names)}
    decided: Counter[tuple[int, int]] = Counter()
    wrong: Counter[tuple[int, int]] = Counter()
    for point in points:
        at = (number.get(point.place.label, len(names) - 1), point.place.bin)
        decided[at] += point.decided
        wrong[at] += point.wrong
    cells = [Cell(0, at[0], at[1] * BIN_WIDTH, count, wrong[at]) for at, count in sorted(decided.items())]
    fit: RiskFit = fit_risk(cells, labels=len(names), stretches=1, trusted=trusted)
    score = points[0].place.score if points else CONFIDENCE
    return Correction(score, fit.intercept + fit.stretches[0], fit.slope, dict(zip(names, fit.labels, strict=True)))


def _loss(judged: Sequence[tuple[_Point, Correction]]) -> float:
    """Return the sum of the log losses, in nats."""
    total = 0.0
    for point, correction in judged:
        risk = min(1 - 1e-9, max(1e-9, correction.risk(point.place.label, point.place.x)))
        total -= point.wrong * math.log(risk) + (point.decided - point.wrong) * math.log(1 - risk)
    return total


def _judge(reliability: ReliabilitySums, point: _Point, correction: Correction) -> None:
    confidence = 1 - correction.risk(point.place.label, point.place.x)
    for index in range(point.decided):
        reliability.see(confidence, is_right=index >= point.wrong)
