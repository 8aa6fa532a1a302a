"""Chance that is the same on any day and in any process: numbers drawn from a seed and from what they are drawn for."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from statistics import NormalDist
from typing import TypeVar

_NORMAL = NormalDist()
_WIDTH = 2.0**-64

Thing = TypeVar("Thing")


def uniform(seed: int, *parts: object) -> float:
    """Draw a number above 0 and below 1. A cheap hash, since seeding a generator for each number costs ten times as
    much."""
    digest = blake2b(f"{seed}:{parts}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) * _WIDTH


def normal(seed: int, *parts: object) -> float:
    """Draw a number of the standard normal distribution."""
    return _NORMAL.inv_cdf(min(uniform(seed, *parts), 1 - 2**-53))


def pick(point: float, shares: Mapping[Thing, float]) -> Thing | None:
    """Pick the thing on whose share of the line from 0 to 1 the point lies; None behind them all."""
    for thing, share in shares.items():
        point -= share
        if point < 0:
            return thing
    return None
