"""Draws by a secret key: the same record is always drawn alike, and nobody foresees it without the key. Pure."""

from __future__ import annotations

import hmac
import secrets
from typing import Literal

Purpose = Literal["blind", "order", "audit"]
"""Purpose of a draw; draws for different purposes are independent of each other."""


def new_key() -> str:
    """Return a new secret key."""
    return secrets.token_hex(16)


def draw(key: str, purpose: Purpose, seq: int) -> float:
    """Return a number, uniform over [0, 1), from HMAC-SHA256 of the purpose and the seq."""
    digest = hmac.digest(key.encode(), f"{purpose}:{seq}".encode(), "sha256")
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)
