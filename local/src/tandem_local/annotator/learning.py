"""Learn from the examples in requests: a linear model on the texts' embeddings.

An agent with `drawn_examples` shows a model what people decided. The annotator keeps the examples it was shown, by
prompt and task, and fits a ridge regression on them, so that it gets better while people decide. Everything is closed
form: one eigendecomposition gives the model, and what it says of each example when fitted on all others; the penalty
and the sharpness are those under which the examples' own labels are likeliest then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tandem.text.embeddings import Embeddings

MOST_EXAMPLES = 2_000
"""Examples kept of one task; the oldest go first. Dispatchers draw from as many."""
MOST_TASKS = 32
FEWEST = 20
"""Examples below which nothing is fitted."""
GROWTH = 1.1
"""A model is fitted again once the examples have grown by this factor."""
_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
_SHARPNESS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
_PRIOR_WEIGHT = 0.5
"""Weight of the zero-shot probabilities beside the 256 numbers of the embedding, which have length one."""
Matrix = NDArray[np.float64]
TaskKey = tuple[str, str]
"""Prompt, and name of the property."""


@dataclass(slots=True)
class _Task:
    examples: OrderedDict[str, tuple[str, Matrix]] = field(default_factory=OrderedDict)
    """Text to its label and features, oldest first."""
    fitted_on: int = 0
    changed: int = 0
    model: LinearModel | None = None


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A fitted model of one task."""

    labels: tuple[str, ...]
    center: Matrix
    weights: Matrix
    offsets: Matrix
    sharpness: float
    accuracy: float
    """Share of the examples that are right when each is left out of the fit."""

    def probabilities(self, features: Matrix) -> Matrix:
        """Return the probability of each label."""
        return softmax(((features - self.center) @ self.weights + self.offsets) * self.sharpness)


class Learner:
    """Keeps examples and models of tasks, as many as there is room for."""

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._tasks: OrderedDict[TaskKey, _Task] = OrderedDict()

    def see(self, key: TaskKey, text: str, label: str, prior: Mapping[str, float]) -> None:
        """Take an example. `prior`: the zero-shot probabilities of the text. A later label of a text replaces the
        earlier one."""
        task = self._tasks.setdefault(key, _Task())
        self._tasks.move_to_end(key)
        if len(self._tasks) > MOST_TASKS:
            self._tasks.popitem(last=False)
        known = task.examples.get(text)
        if known is not None and known[0] == label:
            return
        task.examples[text] = (label, self._features(text, prior))
        task.changed += 1
        if len(task.examples) > MOST_EXAMPLES:
            task.examples.popitem(last=False)

    def knows(self, key: TaskKey, text: str, label: str) -> bool:
        """Return whether the example is known already."""
        task = self._tasks.get(key)
        return task is not None and text in task.examples and task.examples[text][0] == label

    def probabilities(self, key: TaskKey, text: str, prior: Mapping[str, float]) -> dict[str, float]:
        """Return the probability of each option: the model's where it is better than `prior`, else `prior`."""
        task = self._tasks.get(key)
        if task is None or len(task.examples) < FEWEST:
            return dict(prior)
        if task.changed >= max(1.0, task.fitted_on * (GROWTH - 1)):
            task.model = fitted(task.examples.values(), tuple(prior))
            task.fitted_on, task.changed = len(task.examples), 0
        if task.model is None or task.model.labels != tuple(prior):
            return dict(prior)
        found = task.model.probabilities(self._features(text, prior))
        return dict(zip(prior, found.tolist(), strict=True))

    def _features(self, text: str, prior: Mapping[str, float]) -> Matrix:
        vector = self._embeddings.vectors([text])[0].astype(np.float64)
        shares = np.array(list(prior.values())) - 1 / len(prior)
        return np.concatenate([vector, _PRIOR_WEIGHT * shares])


def fitted(examples: Iterable[tuple[str, Matrix]], labels: tuple[str, ...]) -> LinearModel | None:
    """Fit a model; None where the zero-shot probabilities, the last of the features, do better on the examples.

    Each penalty and sharpness is judged by the mean log-probability of the examples' labels, each left out of the fit.
    """
    known = [(labels.index(label), features) for label, features in examples if label in labels]
    if len(known) < FEWEST or len({label for label, _ in known}) < 2:
        return None
    truth = np.array([label for label, _ in known])
    rows = np.stack([features for _, features in known])
    wanted = np.eye(len(labels))[truth]
    center, offsets = rows.mean(axis=0), wanted.mean(axis=0)
    inside = rows - center
    values, vectors = np.linalg.eigh(inside.T @ inside)
    turned = inside @ vectors
    aimed = turned.T @ (wanted - offsets)
    best: tuple[float, float, float, Matrix] | None = None
    for penalty in _PENALTIES:
        scale = 1 / (np.maximum(values, 0) + penalty)
        leverage = np.minimum((turned**2 @ scale) + 1 / len(known), 0.999)[:, None]
        said = turned @ (scale[:, None] * aimed) + offsets
        left_out = (said - leverage * wanted) / (1 - leverage)
        for sharpness in _SHARPNESS:
            likely = _log_likelihood(softmax(left_out * sharpness), truth)
            if best is None or likely > best[0]:
                best = (likely, penalty, sharpness, left_out)
    assert best is not None  # noqa: S101 - there are penalties
    likely, penalty, sharpness, left_out = best
    if likely <= _log_likelihood(rows[:, -len(labels) :] / _PRIOR_WEIGHT + 1 / len(labels), truth):
        return None
    weights = vectors @ (aimed / (np.maximum(values, 0) + penalty)[:, None])
    accuracy = float((left_out.argmax(axis=1) == truth).mean())
    return LinearModel(labels, center, weights, offsets, sharpness, accuracy)


def softmax(scores: Matrix) -> Matrix:
    """Return the shares of the last axis."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Matrix = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def _log_likelihood(shares: Matrix, truth: NDArray[np.int64]) -> float:
    return float(np.log(np.maximum(shares[np.arange(len(truth)), truth], 1e-6)).mean())
