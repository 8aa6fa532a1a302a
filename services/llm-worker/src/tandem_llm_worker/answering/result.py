"""Outcome of asking an agent's models, and which one holds where the fallback model was asked too. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tandem.events import Completion, ErrorKind, ResponseError
from tandem_llm_worker.providers.errors import AccountStopped
from tandem_llm_worker.providers.waits import StillLimited

INVALID = "invalid"
"""The outcome of an answer that gives no label, as a fallback names it."""
_MOST_MESSAGE_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of asking one model: completions, or the reason why there are none."""

    provider: str
    model: str
    completions: tuple[Completion, ...] = ()
    error: ResponseError | None = None
    invalid: bool = False
    """True if the completions are known to give no label."""
    structured: bool = False
    repaired: bool = False
    fallback_used: bool = False
    stopped: AccountStopped | None = None
    limited: StillLimited | None = None
    """Set where the account's rate limit left no room; the error says so, and the record does not end by it."""

    @property
    def outcome(self) -> str | None:
        """Return what a fallback is chosen by: a value of ErrorKind, `invalid`, or None if there is an answer."""
        if self.error is not None:
            return self.error.kind
        return INVALID if self.invalid else None


def after_fallback(first: Result, second: Result) -> Result:
    """Return the fallback model's result; the first's if only the first gave an answer.

    A rate limit of the second returns the record to the dispatcher.

    The first's result holds too if the second accepts no calls now: handing the record back would pay the first anew,
    each time that it is asked. If neither accepts calls nothing was paid, and the record is handed back.
    """
    if second.error is None:
        return replace(second, fallback_used=True)
    if second.limited is not None:
        return second
    if first.error is None:
        return first
    message = f"{first.error.message}; then {second.provider} {second.model}: {second.error.message}"
    if second.stopped is not None and first.stopped is None:
        return replace(first, error=error_of(first.error.kind, message, first.error.status))
    return replace(second, error=error_of(second.error.kind, message, second.error.status), fallback_used=True)


def error_of(kind: ErrorKind, message: str, status: int | None = None) -> ResponseError:
    """Return the error with its message cut to what an event has room for."""
    return ResponseError(kind=kind, message=message[:_MOST_MESSAGE_CHARACTERS], status=status)
