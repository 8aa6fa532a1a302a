"""Zero-shot choice between labels: every word votes for the label that it is nearest to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from tandem.text.embeddings import Embeddings, Floats

SPREAD = 150.0  # moves the mean probability of the answer near the half that is right; no ranking depends on it
_CACHED_LABEL_SETS = 16  # 128 KB for each option


class Classifier:
    """Gives each option a probability for a text, from nothing but the options' names and descriptions.

    An option is a direction: the mean of the tokens of its name and description, less the mean of all options, so that
    what they have in common does not count. A token votes with the third power of its cosine with each direction: words
    that say something clearly outweigh the many that say a little. Votes are summed, scaled by the root of the text's
    length, and put through a softmax.
    """

    def __init__(self, embeddings: Embeddings) -> None:
        self._embeddings = embeddings
        self._unit_table = _unit(embeddings.table)
        self._votes = lru_cache(maxsize=_CACHED_LABEL_SETS)(self._compute_votes)

    def probabilities(
        self, text: str, options: tuple[str, ...], descriptions: Mapping[str, str] | None = None
    ) -> dict[str, float]:
        """Return the probability of each option; they sum to 1. A text without words makes all alike."""
        described = descriptions or {}
        votes = self._votes(tuple((option, described.get(option, "")) for option in options))
        ids = self._embeddings.token_ids(text)
        scores = votes[ids].sum(axis=0) * (SPREAD / np.sqrt(max(len(ids), 1)))
        weights = np.exp(scores - scores.max())
        return dict(zip(options, (weights / weights.sum()).tolist(), strict=True))

    def _compute_votes(self, described_options: tuple[tuple[str, str], ...]) -> Floats:
        """Return the vote of each token of the vocabulary for each option, shape (tokens, options)."""
        means = np.stack([self._mean(f"{name}: {text}" if text else name) for name, text in described_options])
        directions = _unit(means - means.mean(axis=0))
        votes: Floats = (self._unit_table @ directions.T) ** 3
        return votes

    def _mean(self, text: str) -> Floats:
        table = self._embeddings.table
        ids = self._embeddings.token_ids(text)
        return _unit(table[ids].mean(axis=0)) if ids else np.zeros_like(table[0])


def _unit(rows: Floats) -> Floats:
    """Scale the last axis to length one; zeros stay zeros."""
    scaled: Floats = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return scaled
