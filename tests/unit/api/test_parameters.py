"""What an agent's calls take where the caller did not say."""

from __future__ import annotations

from typing import Any

import pytest

from builders import a_schema, some_options
from tandem.events import (
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)
from tandem_api.resources.agents.parameters import parameters_of, room_for_answers
from tandem_api.resources.agents.schemas import AgentCreate

OPTIONS = some_options("positive", "negative")
CHOICE = SingleChoiceTask(name="sentiment", options=OPTIONS)


def agent(**more: Any) -> AgentCreate:
    return AgentCreate.model_validate({"name": "a", "provider": "p", "model": "m", "label_schema_id": "s", **more})


def test_a_choice_has_room_for_its_label_and_several_tasks_for_all_of_them() -> None:
    assert room_for_answers(a_schema(CHOICE)) == 64
    spans, gist = SpanTask(name="people", options=OPTIONS), TextTask(name="gist", max_length=400)
    assert room_for_answers(a_schema(CHOICE, spans)) > 100
    whole = room_for_answers(a_schema(CHOICE, spans, NumberTask(name="stars", minimum=1, maximum=5), gist))
    assert whole >= 400 / 4 + room_for_answers(a_schema(CHOICE, spans))


@pytest.mark.parametrize("length", [1, 5000])
def test_a_text_of_any_length_has_room(length: int) -> None:
    assert 64 <= room_for_answers(a_schema(TextTask(name="t", max_length=length))) <= 4096
    assert room_for_answers(a_schema(TextTask(name="t", max_length=length))) >= length / 5


def test_what_the_caller_says_holds() -> None:
    text = a_schema(TextTask(name="t", max_length=5000))
    assert parameters_of(agent(parameters={"max_tokens": 7, "logprobs": True}), text).max_tokens == 7
    stated = agent(confidence_strategy="stated", parameters={"logprobs": True})
    assert parameters_of(stated, text).logprobs
    assert not parameters_of(agent(confidence_strategy="stated"), text).logprobs
    assert parameters_of(agent(), text).logprobs
