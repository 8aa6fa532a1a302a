"""Draw the orders of a certificate from its key.

One HMAC a record gives three numbers of 64 bits: the record's place in the audit order, its tie key in the correction
order, and its place in the sample of corrections that are read again. Whoever does not know the key can predict none
of them; whoever knows it can recompute all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

KEY_BYTES = 32


class RecordKeys(NamedTuple):
    """Numbers below 2^64 by which a record is sorted, each in another order."""

    audit: int
    tie: int
    reread: int


def new_key() -> bytes:
    """Draw a key from the operating system's randomness."""
    return secrets.token_bytes(KEY_BYTES)


def key_hash(key: bytes) -> str:
    """Return the SHA-256 of the key, which is published before the key is used."""
    return hashlib.sha256(key).hexdigest()


def record_keys(key: bytes, job: str, seq: int, attempt: int) -> RecordKeys:
    """Return the first 24 bytes of HMAC-SHA256(key, "job:seq:attempt") as three big-endian numbers."""
    digest = hmac.digest(key, f"{job}:{seq}:{attempt}".encode(), "sha256")
    return RecordKeys(
        int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big"), int.from_bytes(digest[16:24], "big")
    )
