"""Where the text of an answer stands, by both APIs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tandem.events import ErrorKind
from tandem_llm_worker.providers import chat, responses
from tandem_llm_worker.providers.answers import CUT, FILTERED, REFUSED
from tandem_llm_worker.providers.errors import CallFailed

JSON = '{"sentiment": "positive"}'
TOKENS = [{"token": '{"sentiment": "', "logprob": -0.1}, {"token": 'positive"}', "logprob": -0.2}]


def message(text: str, phase: str | None = None, **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, **more}
    return {"type": "message", "content": [part], **({} if phase is None else {"phase": phase})}


def response(*items: Any, **more: Any) -> bytes:
    return orjson.dumps({"output": list(items), **more})


def completion(message: Any, *, finish_reason: Any = "stop", **more: Any) -> bytes:
    return orjson.dumps({"choices": [{"message": message, "finish_reason": finish_reason, **more}]})


@pytest.mark.parametrize(
    ("items", "place"),
    [
        ([message("I look at the text.", "commentary"), message(JSON, "final_answer")], None),
        ([message(JSON, "final_answer"), message("negative", "commentary")], None),
        ([message("negative", "commentary"), message(JSON)], None),
        ([{"type": "reasoning", "summary": []}, {"type": "message", "content": JSON}], None),
        ([message(f"I look at it.\n{JSON}", "commentary")], "commentary"),
        ([{"type": "function_call", "name": "label", "arguments": JSON}], "function_call"),
        ([{"type": "reasoning", "content": [{"type": "reasoning_text", "text": f"Glad.\n{JSON}"}]}], "reasoning"),
        ([None, "odd", message(JSON)], None),
    ],
)
def test_the_answer_of_a_response_is_its_final_message(items: list[Any], place: str | None) -> None:
    (found,) = responses.read(response(*items)).completions

    assert (found.text, found.place) == (JSON, place)


def test_a_response_without_an_answer_says_what_stood_there() -> None:
    thought = [{"type": "reasoning_text", "text": "It may be glad.\nOr not."}]

    with pytest.raises(CallFailed) as raised:
        responses.read(response({"type": "reasoning", "content": thought}))

    assert raised.value.kind is ErrorKind.MALFORMED
    assert "has no text in `output`; `reasoning` holds a thought of 23 characters" in raised.value.message


def test_a_response_that_was_cut_in_its_thought_is_cut() -> None:
    thought = {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "positive"}]}
    cut = response(thought, status="incomplete", incomplete_details={"reason": "max_output_tokens"})

    (found,) = responses.read(cut).completions

    assert (found.text, found.finish_reason) == ("", CUT)


def test_a_refusal_stays_one() -> None:
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}

    assert responses.read(response(refusal)).completions[0].finish_reason == REFUSED
    assert chat.read(completion({"content": None, "refusal": "no"})).completions[0].finish_reason == REFUSED
    chunks = {"content": [{"type": "refusal", "refusal": "no"}]}
    assert chat.read(completion(chunks)).completions[0].finish_reason == REFUSED


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("model_length", CUT),
        ("MAX_TOKENS", CUT),
        ("SAFETY", FILTERED),
        ("content_filter", FILTERED),
        ("tool_calls", "tool_calls"),
        ({"type": "stop"}, None),
        (None, None),
    ],
)
def test_why_an_answer_ended_is_told_in_one_language(said: Any, meant: str | None) -> None:
    (found,) = chat.read(completion({"content": JSON}, finish_reason=said)).completions

    assert found.finish_reason == meant


def test_a_thought_that_was_cut_is_no_answer() -> None:
    (found,) = chat.read(completion({"content": None, "reasoning_content": "positive"}, finish_reason=CUT)).completions

    assert (found.text, found.finish_reason, found.place) == ("", CUT, None)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"content": JSON}, True),
        ({"content": [{"type": "text", "text": JSON}]}, True),
        ({"content": [{"type": "thinking", "thinking": "well"}, {"type": "text", "text": f" {JSON}"}]}, False),
        ({"content": None, "reasoning_content": f"well\n{JSON}"}, True),
    ],
)
def test_log_probabilities_are_kept_where_they_are_of_this_text(written: Any, kept: bool) -> None:
    (found,) = chat.read(completion(written, logprobs={"content": TOKENS})).completions

    assert (found.logprobs is not None) is kept


def test_log_probabilities_of_a_thought_before_the_answer_are_left_out() -> None:
    tokens = [{"token": "well\n", "logprob": -3.0}, *TOKENS]

    (found,) = chat.read(completion({"reasoning": f"well\n{JSON}"}, logprobs={"content": tokens})).completions

    assert found.logprobs
    assert "".join(token.token for token in found.logprobs) == found.text == JSON


def test_counts_of_tokens_that_are_none_spoil_no_answer() -> None:
    usage = {"prompt_tokens": "many", "completion_tokens": -3, "completion_tokens_details": {"reasoning_tokens": 4}}
    body = orjson.dumps({"choices": [{"message": {"content": JSON}}], "usage": usage})

    answer = chat.read(body)

    assert answer.completions[0].text == JSON
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.reasoned) == (0, 0, True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"object": "error", "message": "overloaded", "code": 503}, ErrorKind.SERVER_ERROR),
        ({"detail": "rate limit reached"}, ErrorKind.RATE_LIMITED),
        ({"error": "the model is not loaded", "error_type": "overloaded"}, ErrorKind.RATE_LIMITED),
    ],
)
def test_an_error_with_status_200_is_one_whatever_its_shape(body: Any, kind: ErrorKind) -> None:
    with pytest.raises(CallFailed) as raised:
        chat.read(orjson.dumps(body))

    assert raised.value.kind is kind


def test_an_error_in_a_success_is_read_with_the_parameters_of_the_call() -> None:
    error = {"code": 400, "message": "Provider returned error", "metadata": {"raw": "logprobs is not supported"}}

    with pytest.raises(CallFailed) as raised:
        chat.read(orjson.dumps({"error": error}), sent=("logprobs", "seed"))

    assert raised.value.complaint
    assert raised.value.complaint.parameters == ("logprobs",)
