"""Fit the risk of records from decisions: a logistic regression over cells, with a ridge towards the stated risk.

A cell is a stretch of the stated risk and a label (of the model). With x the stated log-odds of being wrong, the
log-odds in a cell are a + b·x + c[label] + d[stretch]. The ridge pulls a, c and d towards 0 and b towards 1, the
stated risk itself; where the stated risk has proved useless, b towards 0. The mode is found by Newton's method. Sums
run over the cells in their order, one term after the other, so that every implementation gets the same digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 50
"""Maximum number of Newton steps; a handful is enough."""
CONVERGED = 1e-8
"""The largest change of a coefficient after which no step is taken."""
MOST_HALVED = 30
"""Maximum halvings of a Newton step that would lower the posterior."""
_ROUNDING = 1e-9
SPREADS = (1.0, 0.5, 0.5, 0.25)
"""Prior standard deviations of a, b, c and d while the stated risk is trusted."""
SPREADS_WITHOUT_TRUST = (2.0, 1.0, 0.7, 0.5)
"""Prior standard deviations of a, b, c and d once the slope of the stated risk is not trusted."""
LEAST_RISK = 1e-4
"""Stated risks are kept this far from 0 and 1, since no confidence of a model is surer."""


def log_odds(risk: float) -> float:
    """Return the log-odds of a stated risk, which is first kept between LEAST_RISK and 1 - LEAST_RISK."""
    kept = min(1 - LEAST_RISK, max(LEAST_RISK, risk))
    return math.log(kept / (1 - kept))


def share(log_odds_: float) -> float:
    """Return the probability with these log-odds."""
    return 1 / (1 + math.exp(-min(40.0, max(-40.0, log_odds_))))


@dataclass(frozen=True)
class Cell:
    """Decisions in one cell.

    `stretch`, `label`: which cell; `x`: mean stated log-odds of the decided records; `decided`, `wrong`: how many.
    """

    stretch: int
    label: int
    x: float
    decided: int
    wrong: int


@dataclass(frozen=True)
class RiskFit:
    """The coefficients: intercept a, slope b, one c a label, one d a stretch."""

    intercept: float
    slope: float
    labels: Sequence[float]
    stretches: Sequence[float]

    @property
    def coefficients(self) -> list[float]:
        """All of them in one list: a, b, c of each label, d of each stretch."""
        return [self.intercept, self.slope, *self.labels, *self.stretches]

    def score(self, stretch: int, label: int, x: float) -> float:
        """Return the log-odds of being wrong of a record with stated log-odds `x`."""
        return self.intercept + self.slope * x + self.labels[label] + self.stretches[stretch]


def fit_risk(
    cells: Sequence[Cell], *, labels: int, stretches: int, trusted: bool, start: RiskFit | None = None
) -> RiskFit:
    """Fit the coefficients to what was decided; without a decision they are the prior means.

    `start`: where to begin, e.g. an earlier fit. There is one mode, so it only saves steps.
    """
    size = 2 + labels + stretches
    of_a, of_b, of_c, of_d = SPREADS if trusted else SPREADS_WITHOUT_TRUST
    precision = [1 / (of_a * of_a), 1 / (of_b * of_b)] + [1 / (of_c * of_c)] * labels + [1 / (of_d * of_d)] * stretches
    prior = [0.0] * size
    known = [cell for cell in cells if cell.decided]
    if trusted:
        prior[1] = 1.0
    else:
        decided, wrong = sum(cell.decided for cell in known), sum(cell.wrong for cell in known)
        prior[0] = math.log((wrong + 0.5) / (decided - wrong + 0.5))
    theta = prior[:] if start is None else start.coefficients
    for _ in range(STEPS if known else 0):
        gradient = [precision[i] * (prior[i] - theta[i]) for i in range(size)]
        matrix = [[precision[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
        for cell in known:
            at = ((0, 1.0), (1, cell.x), (2 + cell.label, 1.0), (2 + labels + cell.stretch, 1.0))
            eta = theta[0] + theta[1] * cell.x + theta[2 + cell.label] + theta[2 + labels + cell.stretch]
            p = share(eta)
            residual, weight = cell.wrong - cell.decided * p, cell.decided * p * (1 - p)
            for i, value in at:
                gradient[i] += residual * value
                row = matrix[i]
                for j, other in at:
                    row[j] += weight * value * other
        steps = _solve(matrix, gradient)
        before, halved = _log_posterior(known, labels, theta, prior, precision), 0
        trial = [value + step for value, step in zip(theta, steps, strict=True)]
        while halved < MOST_HALVED and _log_posterior(known, labels, trial, prior, precision) < before - _ROUNDING:
            halved += 1
            steps = [step / 2 for step in steps]
            trial = [value + step for value, step in zip(theta, steps, strict=True)]
        theta = trial
        if max(map(abs, steps)) < CONVERGED:
            break
    return RiskFit(theta[0], theta[1], theta[2 : 2 + labels], theta[2 + labels :])


def _log_posterior(
    known: Sequence[Cell], labels: int, theta: Sequence[float], prior: Sequence[float], precision: Sequence[float]
) -> float:
    total = 0.0
    for value, mean, weight in zip(theta, prior, precision, strict=True):
        total -= weight * (value - mean) * (value - mean) / 2
    for cell in known:
        eta = theta[0] + theta[1] * cell.x + theta[2 + cell.label] + theta[2 + labels + cell.stretch]
        total += cell.wrong * eta - cell.decided * (max(0.0, eta) + math.log1p(math.exp(-abs(eta))))
    return total


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """Solve a positive definite system by elimination without pivots; changes its arguments."""
    size = len(vector)
    for i in range(size):
        row, pivot = matrix[i], matrix[i][i]
        for k in range(i + 1, size):
            lower = matrix[k]
            if lower[i]:
                factor = lower[i] / pivot
                for j in range(i, size):
                    lower[j] -= factor * row[j]
                vector[k] -= factor * vector[i]
    for i in range(size - 1, -1, -1):
        total = vector[i]
        for j in range(i + 1, size):
            total -= matrix[i][j] * vector[j]
        vector[i] = total / matrix[i][i]
    return vector
