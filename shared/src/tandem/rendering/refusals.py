"""Refusals: the agent versions that are no longer rendered, because their templates passed the limits too often."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tandem.labeling.prompts import PromptError

MOST_FAULTS = 3
FORGIVEN_BY_A_SUCCESS = 0.01
"""Share of records that may pass the limits (one in a hundred): such a record fails alone, and its job goes on."""
REFUSED_SECONDS = 300.0
_MOST_KEPT = 1000
_MOST_TOLD = 50


class PromptRefusedError(PromptError):
    """The agent's templates are not rendered at present: the job cannot go on with them."""


@dataclass(slots=True)
class _Record:
    faults: float = 0.0
    refused_until: float = 0.0
    reason: str = ""
    template: str = ""


class Refusals:
    """Counts renderings that passed the limits, by agent version.

    A refused version is tried again after five minutes; its next fault refuses it again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def check(self, agent_id: str) -> None:
        """Check that the agent version may be rendered. Raises PromptRefusedError."""
        if self.is_refused(agent_id):
            raise self.refused(agent_id)

    def refused(self, agent_id: str) -> PromptRefusedError:
        record = self._record(agent_id)
        return PromptRefusedError(record.reason, template=record.template)

    def fault(self, agent_id: str, error: PromptError) -> None:
        """Record that a rendering passed a limit."""
        record = self._record(agent_id)
        record.faults = min(record.faults + 1, MOST_FAULTS)
        if record.faults >= MOST_FAULTS:
            self.refuse(agent_id, error)

    def success(self, agent_id: str, count: int = 1) -> None:
        """Record that this many renderings went well."""
        record = self._records.get(agent_id)
        if record is not None:
            record.faults = max(0.0, record.faults - count * FORGIVEN_BY_A_SUCCESS)

    def refuse(self, agent_id: str, error: PromptError) -> None:
        """Render nothing more for the agent version for a while."""
        record = self._record(agent_id)
        record.faults = MOST_FAULTS - FORGIVEN_BY_A_SUCCESS
        record.refused_until = self._clock() + REFUSED_SECONDS
        record.reason, record.template = str(error), error.template

    @property
    def current(self) -> Mapping[str, str]:
        """The reasons, by agent version: of those that were refused or asked for last, so that it stays short."""
        now = self._clock()
        found = {agent_id: each.reason for agent_id, each in self._records.items() if each.refused_until > now}
        return dict(list(found.items())[-_MOST_TOLD:])

    def is_refused(self, agent_id: str) -> bool:
        record = self._records.get(agent_id)
        return record is not None and record.refused_until > self._clock()

    def _record(self, agent_id: str) -> _Record:
        record = self._records.setdefault(agent_id, _Record())
        self._records.move_to_end(agent_id)
        if len(self._records) > _MOST_KEPT:
            self._records.popitem(last=False)
        return record
