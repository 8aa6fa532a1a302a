"""Makes reads see all that this process wrote or read before, whichever server is the primary.

A majority read alone does not promise that. A primary that was stopped and goes on still believes for a moment to be
the primary, and a new primary may not yet know how much is acknowledged. Each of them could answer a read with an older
state than an earlier read gave, and counts would be saved that miss records. `afterClusterTime` makes the server wait
until it has that state, or say that it is not the primary.
"""

from __future__ import annotations

import threading
from typing import Any

from bson.timestamp import Timestamp
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from pymongo.read_concern import ReadConcern


class OperationClock(CommandListener):
    """Keeps the highest `operationTime` that a server answered with."""

    def __init__(self) -> None:
        self.latest: Timestamp | None = None
        self._lock = threading.Lock()

    def started(self, event: CommandStartedEvent) -> None:
        """Ignore the start of a command."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Advance to the answer's time. The driver calls this in any thread, before it returns the answer."""
        time = event.reply.get("operationTime")
        if time is None:
            return
        with self._lock:
            if self.latest is None or time > self.latest:
                self.latest = time

    def failed(self, event: CommandFailedEvent) -> None:
        """Ignore a failed command: nothing is known of its effect."""


class CausalReadConcern(ReadConcern):
    """Read concern `majority`, not earlier than what `clock` has seen."""

    def __init__(self, clock: OperationClock) -> None:
        super().__init__("majority")
        self._clock = clock

    @property
    def document(self) -> dict[str, Any]:
        """Return the read concern of a command that is sent now."""
        latest = self._clock.latest
        return super().document if latest is None else {**super().document, "afterClusterTime": latest}
