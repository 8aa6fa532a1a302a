"""What a job will take: ranges that hold what it took, whatever the texts are, and that say what they assume."""

from __future__ import annotations

import json
import random

import pytest

from tandem.events import Example, LabelSchemaSpec
from tandem.labeling.task_words import answer_of
from tandem.labeling.typical_answers import shortest_values, typical_values
from tandem.labeling.values import problem_with
from tandem.pricing import CallSizes, Range, ReportedLimits, estimate, prompt_tokens, text_tokens
from tandem.pricing.table import ListPrice

PRICE = ListPrice(provider="p", models=("m",), input=1.0, cached_input=0.1, output=4.0)
ANSWER = Range(3, 6, 64)


def sizes(*prompts: float, constant: float = 0.0, samples: int = 1) -> CallSizes:
    exactly = [Range(each, each, each) for each in prompts]
    return CallSizes(exactly, Range(constant, constant, constant), ANSWER, counted=True, samples=samples)


@pytest.mark.parametrize(
    "text", ["", "What a day!", "Straße für Äpfel", "今天天气很好。", "https://t.co/x1Y2 #tag @who"]
)
def test_a_text_has_between_a_quarter_and_several_tokens_a_word(text: str) -> None:
    found = text_tokens(text)
    assert 0 <= found.low <= found.likely <= found.high
    assert text_tokens(text, len) == Range(len(text), len(text), len(text))


def test_a_prompt_has_what_a_chat_adds_and_at_most_the_schema_of_the_answer() -> None:
    messages = [{"role": "system", "content": "abc"}, {"role": "user", "content": "de"}]
    plain = prompt_tokens(messages, len)
    assert (plain.low, plain.likely) == (5, 5 + 3 + 2 * 4)
    assert prompt_tokens(messages, len, response_format={"a": 1}) == plain + Range(0, 0, len('{"a": 1}'))


def test_all_records_looked_at_leave_nothing_open_of_the_prompts() -> None:
    found = estimate(sizes(10, 30), records=2, price=PRICE, limits=None, model="m")
    assert found.prompt_tokens == Range(40, 40, 40)
    assert found.output_tokens == Range(6, 12, 128)
    assert found.usd is not None
    assert found.usd.low == pytest.approx((40 + 6 * 4) / 1e6)
    assert found.usd.high == pytest.approx((40 + 128 * 4) / 1e6)
    assert found.seconds is None


def test_the_constant_part_is_cheaper_at_best() -> None:
    found = estimate(sizes(100, 100, constant=90), records=2, price=PRICE, limits=None, model="m")
    assert found.usd is not None
    assert found.usd.low == pytest.approx((20 + 180 * 0.1 + 6 * 4) / 1e6)


def test_samples_pay_for_the_prompt_once_or_each_time() -> None:
    found = estimate(sizes(10, samples=3), records=1, price=None, limits=None, model="m")
    assert (found.prompt_tokens.low, found.prompt_tokens.high) == (10, 30)
    assert found.output_tokens == Range(9, 18, 192)
    assert found.usd is None
    assert any("No price is known of m" in each for each in found.assumes)


def test_a_sample_of_the_records_holds_the_sum_of_all_in_98_of_100_cases() -> None:
    held = 0
    for seed in range(200):
        draw = random.Random(seed)  # noqa: S311 - made-up lengths, no secret
        lengths = [draw.randint(20, 400) for _ in range(300)]
        found = estimate(sizes(*lengths[::6]), records=300, price=None, limits=None, model="m").prompt_tokens
        held += found.low <= sum(lengths) <= found.high
    assert held >= 196


def test_the_time_is_what_the_tighter_limit_leaves() -> None:
    requests = ReportedLimits(requests_per_minute=60, calls_in_flight=100)
    found = estimate(sizes(*[10] * 120), records=120, price=None, limits=requests, model="m").seconds
    assert found is not None
    assert found.low < 120 <= found.likely <= found.high
    tokens = ReportedLimits(requests_per_minute=60, tokens_per_minute=160, calls_in_flight=100)
    found = estimate(sizes(*[10] * 120), records=120, price=None, limits=tokens, model="m").seconds
    assert found is not None
    assert found.likely == pytest.approx(120 * 16 / 160 * 60)


def test_without_a_limit_only_the_slowest_is_known() -> None:
    found = estimate(sizes(10), records=100, price=None, limits=ReportedLimits(calls_in_flight=10), model="m").seconds
    assert found == Range(0, 10, 100)
    assert estimate(sizes(10), records=9, price=None, limits=ReportedLimits(), model="m").seconds is None


def test_a_call_that_was_made_takes_the_place_of_what_calls_usually_take() -> None:
    limits = ReportedLimits(calls_in_flight=10)
    found = estimate(sizes(10), records=100, price=None, limits=limits, model="m", call_seconds=0.25)
    assert found.seconds == Range(0, 2.5, 10)
    assert any("0.25 s of the one that was made" in each for each in found.assumes)
    slow = estimate(sizes(10), records=100, price=None, limits=limits, model="m", call_seconds=30.0)
    assert slow.seconds == Range(0, 300, 1200), "a slow server is no surprise after the probe"


@pytest.mark.parametrize(
    "task",
    [
        {"kind": "single_choice", "name": "t", "options": [{"value": "yes"}, {"value": "a"}]},
        {"kind": "multiple_choice", "name": "t", "options": [{"value": "yes"}, {"value": "a"}], "at_least": 1},
        {"kind": "span", "name": "t", "options": [{"value": "yes"}]},
        {"kind": "number", "name": "t", "minimum": -5, "maximum": 1000},
        {"kind": "number", "name": "t", "minimum": 2, "maximum": 5},
        {"kind": "text", "name": "t", "min_length": 3},
    ],
)
def test_the_shortest_answer_is_no_longer_than_a_typical_one_and_both_fit_the_task(task: dict[str, object]) -> None:
    schema = LabelSchemaSpec.model_validate({"label_schema_id": "s", "version": 1, "name": "s", "tasks": [task]})
    short, typical = shortest_values(schema), typical_values(schema)
    assert problem_with(schema.tasks[0], short["t"]) is None
    assert problem_with(schema.tasks[0], typical["t"]) is None
    answers = [answer_of(schema, Example(fields={}, values=values)) for values in (short, typical)]
    assert len(answers[0]) <= len(answers[1])
    assert all(json.loads(each).keys() == {"t"} for each in answers)
