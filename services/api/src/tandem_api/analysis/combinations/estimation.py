"""Accuracy of each of several agents, estimated by Dawid and Skene's method.

Expectation maximization (Dawid and Skene, Applied Statistics 28, 1979): from the probability of each record's label
follow each agent's error rates, and from these the probability anew, until nothing is gained. It begins with each
record's shares of the votes. It estimates from a sample of records; what it says of the agents then holds for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tandem.quality.combining import CombinationEstimate

MOST_LABELS = 50
LEAST_AGENTS = 3
"""With only two agents that differ, nothing shows which one is right."""
_ROUNDS = 200
_GAIN = 1e-7
"""The least gain of a round, in evidence a vote, for which another one follows."""
_LEAST = 1e-10
_SMALLEST = 1e-6

Array: TypeAlias = npt.NDArray[np.float64]


async def estimated(
    labels: Sequence[str], votes: Sequence[Sequence[int]], truths: Mapping[int, int], *, agents: int
) -> CombinationEstimate:
    """Estimate the prior of each label and the error rates of each agent, in a thread.

    `votes`: for each record, each agent's label by its index, -1 for none; `truths`: index into `votes` to the label
    that is known to be right.
    """
    return await asyncio.to_thread(_estimate, list(labels), votes, truths, agents)


def _estimate(
    labels: list[str], votes: Sequence[Sequence[int]], truths: Mapping[int, int], agents: int
) -> CombinationEstimate:
    given = np.asarray(votes, dtype=np.int64).reshape(len(votes), agents)
    count = int((given >= 0).sum())
    known = np.fromiter(truths.keys(), dtype=np.int64), np.fromiter(truths.values(), dtype=np.int64)
    shares = np.zeros((len(given), len(labels)))
    for agent in range(agents):
        has = given[:, agent] >= 0
        shares[has, given[has, agent]] += 1
    probabilities = _with_known(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1), known)
    priors, errors = _rates(given, probabilities)
    evidence = -np.inf
    for _ in range(_ROUNDS):
        probabilities = _with_known(_posterior(given, priors, errors), known)
        priors, errors = _rates(given, probabilities)
        gained = _evidence(given, probabilities, priors, errors) / max(count, 1)
        if gained - evidence < _GAIN:
            break
        evidence = gained
    return CombinationEstimate(
        dict(zip(labels, priors.tolist(), strict=True)),
        [
            {
                truth: {label: float(p) for label, p in zip(labels, column, strict=True) if p > _SMALLEST}
                for truth, column in zip(labels, rates.T, strict=True)
            }
            for rates in errors
        ],
    )


def _with_known(probabilities: Array, known: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> Array:
    """Give records whose label is known that label and no other."""
    records, right = known
    probabilities[records] = 0.0
    probabilities[records, right] = 1.0
    return probabilities


def _rates(given: npt.NDArray[np.int64], probabilities: Array) -> tuple[Array, list[Array]]:
    """Return the prior of each label, and for each agent the probability of a label it gives (row) by the true one
    (column)."""
    errors = []
    for votes in given.T:
        rates = np.zeros((probabilities.shape[1],) * 2)
        np.add.at(rates, votes[votes >= 0], probabilities[votes >= 0])
        rates = np.maximum(rates, _LEAST)
        errors.append(rates / rates.sum(axis=0))
    return np.maximum(probabilities.mean(axis=0), _LEAST), errors


def _joint(given: npt.NDArray[np.int64], priors: Array, errors: Sequence[Array]) -> Array:
    """Return the logarithm of the probability of each record's votes together with each true label."""
    joint = np.tile(np.log(priors), (len(given), 1))
    for votes, rates in zip(given.T, errors, strict=True):
        joint[votes >= 0] += np.log(rates)[votes[votes >= 0]]
    return joint


def _posterior(given: npt.NDArray[np.int64], priors: Array, errors: Sequence[Array]) -> Array:
    joint = _joint(given, priors, errors)
    likelihoods = np.exp(joint - joint.max(axis=1, keepdims=True))  # shifted, or small ones would vanish
    posterior: Array = likelihoods / likelihoods.sum(axis=1, keepdims=True)
    return posterior


def _evidence(given: npt.NDArray[np.int64], probabilities: Array, priors: Array, errors: Sequence[Array]) -> float:
    """Return the lower bound of the evidence: it never falls from one round to the next."""
    entropy = -np.sum(np.log(np.maximum(probabilities, _LEAST)) * probabilities)
    return float(np.sum(probabilities * _joint(given, priors, errors)) + entropy)
