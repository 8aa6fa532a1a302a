"""Headers in which a provider reports an account's limits, their remaining amounts, and when they are reset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_Get = Callable[[str], str | None]
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|s|m|h|d)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class LimitReading(NamedTuple):
    """Reading of one kind of limit from one answer. `reset`: seconds until it is fully refilled. Some servers report
    the remaining amount but not the limit: then `limit` is None."""

    limit: float | None
    remaining: float
    reset: float | None = None


class LimitReadings(NamedTuple):
    requests: LimitReading | None = None
    tokens: LimitReading | None = None
    input_tokens: LimitReading | None = None
    output_tokens: LimitReading | None = None


def read(headers: Mapping[str, str]) -> LimitReadings | None:
    """Read the limits from `x-ratelimit-*` headers as OpenAI documents them. None where there are none.

    `headers` is looked up by lower-case names.
    """
    get = headers.get
    requests = _reading(get, "requests")
    tokens = _reading(get, "tokens")
    if requests is None and tokens is None:
        requests = _plain(get)
        if requests is None:
            return None
    return LimitReadings(requests, tokens, _reading(get, "input-tokens"), _reading(get, "output-tokens"))


def duration(text: str) -> float | None:
    """Parse the seconds of `1s`, `6m0s`, `120ms`, `1h2m3.5s` or a bare number of seconds; None for anything else."""
    try:
        seconds = float(text)
    except ValueError:
        parts = _PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text.strip():
            return None
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return seconds if 0.0 <= seconds < 1e8 else None


def _reading(get: _Get, kind: str) -> LimitReading | None:
    remaining = _number(get(f"x-ratelimit-remaining-{kind}"))
    if remaining is None:
        return None
    said = get(f"x-ratelimit-limit-{kind}")
    limit = _number(said)
    if said is not None and not limit:
        return None
    reset = get(f"x-ratelimit-reset-{kind}")
    return LimitReading(limit, remaining, duration(reset) if reset else None)


def _plain(get: _Get) -> LimitReading | None:
    """Read the older form without a kind, which counts requests; its reset may be a time of day and is left out."""
    remaining, limit = _number(get("x-ratelimit-remaining")), _number(get("x-ratelimit-limit"))
    return LimitReading(limit, remaining) if limit and remaining is not None else None


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if number < 1e12 else None
