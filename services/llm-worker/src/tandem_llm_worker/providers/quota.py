"""Reads from an error's JSON body whether a quota of a day or longer is used up, and how long to wait. Pure.

Google's shape, which gateways pass on, is documented as `google.rpc.QuotaFailure` and `google.rpc.RetryInfo`:

    [{"error": {"code": 429, "details": [
        {"@type": ".../google.rpc.QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProject…"}]},
        {"@type": ".../google.rpc.RetryInfo", "retryDelay": "5s"}]}}]

The delay beside a quota of a day is that of the shortest limit and says nothing about the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_DEEPEST = 8
_MOST_PARTS = 200
_LONG_PERIOD = re.compile(r"per[-_ ]?(day|week|month)|\b(daily|weekly|monthly)\b", re.IGNORECASE)
_SHORT_FORMS = re.compile(r"\b[RT]PD\b")
_DELAY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*s?\s*")
_LONGEST_SECONDS = 1e8


@dataclass(frozen=True, slots=True)
class Quota:
    """Limits that a body states. `retry_after` is in seconds."""

    used_up: str = ""
    """Id of a quota of a day or longer that is used up, as the provider names it; empty if none is named."""
    long_period: bool = False
    """True if the words of the message are about a day or longer. A limit like that may refill all the time."""
    retry_after: float | None = None


def quota_in(body: object) -> Quota:
    """Read a parsed body of any shape: an object, a list around it, an error within it, JSON within its message."""
    used_up, long_period, retry_after = "", False, None
    for part in _objects(body):
        for key in ("quotaId", "quota_id", "quotaMetric", "quota_metric"):
            name = part.get(key)
            if not used_up and isinstance(name, str) and _LONG_PERIOD.search(name):
                used_up = name[:200]
        delay = _seconds(part.get("retryDelay", part.get("retry_delay")))
        if delay is not None:
            retry_after = delay if retry_after is None else max(retry_after, delay)
        message = part.get("message")
        if isinstance(message, str) and (_LONG_PERIOD.search(message) or _SHORT_FORMS.search(message)):
            long_period = True
    return Quota(used_up, long_period, retry_after)


def _objects(value: object, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield every object within `value`, the outermost first."""
    found = [(value, depth)]
    for _ in range(_MOST_PARTS):
        if not found:
            return
        each, depth = found.pop(0)
        if isinstance(each, Mapping):
            yield each
            inner: list[object] = list(each.values())
        elif isinstance(each, list):
            inner = each
        elif isinstance(each, str) and each.lstrip()[:1] in ("{", "["):
            inner = [_loaded(each)]
        else:
            continue
        if depth < _DEEPEST:
            found += [(part, depth + 1) for part in inner if isinstance(part, Mapping | list | str)]


def _loaded(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _seconds(delay: object) -> float | None:
    """Return the seconds of `5s`, `3.5s`, 5 or {"seconds": "5", "nanos": 500000000}; None for anything else."""
    if isinstance(delay, Mapping):
        whole, nanos = _seconds(delay.get("seconds", 0)), _seconds(delay.get("nanos", 0))
        return None if whole is None or nanos is None else whole + nanos / 1e9
    if isinstance(delay, bool):
        return None
    if isinstance(delay, int | float):
        return float(delay) if 0.0 <= delay < _LONGEST_SECONDS * 10 else None
    match = _DELAY.fullmatch(delay) if isinstance(delay, str) else None
    seconds = float(match.group(1)) if match else None
    return seconds if seconds is not None and seconds < _LONGEST_SECONDS else None
