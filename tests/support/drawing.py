"""How many cases the tests that draw them try: enough in each run, and as many times more as somebody asks for.

Every run draws other cases, so few a run are many over time. Before a change of what such a test guards, ask for more:
TANDEM_EXAMPLES=10 pytest tests/unit/labeling.
"""

from __future__ import annotations

import os

from hypothesis import settings

TIMES = float(os.environ.get("TANDEM_EXAMPLES", "1"))
USUAL = 100
"""Cases of a test that names no number."""


def tries(count: int) -> settings:
    """Return the decorator of a test with `count` cases in a usual run, none with a deadline: tests measure no time."""
    return settings(max_examples=max(1, round(count * TIMES)), deadline=None)
