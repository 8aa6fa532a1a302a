"""Show counters before their first event.

A counter with labels has no series until it is first raised, and its first value is then no increase: an alert on
`increase(…[10m]) > 0` misses exactly the first dead letter. So whoever raises a counter shows its series when it is
built.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from prometheus_client import Counter


def start_at_zero(counter: Counter, *values: Iterable[str]) -> None:
    """Show the counter at 0 for each combination of label values, e.g. `start_at_zero(DEAD_LETTERS, [topic], REASONS)`.

    Series that are there already keep their value.
    """
    for combination in product(*values):
        counter.labels(*combination)
