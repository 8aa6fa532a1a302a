"""What people are told of what a provider refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tandem.events import RefusedParameter
from tandem_api.workers.refused import asked_without, concerns, without_confidence

AGENT: dict[str, Any] = {
    "provider": "openai",
    "model": "small",
    "confidence_strategy": "token_probability",
    "parameters": {"logprobs": True, "temperature": 0.0, "seed": None, "reasoning_effort": "low"},
}


def refused(parameter: str = "logprobs", **more: Any) -> RefusedParameter:
    return RefusedParameter(**{"parameter": parameter, "effort": "low", "message": "not with reasoning.", **more})


@pytest.mark.parametrize(
    ("depends_on", "ours"),
    [
        ({}, True),
        ({"effort": None}, True),
        ({"effort": ""}, False),
        ({"effort": "high"}, False),
        ({"schema_key": "one"}, True),
        ({"schema_key": "two"}, False),
    ],
)
def test_a_refusal_concerns_calls_of_its_kind(depends_on: dict[str, Any], ours: bool) -> None:
    assert concerns(refused(**depends_on), effort="low", schema="one") is ours


def test_it_is_told_why_labels_have_no_confidence_and_what_to_do() -> None:
    told = without_confidence(AGENT, [refused("seed"), refused()], to_people=True)

    assert told == (
        "Provider openai refuses log-probabilities for small with reasoning effort low (not with reasoning), so labels "
        "have no confidence and go to people. One call asks for them again from time to time. Choose the confidence "
        "strategy `stated`, or `agreement` with several samples, if that lasts."
    )


@pytest.mark.parametrize(
    "changed", [{"confidence_strategy": "stated"}, {"parameters": {**AGENT["parameters"], "logprobs": False}}]
)
def test_nothing_is_told_of_log_probabilities_that_nobody_reads(changed: dict[str, Any]) -> None:
    assert without_confidence(AGENT | changed, [refused()], to_people=True) is None


def test_what_else_is_left_out_is_told_where_the_agent_wants_it() -> None:
    told = asked_without(AGENT, [refused("temperature"), refused("seed"), refused("response_format")])

    assert told == "Provider openai refuses a JSON Schema and temperature for small: it is asked without."
    assert asked_without(AGENT, [refused("seed")]) is None
