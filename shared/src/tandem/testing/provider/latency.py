"""Latency of answers."""

from __future__ import annotations

import math

from tandem.testing.provider.behaviour import Behaviour
from tandem.testing.provider.draws import normal

_P95 = 1.6448536269514722  # the 95th percentile of the standard normal distribution


def seconds(settings: Behaviour, prompt: str, nth: int, output_tokens: int) -> float:
    """Return the time that the `nth` call of this prompt takes: its draw of the distribution plus the time for its
    tokens."""
    milliseconds = settings.latency_ms
    if milliseconds and (sigma := spread(settings)):
        milliseconds *= math.exp(sigma * normal(settings.seed, "latency", prompt, nth))
    return (milliseconds + settings.latency_ms_per_output_token * output_tokens) / 1000


def spread(settings: Behaviour) -> float:
    """Sigma of the log-normal distribution."""
    if settings.latency_p95_ms is not None and settings.latency_ms:
        return max(0.0, math.log(settings.latency_p95_ms / settings.latency_ms) / _P95)
    return settings.latency_spread
