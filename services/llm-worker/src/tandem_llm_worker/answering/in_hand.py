"""A request in flight in this worker: from its acceptance until it is answered, handed back, or left to others."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tandem.events import AnnotationRequestedV1
from tandem.observability.logs import get_logger
from tandem.observability.metrics import MODEL_UNCOUNTED_TOKENS
from tandem_llm_worker.accounts.account import Account
from tandem_llm_worker.calling.question import CallHistory

ANOTHERS = "anothers"

_log = get_logger(__name__)


@dataclass(slots=True)
class InHand:
    """A request in flight; a later one for the same effect lends it its epoch and ask, and is skipped."""

    request: AnnotationRequestedV1
    partition: int
    account: Account
    limit: asyncio.Timeout
    since: float
    history: CallHistory
    begun: int = 0
    """Number of calls, the one under way included."""
    given_up: str = ""
    forsaken: bool = False
    """True once the group dropped this worker: another one may have answered."""

    @property
    def started(self) -> bool:
        """Return whether its first call began: from then on it is not handed back."""
        return self.begun > 0

    @property
    def is_free(self) -> bool:
        """Return whether no call is under way and none brought anything that was paid for."""
        return self.begun == len(self.history.calls) and self.history.usage is None

    def start(self) -> None:
        """Record that a call begins."""
        self.begun += 1
        if self.begun == 1:
            self.limit.reschedule(None)

    def wait_until(self, time: float, *, since: float) -> None:
        """Let the first call start as late as `time`, on the loop's clock; its wait counts from `since`."""
        if not self.started and not self.given_up and not self.limit.expired():
            self.since = since
            self.limit.reschedule(time)

    def give_up(self, reason: str) -> None:
        """Return the request to the dispatcher, unless its first call has started."""
        if not self.started:
            self._end(reason)

    def leave(self) -> None:
        """Leave the request to the worker that has its partition now, even while it waits to be called again."""
        if self.is_free:
            self._end(ANOTHERS)

    def forsake(self) -> None:
        """Make no further call, whatever was paid; a call under way runs to its end."""
        self.forsaken = True
        if self.begun == len(self.history.calls):
            self._end(ANOTHERS)

    def _end(self, reason: str) -> None:
        if not self.given_up and not self.limit.expired():
            self.given_up = reason
            self.limit.reschedule(0.0)

    def join(self, other: AnnotationRequestedV1) -> None:
        if (other.epoch, other.ask) > (self.request.epoch, self.request.ask):
            self.request = other

    def count_untold(self) -> None:
        """Count what was paid for an asking that is cut off: it reaches only the metrics and the log."""
        usage = self.history.usage
        if usage is None:
            return
        tokens = usage.prompt_tokens + usage.completion_tokens
        MODEL_UNCOUNTED_TOKENS.labels(*self.history.asked).inc(tokens)
        _log.warning("worker.paid.uncounted", job_id=self.request.job_id, seq=self.request.seq, tokens=tokens)
