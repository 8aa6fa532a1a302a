"""Counts the tokens of a text exactly, where the vocabulary is on disk. Nothing is ever downloaded.

Needs tiktoken, which comes with the extra `tokens` of this distribution.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import tiktoken
from tiktoken.model import encoding_name_for_model

from tandem.observability.logs import get_logger

CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
"""Variable with tiktoken's directory of vocabularies. Without it, or the file in it, prompts are estimated."""
_VOCABULARIES = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""SHA-256 of each file. tiktoken fetches what is missing or altered, so it is asked only for what is neither."""
_URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"

Count = Callable[[str], int]

_log = get_logger(__name__)


def counter_for(model: str) -> Count | None:
    """Return the token counter for a model; None where its vocabulary is not known or not on disk."""
    try:
        name = encoding_name_for_model(model)
    except KeyError:
        return None
    return _counter(name, os.environ.get(CACHE_VARIABLE, ""))


def file_name(vocabulary: str) -> str:
    """Return tiktoken's file name of a vocabulary."""
    return hashlib.sha1(_URL.format(vocabulary).encode(), usedforsecurity=False).hexdigest()


@cache
def _counter(vocabulary: str, directory: str) -> Count | None:
    expected = _VOCABULARIES.get(vocabulary)
    if expected is None or not directory:
        return None
    path = Path(directory, file_name(vocabulary))
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
    if found != expected:
        _log.warning("tokenizer.altered", vocabulary=vocabulary, file=str(path))
        return None
    encode = tiktoken.get_encoding(vocabulary).encode_ordinary
    return lambda text: len(encode(text))
