from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.runtime.openai_chat import completion, read_choice, write_answer

SYSTEM = """Classify the text.

Labels:
- positive: The writer is pleased.
- negative: The writer is not.
- mixed
Answer with one label.
- not an option"""


def schema_request(*options: str, name: str = "label") -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": "string", "enum": list(options)}}}
    return {
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "What a day!"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    }


def test_options_come_from_the_schema_and_their_descriptions_from_the_system_message() -> None:
    asked = read_choice(schema_request("Positive", "negative", name="sentiment"))
    assert asked is not None
    assert asked.options == ("Positive", "negative")
    assert asked.property_name == "sentiment"
    assert asked.descriptions == {"Positive": "The writer is pleased.", "negative": "The writer is not."}
    assert asked.text == "What a day!"


def test_without_a_schema_the_first_list_of_the_system_message_holds_the_options() -> None:
    request = schema_request("a")
    del request["response_format"]
    asked = read_choice(request)
    assert asked is not None
    assert asked.options == ("positive", "negative", "mixed")
    assert asked.property_name is None


def test_labels_in_quotes_are_read_whole() -> None:
    request = schema_request("a")
    del request["response_format"]
    listed = 'Labels:\n- "late" (Delay): came too late\n- "A: billing"\n- "B: shipping": parcels\n'
    request["messages"][0]["content"] = listed
    asked = read_choice(request)
    assert asked is not None
    assert asked.options == ("late", "A: billing", "B: shipping")
    assert asked.descriptions == {"late": "came too late", "B: shipping": "parcels"}


def test_a_request_without_options_is_no_choice() -> None:
    assert read_choice({"messages": [{"role": "user", "content": "Hello"}]}) is None


@given(
    labels=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8, unique=True),
    token_length=st.one_of(st.none(), st.integers(1, 5)),
    data=st.data(),
)
def test_the_tokens_spell_the_answer_and_multiply_to_its_probability(
    labels: list[str], token_length: int | None, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.floats(0.01, 1), min_size=len(labels), max_size=len(labels)))
    probabilities = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    chosen = data.draw(st.sampled_from(labels))
    content, tokens = write_answer(chosen, probabilities, property_name="label", token_length=token_length)
    assert json.loads(content) == {"label": chosen}
    assert "".join(token["token"] for token in tokens) == content
    assert math.exp(sum(token["logprob"] for token in tokens)) == pytest.approx(probabilities[chosen])
    for token in tokens:
        alternatives = {entry["token"]: math.exp(entry["logprob"]) for entry in token["top_logprobs"]}
        assert sum(alternatives.values()) == pytest.approx(1)
        assert alternatives[token["token"]] == pytest.approx(math.exp(token["logprob"]))


def test_log_probabilities_are_given_when_asked_for_and_no_more_alternatives_than_asked() -> None:
    content, tokens = write_answer("a", {"a": 0.5, "b": 0.3, "c": 0.2}, property_name=None)
    request = {"model": "m", "messages": [], "logprobs": True, "top_logprobs": 2}
    body = completion(request, answer_id="1", created=0, content=content, tokens=tokens)
    (given_token,) = body["choices"][0]["logprobs"]["content"]
    assert [entry["token"] for entry in given_token["top_logprobs"]] == ["a", "b"]
    silent = completion({"model": "m"}, answer_id="1", created=0, content=content, tokens=tokens)
    assert silent["choices"][0]["logprobs"] is None


def test_numbers_that_are_enumerated_are_no_options() -> None:
    properties = {"stars": {"type": "integer", "enum": [1, 2]}, "mood": {"type": "string", "enum": ["glad", "sad"]}}
    schema = {"type": "object", "properties": properties}
    form = {"type": "json_schema", "json_schema": {"name": "labels", "schema": schema}}

    asked = read_choice({"messages": [{"role": "user", "content": "x"}], "response_format": form})

    assert asked is not None
    assert (asked.property_name, asked.options) == ("mood", ("glad", "sad"))
