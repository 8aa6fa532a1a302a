"""Plan a certificate: how many looks, hours and dollars it would take, as a range, before anybody has looked.

Truths are drawn from the risks: the stated ones, or those fitted to what was decided so far. Each truth gets an audit
order and a course. An over-confident model makes the plan too low, so a plan without decisions holds only if the model
is as sure as it says.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tandem.quality.certificates.corrections import CorrectionOrder
from tandem.quality.certificates.opening import tolerated_of
from tandem.quality.certificates.risk import share
from tandem.quality.certificates.simulate import KnownLabels, run_course

ERRORS = (0.10, 0.05, 0.02, 0.01)
TRUTHS = 200
"""Simulated truths; fewer for large data sets (LEAST_TRUTHS at least), whose looks vary less."""
LEAST_TRUTHS = 20
_WORK = 2_000_000
"""Records of all truths together."""


class PlannedLooks(NamedTuple):
    """Looks that 10, 50 and 90 % of the simulated courses needed at most, to claim `error`."""

    error: float
    p10: int
    p50: int
    p90: int

    def hours(self, seconds: float) -> tuple[float, float, float]:
        """Return the hours of reading at this many seconds a look."""
        return self.p10 * seconds / 3600, self.p50 * seconds / 3600, self.p90 * seconds / 3600


class AuditPlan(NamedTuple):
    """The looks for each claimed error, and the error of the model that the plan foretells."""

    looks: list[PlannedLooks]
    model_error: float
    decided: int


def plan(
    risks: Sequence[float | None],
    groups: Sequence[int],
    decided: Sequence[tuple[int, bool]] = (),
    *,
    errors: Sequence[float] = ERRORS,
    alpha: float = 0.05,
    model_error: float | None = None,
    panel: bool = False,
    seed: int = 1,
    truths: int | None = None,
    after_truth: Callable[[], None] = lambda: None,
) -> AuditPlan:
    """Return the plan of a certificate.

    `risks`: stated probability of being wrong of each record, None where unknown; `groups`: each record's label group;
    `decided`: records that people decided on, with whether the label is wrong; `model_error`: the assumed share of
    wrong labels among records of unknown risk; `panel`: audits are read twice; `truths`: how many are simulated, by the
    size when None. Raises ValueError where some risk is
    unknown and neither a decision nor `model_error` shows it.
    """
    expected = expected_risks(risks, groups, decided, model_error)
    size = len(risks)
    truths = truths or max(LEAST_TRUTHS, min(TRUTHS, _WORK // max(1, size)))
    looks: dict[float, list[int]] = {error: [] for error in errors}
    for number in range(truths):
        random_ = random.Random(f"{seed}/{number}")  # noqa: S311 - a simulation, repeatable by its seed
        wrong = [random_.random() < risk for risk in expected]
        keys, ties = random_.sample(range(size), size), random_.sample(range(size), size)
        labels = KnownLabels(wrong, risks, groups)
        for error in errors:
            course = run_course(labels, tolerated=tolerated_of(error, size), alpha=alpha, keys=keys, ties=ties)
            looks[error].append(len(course.read) + (course.audits + course.pilot if panel else 0))
        after_truth()
    found = []
    for error, each in looks.items():
        each.sort()
        found.append(PlannedLooks(error, *(each[max(0, math.ceil(q * truths) - 1)] for q in (0.1, 0.5, 0.9))))
    total = 0.0
    for risk in expected:
        total += risk
    return AuditPlan(found, total / size, len(decided))


def expected_risks(
    risks: Sequence[float | None],
    groups: Sequence[int],
    decided: Sequence[tuple[int, bool]],
    model_error: float | None,
) -> list[float]:
    """Return the probability that each label is wrong, as far as confidences and decisions show."""
    if not decided:
        if model_error is None and any(risk is None for risk in risks):
            raise ValueError("some records have no confidence, and nobody decided on any")
        return [(model_error or 0.0) if risk is None else risk for risk in risks]
    order = CorrectionOrder(risks, groups, range(len(risks)))
    order.pass_already(decided)
    known = {record: float(wrong) for record, wrong in decided}
    return [known.get(record, share(order.score_of(record))) for record in range(len(risks))]
