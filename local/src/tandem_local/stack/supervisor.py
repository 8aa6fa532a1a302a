"""Keeps the stack's processes running: what ended is started again, after a pause that grows with each failure."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tandem.runtime.processes import Process

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0
WELL_AFTER_SECONDS = 60.0
"""A process that ran this long has recovered; its next failure counts as the first."""


@dataclass
class _Watched:
    process: Process
    started_at: float
    failures: int = 0
    start_at: float | None = None
    """Time at which to start it again; None while it runs."""


class Supervisor:
    """Watches processes that were started. Call `tick` often, in the main thread."""

    def __init__(
        self,
        processes: Sequence[Process],
        *,
        say: Callable[[str], None],
        on_restart: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Watch `processes`. `say` gets one sentence for each event; `clock` and `jitter` are replaced in tests."""
        self._say = say
        self._on_restart = on_restart
        self._clock = clock
        self._jitter = jitter
        self._watched = [_Watched(process, clock()) for process in processes]

    def tick(self) -> None:
        """Notice ended processes, and start those again that have waited long enough."""
        for watched in self._watched:
            if watched.process.running:
                continue
            if watched.start_at is None:
                self._plan(watched)
            elif self._clock() >= watched.start_at:
                self._start(watched)

    def _plan(self, watched: _Watched) -> None:
        if self._clock() - watched.started_at >= WELL_AFTER_SECONDS:
            watched.failures = 0
        watched.failures += 1
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (watched.failures - 1))
        pause = self._jitter(longest / 2, longest)
        watched.start_at = self._clock() + pause
        process = watched.process
        self._say(
            f"{process.name} ended ({_status(process.returncode)}); starting it again in {pause:.1f} s. "
            f"Its log: {process.log_file}"
        )

    def _start(self, watched: _Watched) -> None:
        watched.process.spawn()
        watched.started_at = self._clock()
        watched.start_at = None
        self._say(f"{watched.process.name} was started again (process {watched.process.pid}).")
        self._on_restart()


def _status(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"status {returncode}"
