"""One reading for the errors of many providers, in the shapes that they document or that people reported."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tandem.events import ErrorKind
from tandem_llm_worker.providers.chat import read as read_chat
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict, failure
from tandem_llm_worker.providers.responses import read as read_response

SENT = {
    "max_tokens": 64, "temperature": 0.0, "top_p": 1, "seed": 7, "logprobs": True, "top_logprobs": 10,
    "reasoning_effort": "low", "response_format": {}, "n": 3,
}  # fmt: skip


def judged(status: int, body: Any) -> CallFailed:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return failure(status, ErrorBody.parse(content), sent=SENT, headers={})


def entry(name: str, kind: str = "extra_forbidden", message: str = "Extra inputs are not permitted") -> dict[str, Any]:
    return {"type": kind, "loc": ["body", name], "msg": message, "input": "the record"}


CEREBRAS = (
    '{"message": "Unsupported JSON schema fields: {\'minItems\', \'items\'}", "param": "response_format", '
    '"code": "wrong_api_format"}'
)
LITELLM = 'litellm.BadRequestError: OpenAIException - {"error": {"param": "top_p", "message": "no"}}'


@pytest.mark.parametrize(
    ("status", "body", "parameters"),
    [
        # Mistral
        (422, {"object": "error", "message": {"detail": [entry("seed"), entry("logprobs")]}}, ["seed", "logprobs"]),
        # FastAPI servers: TGI's successors, SGLang, Together
        (422, {"detail": [entry("top_logprobs"), entry("messages")]}, ["top_logprobs"]),
        (400, {"detail": "Invalid top_logprobs and logprobs value"}, ["top_logprobs"]),  # DeepSeek
        # vLLM
        (400, {"object": "error", "message": f"[{entry('seed')!r}]", "code": 400}, ["seed"]),
        (400, {"object": "error", "message": "[{'loc': ('body', 'n'), 'msg': 'not permitted'}]"}, ["n"]),
        # Fireworks
        (400, {"error": {"message": "Extra inputs are not permitted, field: 'seed', value: 1"}}, ["seed"]),
        # xAI: the error is a string beside its code
        (
            400,
            {"code": "Client specified an invalid argument", "error": "Argument not supported on this model: logprobs"},
            ["logprobs"],
        ),
        # LM Studio
        (400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}, ["response_format"]),
        # Gemini
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "Invalid request",
                        "details": [
                            {
                                "@type": "type.googleapis.com/google.rpc.BadRequest",
                                "fieldViolations": [
                                    {"field": "seed", "description": "Unknown name: Cannot find field."}
                                ],
                            }
                        ],
                    }
                }
            ],
            ["seed"],
        ),
        (400, {"error": {"code": 400, "message": "Logprobs is not enabled for models/m"}}, ["logprobs"]),
        # OpenRouter: what the provider said stands in a string of JSON
        (
            400,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": '{"error": {"message": "Unsupported parameter", "param": "temperature"}}'},
                }
            },
            ["temperature"],
        ),
        # LiteLLM
        (
            400,
            {
                "error": {
                    "message": "litellm.UnsupportedParamsError: x does not support parameters: ['seed', 'n'], for m."
                }
            },
            ["seed", "n"],
        ),
        (
            400,
            {"error": {"message": LITELLM}},
            ["top_p"],
        ),
        # Azure and OpenAI, all in one sentence
        (
            400,
            {"error": {"message": "Unrecognized request arguments supplied: logprobs, top_logprobs, seed"}},
            ["logprobs", "top_logprobs", "seed"],
        ),
        # plain text
        (400, b"Unsupported parameter: reasoning_effort", ["reasoning_effort"]),
    ],
)
def test_every_parameter_that_is_named_is_found(status: int, body: Any, parameters: list[str]) -> None:
    failed = judged(status, body)

    assert failed.kind is ErrorKind.BAD_REQUEST
    assert failed.complaint
    assert sorted(failed.complaint.parameters) == sorted(parameters)


def test_a_bound_is_found_where_anthropic_names_it() -> None:
    text = "max_tokens: 9999 > 8192, which is the maximum allowed number of output tokens for m"

    failed = failure(
        400, ErrorBody.of({"type": "error", "error": {"message": text}}), sent={"max_tokens": 1}, headers={}
    )

    assert failed.complaint
    assert (failed.complaint.parameters, failed.complaint.most) == (("max_tokens",), 8192)


def test_a_prompt_that_tgi_has_no_room_for_is_too_long() -> None:
    text = "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"

    failed = judged(422, {"error": text, "error_type": "validation"})

    assert failed.kind is ErrorKind.TOO_LONG
    assert failed.complaint
    assert (failed.complaint.context_window, failed.complaint.prompt_tokens) == (4096, 5000)


@pytest.mark.parametrize(
    ("status", "message", "keywords"),
    [
        (
            400,
            "Invalid schema for response_format 'x': In context=('properties', 'a'), 'maxLength' is not permitted.",
            {"maxLength"},
        ),
        (
            400,
            "invalid schema for response format: response_format/json_schema/a: minItems is not supported",
            {"minItems"},
        ),
        (400, "output_config.format.schema: For 'array' type, property 'maxItems' is not supported", {"maxItems"}),
        (501, "one or more response schemas specified unsupported field max_items", {"maxItems"}),
        (
            400,
            "Invalid value at 'generation_config.response_schema.properties[0].value.enum[0]' (TYPE_STRING), 1",
            {"enum"},
        ),
        (400, "The provided JSON schema contains features not supported by xgrammar.", set()),
        (400, "Failed to initialize samplers: failed to parse grammar", set()),
        (400, "JSON Schema not supported: could not understand the instance", set()),
        (
            400,
            "The specified schema produces a constraint that has too many states for serving: minimum/maximum bounds",
            set(),
        ),
    ],
)
def test_keywords_of_the_schema_are_told_from_the_schema(status: int, message: str, keywords: set[str]) -> None:
    failed = judged(status, {"error": {"message": message}})

    assert failed.complaint
    assert failed.complaint.of_this_schema
    assert set(failed.complaint.keywords) == keywords


def test_keywords_within_a_routers_error_are_found() -> None:
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": CEREBRAS}}}

    failed = judged(400, body)

    assert failed.complaint
    assert failed.complaint.keywords == ("minItems",)


@pytest.mark.parametrize("code", ["json_validate_failed", None])
def test_a_badly_written_answer_is_the_models_slip(code: str | None) -> None:
    error = {"message": "Failed to validate JSON.", "code": code, "failed_generation": '{"a": b}'}

    failed = judged(400, {"error": error})

    assert (failed.kind, failed.verdict, failed.complaint) == (ErrorKind.MALFORMED, CallVerdict.TRANSIENT, None)
    assert failed.generated == '{"a": b}'


def test_the_whole_body_is_at_hand_and_a_page_is_told_by_its_title() -> None:
    body = [{"error": {"code": 429, "message": "slow", "details": [{"retryDelay": "5s"}]}}]
    page = judged(502, b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>x</body></html>")

    failed = judged(429, body)

    assert failed.body
    assert failed.body.raw == body
    assert page.message == "502 Bad Gateway"
    assert page.kind is ErrorKind.SERVER_ERROR


def test_what_a_server_echoes_of_the_request_is_not_told() -> None:
    failed = judged(422, {"detail": [{**entry("seed"), "ctx": {"value": "the record"}}]})

    assert failed.message == "seed: Extra inputs are not permitted"


def test_keys_are_not_told() -> None:
    assert "sk-" not in judged(400, {"error": {"message": "odd key sk-abcdefghij"}}).message


_KEYS = st.sampled_from(
    ["error", "message", "detail", "details", "loc", "msg", "param", "code", "type", "raw", "metadata", "errors",
     "choices", "output", "content", "text", "usage", "tool_calls", "function", "arguments", "reasoning_content",
     "logprobs", "refusal", "finish_reason", "failed_generation", "phase", "incomplete_details", "summary", "thinking"]
)  # fmt: skip
_WILD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["message", "output_text", "text", "{", '{"error": {"message": "x"}}', "[{'loc': ('body', 'n')"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@settings(deadline=None)
@given(_WILD, st.sampled_from([400, 401, 404, 413, 422, 429, 500, 503]))
def test_no_error_is_too_wild(body: Any, status: int) -> None:
    failed = judged(status, body)

    assert failed.message
    assert len(failed.message) <= 400


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_are_too_wild(content: bytes) -> None:
    ErrorBody.parse(content)


def test_a_body_without_bottom_is_read_in_bounds() -> None:
    ErrorBody.parse(b"[" * 5000)
    ErrorBody.parse(b'{"error":' * 300 + b'"x"' + b"}" * 300)
    ErrorBody.of({"errors": [{"message": str(number)} for number in range(5000)]})


@settings(deadline=None)
@given(st.dictionaries(_KEYS, _WILD, max_size=4), st.booleans())
def test_no_answer_raises_anything_but_a_failed_call(message: Any, wild: bool) -> None:
    chat = {
        "choices": message if wild else [{"message": message, "finish_reason": "stop"}],
        **({} if wild else {"usage": message}),
    }
    response = {"output": message if wild else [{"type": "message", **message}], "usage": message}
    for read, body in ((read_chat, chat), (read_response, response)):
        try:
            read(orjson.dumps(body))
        except CallFailed as failed:
            assert failed.message  # noqa: PT017 - any outcome but another exception is right
