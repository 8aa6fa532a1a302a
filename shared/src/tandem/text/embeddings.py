"""Static token embeddings from the wordllama distribution: two files, a table and a tokenizer, read by hand.

The package's own loader looks for them in another folder and then tries the network. Needs the extra `embeddings` of
this distribution.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Floats = NDArray[np.float32]

_DISTRIBUTION = "wordllama"
_WEIGHTS = "l2_supercat_256.safetensors"
_TOKENIZER = "l2_supercat_tokenizer_config.json"
_TENSOR = "embedding.weight"


class EmbeddingsMissing(RuntimeError):  # noqa: N818 - says what happened, and callers read it as a sentence
    """The files are not installed; the message says how to get them."""


class Embeddings(NamedTuple):
    """`table` has one row for each token of `tokenizer`; a text is the mean of its tokens' rows."""

    table: Floats
    tokenizer: Tokenizer

    def token_ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return one row of length one for each text, shape (texts, width): the direction of the mean of its tokens;
        zeros for a text without words. The product of two rows is the cosine of their texts."""
        rows = np.zeros((len(texts), self.table.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            if ids := self.token_ids(text):
                mean = self.table[ids].mean(axis=0)
                rows[row] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return rows


def load_embeddings() -> Embeddings:
    """Read both files (16 MB, about 0.1 s).

    Raises:
        EmbeddingsMissing: the distribution is not installed, or is one that lacks them.
    """
    return Embeddings(_read_tensor(_find(_WEIGHTS)), Tokenizer.from_file(str(_find(_TOKENIZER))))


def _find(name: str) -> Path:
    try:
        entries = files(_DISTRIBUTION) or []
    except PackageNotFoundError:
        entries = []
    for entry in entries:
        if entry.name == name:
            return Path(str(entry.locate()))
    raise EmbeddingsMissing(f"{name} of the package {_DISTRIBUTION} is missing. Run `uv sync`.")


def _read_tensor(path: Path) -> Floats:
    """Read the table of a safetensors file: the header's length in 8 bytes, a JSON header, then the numbers."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])[_TENSOR]
    first, last = header["data_offsets"]
    if header["dtype"] != "F16":
        raise ValueError(f"{path.name}: expected F16, found {header['dtype']}")
    numbers = np.frombuffer(content, dtype="<f2", count=(last - first) // 2, offset=start + first)
    return numbers.reshape(header["shape"]).astype(np.float32)
