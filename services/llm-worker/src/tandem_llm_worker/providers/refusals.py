"""Keeps what a model was found to refuse: for how long that is believed, and which call tries it again.

A refusal is kept by what it depends on: a model may refuse log-probabilities with one reasoning effort, by one API or
beside one JSON Schema, and take them otherwise. It may also have been the odd answer of one replica behind a router. So
each is believed for a while, jittered, and then one call at a time carries the parameter again: taken, the refusal is
forgotten; refused once more, it is believed for twice as long.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tandem.events import RefusedParameter

FIRST_SECONDS = 600.0
MOST_SECONDS = 4 * 3600.0
JITTER = 0.2
QUIET_SECONDS = 5.0
"""Seconds for which no call looks for something to try, after one found nothing."""
TRIAL_SECONDS = 120.0
"""Seconds without an outcome of a trial, after which the next call may try."""
MOST_KEPT = 512
MOST_REPORTED = 32

Kind = Literal["parameter", "keyword", "bounds", "schema", "most", "room", "window", "api"]


@dataclass(frozen=True, slots=True)
class Key:
    """A refused parameter, and what the refusal depends on; None for what it does not depend on."""

    kind: Kind
    name: str = ""
    api: str | None = None
    effort: str | None = None
    """Reasoning effort; empty: with no effort named."""
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class CallKind:
    """The attributes of one call that a refusal may depend on."""

    api: str
    effort: str = ""
    schema: str = ""


@dataclass(slots=True)
class Refusal:
    """A parameter or value that is not accepted, or only up to `value`."""

    key: Key
    said: str
    """The provider's words, without the record's text."""
    since: float
    until: float
    seconds: float
    value: int = 0
    trying_until: float = field(default=float("-inf"))

    def applies(self, like: CallKind) -> bool:
        """Return whether it holds for calls of this kind."""
        key = self.key
        return key.api in (None, like.api) and key.effort in (None, like.effort) and key.schema in (None, like.schema)


def refused_parameters(refusals: ParameterRefusals) -> tuple[RefusedParameter, ...]:
    """Return the newest refusals of parameters and whole schemas, as they are reported."""
    told = [each for each in refusals if each.key.kind in ("parameter", "schema")][-MOST_REPORTED:]
    return tuple(
        RefusedParameter(
            parameter=each.key.name or "response_format",
            api=each.key.api or "",
            effort=each.key.effort,
            schema_key=each.key.schema,
            message=each.said[:200],
            seconds_ago=round(refusals.seconds_since(each), 1),
        )
        for each in told
    )


class ParameterRefusals:
    """The refusals of one model. At most `MOST_KEPT` are kept, the oldest go first."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._kept: dict[Key, Refusal] = {}
        self._next_due = float("inf")
        self.any = False
        """True if anything is refused: a plain attribute, since each call reads it."""
        self.version = 0
        """Number of changes, for what is computed from the refusals and kept."""

    def __iter__(self) -> Iterator[Refusal]:
        return iter(self._kept.values())

    def get(self, key: Key) -> Refusal | None:
        """Return the refusal, whether it is due to be tried or not."""
        return self._kept.get(key)

    def add(self, key: Key, said: str, *, value: int = 0) -> None:
        """Believe a refusal. A repeated one changes nothing, unless it had been tried again or was due."""
        now = self._clock()
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = known = Refusal(key, said, since=now, until=now, seconds=FIRST_SECONDS, value=value)
        elif known.trying_until > now or known.until <= now:
            known.seconds = min(MOST_SECONDS, 2 * known.seconds)
        elif known.value == value:
            return
        known.said, known.value = said, value
        known.trying_until = float("-inf")
        known.until = now + known.seconds * self._jitter(1 - JITTER, 1 + JITTER)
        self._changed()

    def forget(self, key: Key) -> None:
        """Forget a refusal: the parameter is accepted again."""
        if self._kept.pop(key, None) is not None:
            self._changed()

    def is_due(self) -> bool:
        """Return whether there may be something to try again. Cheap: it is called before each call."""
        return self.any and self._next_due <= self._clock()

    def due(self, like: CallKind) -> Iterator[Refusal]:
        """Yield what a call of this kind may try again."""
        now = self._clock()
        for refusal in self._kept.values():
            if refusal.until <= now and refusal.trying_until <= now and refusal.applies(like):
                yield refusal

    def nothing_to_try(self) -> None:
        """Have calls look again a little later: what is due concerns none of the calls that are made now."""
        self._next_due = self._clock() + QUIET_SECONDS

    def look_again(self) -> None:
        """Have the next call look for something to try."""
        self._next_due = min((refusal.until for refusal in self._kept.values()), default=float("inf"))

    def begin(self, refusal: Refusal) -> None:
        """Let one call try it; no other does until its outcome is known."""
        refusal.trying_until = self._clock() + TRIAL_SECONDS

    def release(self, refusal: Refusal) -> None:
        """End a trial without an outcome: another call may try."""
        refusal.trying_until = float("-inf")

    def is_believed(self, key: Key) -> bool:
        """Return whether a refusal is known and not yet due to be tried."""
        known = self._kept.get(key)
        return known is not None and known.until > self._clock()

    def seconds_since(self, refusal: Refusal) -> float:
        """Return how long ago the refusal was first received."""
        return max(0.0, self._clock() - refusal.since)

    def _changed(self) -> None:
        self.version += 1
        self.any = bool(self._kept)
        self.look_again()
