"""Templates that cost far more than a prompt may, each by other means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from builders import a_choice, a_schema, an_agent
from tandem.events import AgentSpec
from tandem.labeling.prompts import default_templates

SCHEMA = a_schema(a_choice("sentiment"), name="Sentiment")
NESTED_LISTS = (
    "{% set a = [1] %}{% set b = [1] %}"
    + "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
    + "{{ a == b }} {{ fields.text }}"
)
"""Compares two lists of 2^40 elements each: one operation, which nothing in Python interrupts."""
NESTED_LOOPS = "{% for a in range(300) %}{% for b in range(300) %}{{ a * b }}{% endfor %}{% endfor %}{{ fields.text }}"
BIG_FILTERS = "{{ (range(99999) | list | sort | reverse | list) | sort | unique | list | length }}{{ fields.text }}" * 9
LONG_POWER = "{{ fields.text | length | round(10000000, 'floor') }}"
"""Computes 10 to the power of ten million, in one operation."""
WORDS = "{% for word in fields.text.split() %}{{ word }} {% endfor %}"
"""Not provably cheap, and not slow either."""
SLOW = "{% for a in range(8000) %}{% if fields.text == a %}{% endif %}{% endfor %}{{ fields.text }}"
"""Takes long, and less than the limit."""


def agent(user_template: str = WORDS, **more: Any) -> AgentSpec:
    system, _ = default_templates(SCHEMA)
    fields = {"agent_id": "agent", "provider": "simulated", "model": "simulated"}
    return an_agent(**fields | {"system_template": system, "user_template": user_template} | more)


@asynccontextmanager
async def counted_turns() -> AsyncIterator[list[int]]:
    """Turns that the event loop took meanwhile."""
    turns = [0]

    async def turn() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0.001)

    task = asyncio.create_task(turn())
    try:
        yield turns
    finally:
        task.cancel()
