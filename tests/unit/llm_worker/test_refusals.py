"""What a model refuses is kept by what it depends on, for a while, and tried again by one call at a time."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tandem.events import LabelOption, ModelParameters, MultipleChoiceTask
from tandem.labeling.answer_format import response_format, schema_key
from tandem_llm_worker.providers.capabilities import Capabilities
from tandem_llm_worker.providers.complaints import Complaint
from tandem_llm_worker.providers.refusals import FIRST_SECONDS, MOST_KEPT, TRIAL_SECONDS, Key, ParameterRefusals
from tandem_llm_worker.settings import ModelSettings

from llm_worker_line import SCHEMA  # isort: skip - a module of the tests

PLAIN = ModelParameters()
LOW = ModelParameters(reasoning_effort="low")
FORMAT = response_format(SCHEMA)
LISTS = SCHEMA.model_copy(
    update={
        "tasks": (
            MultipleChoiceTask(name="topics", options=tuple(LabelOption(value=each) for each in "abcde"), at_least=1),
        )
    }
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock: Clock) -> Capabilities:
    return Capabilities(refusals=ParameterRefusals(clock=clock, jitter=lambda low, high: (low + high) / 2))


def sent(model: Capabilities, wanted: ModelParameters = PLAIN, schema: str = "one", **more: Any) -> dict[str, Any]:
    more = {"response_format": FORMAT, **more}
    return model.parameters(wanted, max_tokens=64, schema_key=schema, **more)


def trial(model: Capabilities, wanted: ModelParameters = PLAIN, schema: str = "one") -> Any:
    return model.trial(wanted, schema, lambda trying: sent(model, wanted, schema, trying=trying))


def refuse(model: Capabilities, name: str, wanted: ModelParameters = PLAIN, schema: str = "one", **more: Any) -> None:
    model.learn(
        Complaint(name, **more), sent=sent(model, wanted, schema), schema_key=schema, effort=wanted.reasoning_effort
    )


def test_a_refusal_with_one_effort_or_schema_says_nothing_of_others(model: Capabilities) -> None:
    refuse(model, "logprobs", LOW)

    assert "logprobs" not in sent(model, LOW)
    assert "top_logprobs" not in sent(model, LOW)
    assert sent(model)["logprobs"]
    assert sent(model, LOW, "another schema")["logprobs"]
    assert model.dropped == ("logprobs", "top_logprobs")


def test_a_refusal_by_one_api_says_nothing_of_the_other(model: Capabilities) -> None:
    refuse(model, "logprobs")
    model.learn(Complaint(other_api=True), sent={})

    assert model.api == "responses"
    assert sent(model)["logprobs"]


def test_several_parameters_are_dropped_by_one_complaint(model: Capabilities) -> None:
    refuse(model, "seed", also=("logprobs", "temperature"))

    assert not sent(model, PLAIN.model_copy(update={"seed": 1})).keys() & {"seed", "logprobs", "temperature"}


def test_one_call_at_a_time_tries_again_after_a_while_and_less_often_each_time(
    model: Capabilities, clock: Clock
) -> None:
    refuse(model, "logprobs")
    assert trial(model) is None

    clock.now = FIRST_SECONDS + 1
    tried = trial(model)
    assert tried is not None
    assert trial(model) is None
    assert sent(model, trying=tried)["logprobs"]
    assert "logprobs" not in sent(model)

    refuse(model, "logprobs")
    model.refusals.release(tried)
    clock.now += FIRST_SECONDS + 1
    assert trial(model) is None
    clock.now += FIRST_SECONDS
    tried = trial(model)
    assert tried is not None

    model.refusals.forget(tried.key)
    assert sent(model)["logprobs"]


def test_a_trial_without_an_outcome_leaves_the_next_call_to_try(model: Capabilities, clock: Clock) -> None:
    refuse(model, "logprobs")
    clock.now = FIRST_SECONDS + 1
    assert trial(model) is not None

    clock.now += TRIAL_SECONDS + 1

    assert trial(model) is not None


def test_only_a_call_that_would_carry_it_tries_again(model: Capabilities, clock: Clock) -> None:
    refuse(model, "logprobs")
    clock.now = FIRST_SECONDS + 1

    assert trial(model, PLAIN.model_copy(update={"logprobs": False})) is None
    clock.now += 6
    assert trial(model, LOW) is None
    clock.now += 6
    assert trial(model) is not None


@pytest.mark.parametrize(
    ("complaint", "name", "value"),
    [
        (Complaint("max_tokens", most=16), "max_tokens", 16),
        (Complaint("top_logprobs", most=5), "top_logprobs", 5),
    ],
)
def test_a_bound_is_tried_again_too(
    model: Capabilities, clock: Clock, complaint: Complaint, name: str, value: int
) -> None:
    before = sent(model)[name]
    model.learn(complaint, sent=sent(model))
    assert sent(model)[name] == value

    clock.now = FIRST_SECONDS + 1
    tried = trial(model)

    assert tried is not None
    assert sent(model, trying=tried)[name] == before


def test_the_name_of_the_room_and_the_api_are_tried_again(model: Capabilities, clock: Clock) -> None:
    refuse(model, "max_tokens")
    assert model.room == "max_completion_tokens"
    assert model.reasons
    clock.now = FIRST_SECONDS + 1
    assert "max_tokens" in sent(model, trying=trial(model))

    model.refusals.forget(Key("room"))
    assert (model.room, model.reasons) == ("max_tokens", False)
    model.learn(Complaint(other_api=True), sent={})
    clock.now += FIRST_SECONDS + 1
    assert model.api_for(trial(model)) == "chat"


def test_a_learned_context_bounds_for_a_while_and_stays_known(model: Capabilities, clock: Clock) -> None:
    model.learn(Complaint(context_window=8192), sent={})
    assert model.believed_window == 8192

    clock.now = FIRST_SECONDS + 1

    assert model.believed_window is None
    assert model.context_window == 8192


def test_room_to_reason_is_for_the_effort_whose_answer_was_cut(model: Capabilities) -> None:
    model.needs_room_to_reason(None)

    assert sent(model)["max_tokens"] > 64
    assert sent(model, PLAIN.model_copy(update={"reasoning_effort": "none"}))["max_tokens"] == 64


def test_what_the_operator_says_is_not_tried_again(clock: Clock) -> None:
    model = Capabilities(ModelSettings(not_taken=("logprobs",)), refusals=ParameterRefusals(clock=clock))
    clock.now = 1e9

    assert trial(model) is None
    assert "logprobs" not in sent(model)


def test_keywords_go_alone_then_all_bounds_then_the_schema(model: Capabilities) -> None:
    lists = response_format(LISTS)
    key = schema_key(lists)
    parameters = partial(sent, model, schema=key, response_format=lists)

    def learn(*keywords: str) -> None:
        model.learn(
            Complaint("response_format", of_this_schema=True, keywords=keywords), sent=parameters(), schema_key=key
        )

    def topics() -> Any:
        return parameters()["response_format"]["json_schema"]["schema"]["properties"]["topics"]

    assert (topics()["minItems"], topics()["maxItems"]) == (1, 5)
    learn("minItems")
    assert "minItems" not in topics()
    assert topics()["maxItems"] == 5
    learn()
    assert topics().keys() == {"type", "items"}
    assert topics()["items"]["enum"] == list("abcde")
    learn()
    assert "response_format" not in parameters()
    assert "response_format" in sent(model, schema="another", response_format=FORMAT)


def test_refusals_are_bounded(clock: Clock) -> None:
    refusals = ParameterRefusals(clock=clock)
    for number in range(MOST_KEPT + 10):
        refusals.add(Key("schema", schema=str(number)), "no")

    assert len(list(refusals)) == MOST_KEPT
