"""Tells the trouble of an account from the trouble of one record, by how calls of one model end.

A record ends as failed when its calls fail while others are answered. Where none is answered, the account is stopped
and its records are handed back:

- the provider cannot be reached (connection refused, DNS, TLS): once the quick retries of one record are spent;
- errors of the server and lost connections: once the retries of one record are spent, nothing was answered since its
  first failure, and a minimal call fails likewise;
- timeouts: the same; or, without waiting for the retries, once the calls of three records timed out and none was
  answered since. A minimal call is no judge of that: an overloaded server may answer it in time. One call at a time
  follows then (`pacing.concurrency`); where that is not answered in time either, the first rule holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

from tandem.events import ErrorKind
from tandem.observability.logs import get_logger
from tandem_llm_worker.calling.question import Question
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.reach import why_unreachable

OUTAGES = frozenset({ErrorKind.CONNECTION, ErrorKind.SERVER_ERROR, ErrorKind.TIMEOUT})
"""Kinds of failures that may be the account's own."""
FEWEST_RECORDS = 3
FEWEST_SECONDS = 5.0
"""Timeouts of `FEWEST_RECORDS` records stop the account only after so many seconds without an answer."""
PROBE_HOLDS_SECONDS = 2.0
"""Seconds after a minimal call for which other records rely on its result."""
MOST_STOPS = 5
"""A record that stopped the account so often ends as failed the next time: it may be what brings the server down."""
_MOST_REMEMBERED = 10_000

_log = get_logger(__name__)


class Outages:
    """Judges the failed calls of one model."""

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        probe: Callable[[], Awaitable[None]],
        on_outage: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch one model. `probe`: a minimal call; raises CallFailed.

        `on_outage` is called when the account is down.
        """
        self._names = {"provider": provider, "model": model}
        self._probe = probe
        self._on_outage = on_outage
        self._clock = clock
        self._answered_at = self._answered_began = self._stopped_at = float("-inf")
        self._at_once = True
        """True if timeouts alone stop the account: not again before a record was answered since they last did. Where
        minimal calls are answered and records never, each record ends when its retries are spent.
        """
        self._calls = 0
        """Number of calls that failed since the last answer."""
        self._records: dict[Hashable, bool] = {}
        """The records of those calls, each with True if one of its calls timed out."""
        self._probing = asyncio.Lock()
        self._probed_at = float("-inf")
        self._probe_failure: CallFailed | None = None
        self._stops: OrderedDict[Hashable, int] = OrderedDict()

    def answered(self, question: Question, *, began: float) -> None:
        """Record that the provider accepted a call that began at `began`, whatever it said of its content."""
        self._well(began)
        self._at_once = True
        question.failing_since = None

    def failed(self, question: Question, failed: CallFailed, *, began: float) -> CallFailed:
        """Record a failed call that began at `began`. Returns what to raise: it, or that the account is down."""
        if failed.kind not in OUTAGES:
            if failed.verdict is CallVerdict.PERMANENT:
                self.answered(question, began=began)
            return failed
        if question.failing_since is None:
            question.failing_since = began
        if began < self._stopped_at:  # known when the account was stopped
            return failed
        self._calls += 1
        timed_out = failed.kind is ErrorKind.TIMEOUT and why_unreachable(failed) is None
        self._records[question.record] = timed_out or self._records.get(question.record, False)
        if not timed_out or sum(self._records.values()) < FEWEST_RECORDS:
            return failed
        if not self._at_once or self._clock() - self._answered_at < FEWEST_SECONDS:
            return failed
        self._at_once = False
        return self._down(failed)

    async def judge(self, question: Question, failed: CallFailed) -> CallFailed:
        """Return what a failure that outlasted the retries of a record means: itself, or that the account is down."""
        if failed.kind not in OUTAGES or failed.verdict is not CallVerdict.TRANSIENT:
            return failed
        since = question.failing_since
        if why_unreachable(failed) is None:
            if since is not None and self._answered_began > since:  # what began earlier may be left of better times
                return failed
            found = await self._probed()
            if found is None:
                return failed
            if found.verdict is CallVerdict.STOPPED:
                return found
            failed = found
        stops = self._stops.pop(question.record, 0)
        if stops >= MOST_STOPS:
            _log.error("worker.record.stops_account", **self._names, stops=stops, reason=failed.kind.value)
            return failed
        self._stops[question.record] = stops + 1
        if len(self._stops) > _MOST_REMEMBERED:
            self._stops.popitem(last=False)
        return self._down(failed)

    async def _probed(self) -> CallFailed | None:
        """Return how a minimal call fails; None if the provider accepts it. Concurrent callers share one call."""
        async with self._probing:
            if self._clock() - self._probed_at >= PROBE_HOLDS_SECONDS:
                found: CallFailed | None = None
                began = self._clock()
                try:
                    await self._probe()
                except CallFailed as failed:
                    if failed.kind in OUTAGES or failed.verdict is CallVerdict.STOPPED:
                        found = failed
                self._probe_failure, self._probed_at = found, self._clock()
                if found is None:
                    self._well(began)
            return self._probe_failure

    def _well(self, began: float) -> None:
        """Forget the failures so far: a call that began at `began` was accepted."""
        self._answered_at = self._clock()
        self._answered_began = max(self._answered_began, began)
        if self._calls:
            self._calls = 0
            self._records.clear()

    def _down(self, failed: CallFailed) -> CallFailed:
        """Return the failure as one of the account."""
        kind = failed.kind if why_unreachable(failed) is None else ErrorKind.CONNECTION
        message = in_words(failed)
        if self._calls:
            _log.warning(
                "account.down",
                **self._names,
                reason=kind.value,
                message=message,
                failed_calls=self._calls,
                records=len(self._records),
            )
            self._calls = 0
            self._records.clear()
            self._stopped_at = self._clock()
            self._on_outage()
        return CallFailed(kind, CallVerdict.STOPPED, message, status=failed.status, headers=failed.headers)


def in_words(failed: CallFailed) -> str:
    """Return the sentence that people read about a provider that is down; it contains no address."""
    if (unreachable := why_unreachable(failed)) is not None:
        return unreachable
    if failed.status is not None and str(failed.status) not in failed.message:
        return f"{failed.status}: {failed.message}"
    return failed.message
