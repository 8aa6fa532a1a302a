"""Read a clock for deadlines that must count every pause."""

from __future__ import annotations

import time


def since_boot() -> float:
    """Return the seconds since the machine started, those included in which the process or the machine stood still.

    `time.monotonic` counts a stopped process (SIGSTOP) too, but on Linux not a suspended machine. Where the system has
    no such clock this is `time.monotonic`.
    """
    return _read()


def _read_boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


_read = _read_boottime if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
