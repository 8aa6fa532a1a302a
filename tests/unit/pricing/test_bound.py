"""The most that a request can cost, as a budget sets it aside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import an_agent
from tandem.events import AgentSpec, Fallback, ModelParameters
from tandem.pricing import REASONING_ROOM, PriceTable, RequestBound, parse_prices, room_after_truncation

PRICES = PriceTable([parse_prices("prices: [{provider: p, models: ['*'], input: 0, output: 1000000}]", name="prices")])
"""A dollar for each token of an answer, nothing for the prompt."""


def agent(parameters: ModelParameters | None = None, **more: Any) -> AgentSpec:
    parameters = parameters or ModelParameters(max_tokens=100)
    return an_agent(system_template="", user_template="{{ fields.t }}", parameters=parameters, **more)


def most(of: AgentSpec, **more: Any) -> float:
    bound = RequestBound(of, prices=PRICES, at=datetime(2026, 1, 1, tzinfo=UTC), paid_calls=1, **more)
    return bound.of([{"content": "text"}]).usd


def test_an_answer_may_be_asked_for_once_more_with_more_room() -> None:
    assert most(agent()) == 100 + room_after_truncation(100) == 500


@pytest.mark.parametrize(
    ("of", "times"),
    [
        (agent(repair=True), 2),
        (agent(fallback=Fallback(provider="p", model="n", on=("refusal",))), 2),
        (agent(ModelParameters(max_tokens=100, samples=3)), 3),
    ],
)
def test_repairs_second_models_and_samples_come_on_top(of: AgentSpec, times: int) -> None:
    assert most(of) == times * most(agent())


def test_a_model_that_reasons_has_more_room_in_both_calls_and_twice_as_much_in_the_second() -> None:
    more = most(agent()) + 3 * REASONING_ROOM
    assert most(agent(), reasons=True) == more
    assert most(agent(ModelParameters(max_tokens=100, reasoning_effort="low"))) == more
