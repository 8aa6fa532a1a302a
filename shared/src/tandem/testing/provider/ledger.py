"""The provider's own account of its calls: one row each, so that what a system says it paid can be checked."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tandem.runtime.openai_chat import message_text

End = Literal["answered", "abandoned", "failed"]


@dataclass(slots=True)
class LedgerCall:
    """Call that the limits let pass. Times are seconds since the epoch; `ended_at` is None while it is in flight.

    Tokens are those of its usage: zero where no completion was sent.
    """

    record: str
    model: str
    received_at: float
    ended_at: float | None = None
    end: End | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def close(self, end: End, usage: Mapping[str, Any] | None) -> None:
        """Note how the call ended. A caller that went away before the answer is not billed."""
        self.ended_at = time.time()
        self.end = end
        if usage is not None and end != "abandoned":
            self.prompt_tokens = usage["prompt_tokens"]
            self.completion_tokens = usage["completion_tokens"]


class CallLedger:
    """Rows of all calls whose messages name a record, in the order in which they came."""

    def __init__(self) -> None:
        self._calls: list[LedgerCall] = []

    def open(self, pattern: str | None, request: Mapping[str, Any]) -> LedgerCall | None:
        """Begin the row of a call; None where no ledger is kept or the messages name no record.

        The first group of `pattern` in the last message that matches names the record, e.g. `#([0-9]+)`.
        """
        if pattern is None:
            return None
        messages: Sequence[Any] = request["messages"]
        for message in reversed(messages):
            if isinstance(message, Mapping) and (found := re.search(pattern, message_text(message))):
                call = LedgerCall(found[1], str(request.get("model")), time.time())
                self._calls.append(call)
                return call
        return None

    def forget(self) -> None:
        """Start an empty ledger."""
        self._calls.clear()

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows, as JSON has them."""
        return [{name: getattr(call, name) for name in LedgerCall.__slots__} for call in self._calls]
