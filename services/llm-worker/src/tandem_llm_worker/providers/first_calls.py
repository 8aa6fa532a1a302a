"""Sends one call of each agent ahead, to learn the provider's complaints before hundreds of calls meet the same one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from types import TracebackType
from typing import Self

PROBE_SECONDS = 0.5
"""Time that the others wait for the first call. A complaint comes at once; an answer of the model may take long."""
_MOST_KEPT = 1024


class Opening:
    """The agents whose parameters a model is known to accept, and the calls that find it out."""

    def __init__(self, seconds: float = PROBE_SECONDS) -> None:
        self._seconds = seconds
        self._open: OrderedDict[str, None] = OrderedDict()
        self._leads: dict[str, Lead] = {}

    def is_open(self, agent_key: str) -> bool:
        return agent_key in self._open

    async def lead(self, agent_key: str) -> Lead | None:
        """Return the right to go ahead, as a context manager; None once the way is open."""
        while agent_key not in self._open:
            leader = self._leads.get(agent_key)
            if leader is None:
                leader = self._leads[agent_key] = Lead(self, agent_key, self._seconds)
                return leader
            await leader.ended.wait()
        return None

    def end(self, lead: Lead, *, opened: bool) -> None:
        """Open the way, or let the next in the queue lead."""
        if opened:
            self._open[lead.agent_key] = None
            if len(self._open) > _MOST_KEPT:
                self._open.popitem(last=False)
        if self._leads.get(lead.agent_key) is lead:
            del self._leads[lead.agent_key]
        lead.ended.set()


class Lead:
    """Leading call, sent before the others. They follow when it is accepted, or when no complaint came for a while."""

    def __init__(self, opening: Opening, agent_key: str, seconds: float) -> None:
        self._opening = opening
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self.agent_key = agent_key
        self.ended = asyncio.Event()

    def sent(self) -> None:
        """Record that a call is on its way; the time for complaints starts again."""
        self._stop_timer()
        if not self.ended.is_set():
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self.taken)

    def taken(self) -> None:
        """Record that the provider accepts calls like this."""
        self._stop_timer()
        self._opening.end(self, opened=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop_timer()
        if not self.ended.is_set():
            self._opening.end(self, opened=False)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
