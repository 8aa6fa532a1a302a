"""Score of a provider for tests and benchmarks: the requests it received, and those its limits would have allowed.

Kept so that a million calls cost a few tens of megabytes: a prompt is eight bytes of its hash and four small counts
in one number; time is a few numbers a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from tandem.testing.provider.limits import AccountBuckets, LimitName

End = Literal["answered", "abandoned", "failed"]


class LimitUse(BaseModel):
    """Use of one limit of one model since its first request (after the start or the last reset)."""

    per_minute: float
    taken: float = Field(description="Requests or tokens of admitted calls; settled ones by their real usage.")
    allowed: float = Field(description="What was there at the first request, and all that has come since.")
    allowed_by_rate: float = Field(description="The rate times the time since the first request, nothing else.")
    allowed_until_last: float = Field(description="`allowed`, up to the last request instead of now; and so on.")
    allowed_by_rate_until_last: float
    refused: int = Field(description="Calls that this limit refused, alone or with others.")


class Seconds(BaseModel):
    """Calls in each second since the first one."""

    accepted: list[int] = []
    refused: list[int] = []
    answered: list[int] = []


class Score(BaseModel):
    """Counts of requests and their results. A prompt is the messages of a request, identified by their hash.

    received = accepted + refused + rejected. An accepted request ends as one of: answered (a whole completion was
    sent), abandoned (the caller went away before), failed (by `by_kind`), or is in flight.
    """

    received: int = 0
    accepted: int = Field(default=0, description="Calls that the limits let pass.")
    refused: int = Field(default=0, description="Calls over a limit, answered with 429 at once.")
    rejected: int = Field(default=0, description="Calls that are not well formed.")
    answered: int = Field(default=0, description="Calls that got a completion, refusals included.")
    in_flight: int = 0
    most_in_flight: int = 0
    abandoned: int = Field(default=0, description="The caller went away before its answer.")
    by_kind: dict[str, int] = Field(
        default={}, description="Ended calls, by failure kind, or ok; over_limit and rejected among them."
    )
    prompts: int = Field(default=0, description="Distinct prompts.")
    repeated: int = Field(default=0, description="Prompts called more than once.")
    answered_repeatedly: int = Field(default=0, description="Prompts answered more than once: paid more than once.")
    again_after_answer: int = Field(default=0, description="Calls of a prompt whose answer was delivered before.")
    again_after_abandoning: int = Field(default=0, description="Calls of a prompt never answered and once abandoned.")
    again_after_failure: int = Field(default=0, description="Calls of a prompt that only failed so far.")
    again_in_flight: int = Field(default=0, description="Calls of a prompt while another call of it was in flight.")
    prompt_tokens: int = Field(default=0, description="Of answered calls, as in their usage; likewise the others.")
    completion_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = Field(default=0, description="Since the first request.")
    seconds_until_last: float = Field(default=0, description="Between the first request and the last.")
    limits: dict[str, dict[LimitName, LimitUse]] = Field(default={}, description="By model, of limited ones.")
    per_second: Seconds | None = None
    calls_by_prompt: dict[str, int] | None = None


_ENDS: Mapping[End, int] = {"answered": 16, "abandoned": 32, "failed": 48}  # where its count begins in the number
_MOST = 0xFFFF


class Scorekeeper:
    """Counts. Times are seconds on the clock of the limits."""

    def __init__(self) -> None:
        self.count_prompts = True
        self._in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything; calls in flight are still counted as such."""
        self._total = Score()
        self._most_in_flight = self._in_flight
        self._by_kind: Counter[str] = Counter()
        self._prompts: dict[int, int] = {}
        self._seen: dict[int, int] = {}  # equal counts are one object
        self._series = Seconds()
        self._first: float | None = None
        self._last = 0.0

    def receive(self, now: float) -> None:
        self._total.received += 1
        self._last = now
        if self._first is None:
            self._first = now

    def refuse(self, now: float) -> None:
        """Count a call that is over a limit."""
        self._total.refused += 1
        self._by_kind["over_limit"] += 1
        self._tick(self._series.refused, now)

    def reject(self) -> None:
        """Count a call that is not valid."""
        self._total.rejected += 1
        self._by_kind["rejected"] += 1

    def begin(self, prompt: str, now: float) -> int:
        """Count an admitted call; return its number among the calls of its prompt, from 1."""
        total = self._total
        total.accepted += 1
        self._tick(self._series.accepted, now)
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)
        if not self.count_prompts:
            return 1
        key = int(prompt, 16)
        before = self._prompts.get(key, 0)
        calls = before & _MOST
        if calls:
            answered, abandoned, failed = (before >> shift & _MOST for shift in _ENDS.values())
            total.repeated += calls == 1
            if answered:
                total.again_after_answer += 1
            elif answered + abandoned + failed < calls:
                total.again_in_flight += 1
            elif abandoned:
                total.again_after_abandoning += 1
            else:
                total.again_after_failure += 1
        self._keep(key, before, 0)
        return calls + 1

    def end(self, prompt: str, end: End, kind: str | None, now: float) -> None:
        """Count the end of a call; `kind` goes into `by_kind`, None leaves that alone."""
        self._in_flight -= 1
        total = self._total
        if kind is not None:
            self._by_kind[kind] += 1
        if end == "answered":
            total.answered += 1
            self._tick(self._series.answered, now)
        elif end == "abandoned":
            total.abandoned += 1
        key = int(prompt, 16)
        if self.count_prompts and (before := self._prompts.get(key)) is not None:
            total.answered_repeatedly += end == "answered" and (before >> _ENDS["answered"] & _MOST) == 1
            self._keep(key, before, _ENDS[end])

    def pay(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int) -> None:
        total = self._total
        total.prompt_tokens += prompt_tokens
        total.completion_tokens += completion_tokens
        total.cached_tokens += cached_tokens

    def score(
        self,
        accounts: Mapping[str, AccountBuckets],
        now: float,
        *,
        with_prompts: bool = False,
        with_seconds: bool = False,
    ) -> Score:
        first = self._first if self._first is not None else now
        return self._total.model_copy(
            update={
                "in_flight": self._in_flight,
                "most_in_flight": self._most_in_flight,
                "by_kind": dict(self._by_kind),
                "prompts": len(self._prompts),
                "seconds": now - first,
                "seconds_until_last": max(0.0, self._last - first),
                "limits": {model: self._uses(account, now) for model, account in accounts.items() if account.buckets},
                "per_second": self._series.model_copy(deep=True) if with_seconds else None,
                "calls_by_prompt": (
                    {f"{key:016x}": counts & _MOST for key, counts in self._prompts.items()} if with_prompts else None
                ),
            }
        )

    def _uses(self, account: AccountBuckets, now: float) -> dict[LimitName, LimitUse]:
        return {
            name: LimitUse(
                per_minute=bucket.rate * 60,
                taken=bucket.taken,
                allowed=bucket.allowed(now),
                allowed_by_rate=bucket.allowed_by_rate(now),
                allowed_until_last=bucket.allowed(self._last),
                allowed_by_rate_until_last=bucket.allowed_by_rate(self._last),
                refused=bucket.refused,
            )
            for name, bucket in account.buckets.items()
        }

    def _keep(self, key: int, counts: int, shift: int) -> None:
        if counts >> shift & _MOST < _MOST:
            counts += 1 << shift
        self._prompts[key] = self._seen.setdefault(counts, counts)

    def _tick(self, series: list[int], now: float) -> None:
        second = int(now - self._first) if self._first is not None else 0
        if second >= len(series):
            series.extend([0] * (second + 1 - len(series)))
        series[second] += 1
