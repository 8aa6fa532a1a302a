"""Records as points of a plane: those near each other use the same words, or have near vectors."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

from tandem_client.errors import TandemError
from tandem_client.frames.extras import need

_WORD = re.compile(r"\w+")
_BUCKETS = 512


def plane(vectors: Any) -> list[tuple[float, float]]:
    """Return the two principal components of vectors, each between -1 and 1. `vectors`: rows of numbers.

    Raises TandemError where they are not as many numbers in each row.
    """
    numpy = need("numpy", "The projection")
    try:
        rows = numpy.asarray(vectors, dtype="float64")
    except (TypeError, ValueError):
        rows = numpy.empty(0)
    if rows.ndim != 2 or not numpy.isfinite(rows).all():
        raise TandemError(
            "These are no vectors",
            type="no-vectors",
            detail="The vectors are not rows of as many finite numbers each",
            cure="Give a list of vectors of one length, one for each record.",
        )
    centered = rows - rows.mean(axis=0)
    _, _, axes = numpy.linalg.svd(centered, full_matrices=False)
    found = centered @ axes[:2].T
    if found.shape[1] < 2:
        found = numpy.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    return [(float(x), float(y)) for x, y in found / max(1e-12, float(numpy.abs(found).max()))]


def word_vectors(texts: Sequence[str]) -> Any:
    """Return a vector for each text: its words, weighted by how few texts have them, hashed into few columns."""
    numpy = need("numpy", "The projection")
    counts = numpy.zeros((len(texts), _BUCKETS))
    for place, text in enumerate(texts):
        for word in _WORD.findall(text.casefold()):
            counts[place, zlib.crc32(word.encode()) % _BUCKETS] += 1
    having = (counts > 0).sum(axis=0)
    weighted = numpy.log1p(counts) * numpy.log((1 + len(texts)) / (1 + having))
    lengths = numpy.linalg.norm(weighted, axis=1, keepdims=True)
    return weighted / numpy.maximum(lengths, 1e-12)
