"""Headers in which a provider reports an account's limits with its answers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tandem.testing.provider.limits import MINUTE, AccountBuckets, Admission, LimitName, ProviderBucket


class Headers(BaseModel):
    """Selection of the headers that are sent, and their form."""

    model_config = ConfigDict(extra="forbid")

    ratelimit: Literal["openai", "azure", "useless", "none"] = Field(
        default="openai",
        description="openai: limit, remaining and reset of requests and of tokens. azure: what remains alone. "
        "useless: -1 and 0 for everything, as has been seen.",
    )
    retry_after: Literal["seconds", "date", "none"] = Field(
        default="seconds", description="Whole seconds, rounded up, or an HTTP date."
    )
    retry_after_ms: bool = Field(default=True, description="Milliseconds, exactly.")


_SHOWN: tuple[tuple[LimitName, str], ...] = (
    ("tokens", "tokens"),
    ("input_tokens", "input-tokens"),
    ("output_tokens", "output-tokens"),
)


def of_limits(settings: Headers, account: AccountBuckets, now: float) -> dict[str, str]:
    """`x-ratelimit-*` of every answer of a limited account.

    Requests are those of the minute, or of the day when fewer of the day remain. Limits are amounts a minute (a day
    for those of the day), however much piles up; what remains is what is in the bucket.
    """
    headers: dict[str, str] = {}
    if settings.ratelimit == "none" or not account.buckets:
        return headers
    minute, day = account.buckets.get("requests"), account.buckets.get("requests_per_day")
    if day is not None and (minute is None or day.level(now) < minute.level(now)):
        headers |= _of_bucket(settings, "requests", day, day.capacity, now)
    elif minute is not None:
        headers |= _of_bucket(settings, "requests", minute, minute.rate * MINUTE, now)
    for name, shown in _SHOWN:
        if (bucket := account.buckets.get(name)) is not None:
            headers |= _of_bucket(settings, shown, bucket, bucket.rate * MINUTE, now)
    return headers


def _of_bucket(settings: Headers, name: str, bucket: ProviderBucket, limit: float, now: float) -> dict[str, str]:
    if settings.ratelimit == "useless":
        values = {"limit": "-1", "remaining": "-1", "reset": "0"}
    else:
        values = {"remaining": str(max(0, math.floor(bucket.level(now) + 1e-9)))}
        if settings.ratelimit == "openai":
            values |= {"limit": f"{limit:.0f}", "reset": duration(bucket.seconds_until_full(now))}
    return {f"x-ratelimit-{what}-{name}": value for what, value in values.items()}


def of_refusal(settings: Headers, admission: Admission) -> dict[str, str]:
    """`retry-after` and `retry-after-ms` of a call that the limits refused."""
    headers = retry_after(settings, math.ceil(admission.retry_after))
    if settings.retry_after_ms:
        headers["retry-after-ms"] = str(math.ceil(admission.retry_after * 1000))
    return headers


def retry_after(settings: Headers, seconds: float) -> dict[str, str]:
    """`retry-after` alone."""
    if settings.retry_after == "none":
        return {}
    if settings.retry_after == "date":
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        return {"retry-after": format_datetime(at, usegmt=True)}
    return {"retry-after": f"{seconds:g}"}


def duration(seconds: float) -> str:
    """Format a time as OpenAI writes it: `120ms`, `8.64s`, `6m0s`, `1h30m0s`."""
    milliseconds = math.ceil(seconds * 1000 - 1e-6)
    if milliseconds <= 0:
        return "0s"
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:g}s"
    minutes, rest = divmod(math.ceil(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{rest}s" if hours else f"{minutes}m{rest}s"
