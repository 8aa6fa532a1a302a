"""What is read from the very words of different servers."""

from __future__ import annotations

from typing import Any

import pytest

from tandem.events import ErrorKind
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import CallVerdict, failure, said_wait

SENT = {
    "max_tokens": 64, "temperature": 0.0, "top_p": 1, "seed": 7, "logprobs": True, "top_logprobs": 10,
    "reasoning_effort": "low", "response_format": {}, "n": 3,
}  # fmt: skip


def judged(status: int, body: Any) -> Any:
    return failure(status, ErrorBody.of(body), sent=SENT, headers={})


def openai_error(message: str, param: str | None = None, code: str | None = None) -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@pytest.mark.parametrize(
    ("body", "parameter", "most"),
    [
        (
            openai_error(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                "max_tokens",
                "unsupported_parameter",
            ),
            "max_tokens",
            None,
        ),
        (
            openai_error(
                "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
                "supported.",
                "temperature",
                "unsupported_value",
            ),
            "temperature",
            None,
        ),
        (
            openai_error(
                "logprobs are not supported with reasoning models.",
                "include",
                "unsupported_parameter",
            ),
            "logprobs",
            None,
        ),
        (
            openai_error(
                "Unsupported parameter: 'reasoning.effort' is not supported with this model.", "reasoning.effort"
            ),
            "reasoning_effort",
            None,
        ),
        (
            openai_error(
                "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
            ),
            "response_format",
            None,
        ),
        (openai_error("Unrecognized request arguments supplied: logprobs, top_logprobs"), "logprobs", None),
        (openai_error("Unrecognized request argument supplied: seed"), "seed", None),
        (
            [
                {
                    "error": {
                        "code": 400,
                        "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
                    }
                }
            ],
            "seed",
            None,
        ),
        (
            {
                "object": "error",
                "message": "Requested sample logprobs of 10, which is greater than max allowed: 5",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
            "top_logprobs",
            5,
        ),
        (
            openai_error(
                "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you "
                "provided 100000.",
                "max_tokens",
            ),
            "max_tokens",
            16384,
        ),
        (openai_error("This response_format type is unavailable now"), "response_format", None),
        (openai_error("Unsupported parameter: 'n'.", "n"), "n", None),
    ],
)
def test_the_parameter_that_is_not_taken(body: Any, parameter: str, most: int | None) -> None:
    failed = judged(400, body)

    assert failed.kind is ErrorKind.BAD_REQUEST
    assert failed.complaint
    assert (failed.complaint.parameter, failed.complaint.most) == (parameter, most)


def test_a_schema_that_is_not_taken_is_not_the_end_of_structured_output() -> None:
    text = "Invalid schema for response_format 'labels': In context=(), 'required' is required to be supplied"
    failed = judged(400, openai_error(text, "response_format"))

    assert failed.complaint
    assert failed.complaint.of_this_schema


@pytest.mark.parametrize(
    "message",
    [
        "This model is only supported in v1/responses and not in v1/chat/completions.",
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
    ],
)
def test_a_model_of_the_other_api(message: str) -> None:
    failed = judged(404, openai_error(message, "model"))

    assert failed.complaint
    assert failed.complaint.other_api


@pytest.mark.parametrize(
    ("status", "body", "window", "prompt"),
    [
        (
            400,
            openai_error(
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 8235 tokens. "
                "Please reduce the length of the messages.",
                "messages",
                "context_length_exceeded",
            ),
            8192,
            8235,
        ),
        (
            400,
            {
                "object": "error",
                "message": "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens "
                "(568 in the messages, 6048 in the completion).",
                "code": 400,
            },
            6048,
            568,
        ),
        (
            400,
            openai_error(
                "'max_tokens' or 'max_completion_tokens' is too large: 64. This model's maximum context length is 4096 "
                "tokens and your request has 4070 input tokens (64 > 4096 - 4070)."
            ),
            4096,
            4070,
        ),
        (
            400,
            openai_error("Your input exceeds the context window of this model. Please adjust your input."),
            None,
            None,
        ),
        (400, {"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}}, 200000, 210000),
        (
            400,
            {
                "error": {
                    "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
                }
            },
            1048576,
            1200000,
        ),
        (
            400,
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size (4096 tokens), try increasing it",
                    "type": "exceed_context_size_error",
                }
            },
            4096,
            None,
        ),
        (
            429,
            openai_error("Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45000."),
            None,
            None,
        ),
    ],
)
def test_a_prompt_that_is_too_long(status: int, body: Any, window: int | None, prompt: int | None) -> None:
    failed = judged(status, body)

    assert (failed.kind, failed.verdict) == (ErrorKind.TOO_LONG, CallVerdict.PERMANENT)
    found = failed.complaint
    assert (found.context_window if found else None, found.prompt_tokens if found else None) == (window, prompt)


@pytest.mark.parametrize(
    ("status", "body", "kind", "verdict"),
    [
        (
            429,
            {
                "error": {
                    "message": "You exceeded your current quota, please check your plan and billing details.",
                    "type": "insufficient_quota",
                    "code": "insufficient_quota",
                }
            },
            ErrorKind.QUOTA_EXHAUSTED,
            CallVerdict.STOPPED,
        ),
        (
            429,
            [
                {
                    "error": {
                        "code": 429,
                        "message": "You exceeded your current quota, please check your plan and billing details. "
                        "Please retry in 59.5s.",
                        "status": "RESOURCE_EXHAUSTED",
                    }
                }
            ],
            ErrorKind.RATE_LIMITED,
            CallVerdict.RATE_LIMITED,
        ),
        (
            429,
            openai_error(
                "Rate limit reached for gpt-4o on requests per min (RPM): Limit 3. Please try again in 20s. You can "
                "increase your rate limit by adding a payment method at the billing page."
            ),
            ErrorKind.RATE_LIMITED,
            CallVerdict.RATE_LIMITED,
        ),
        (
            400,
            openai_error("Billing hard limit has been reached", code="billing_hard_limit_reached"),
            ErrorKind.QUOTA_EXHAUSTED,
            CallVerdict.STOPPED,
        ),
        (
            402,
            {"error": {"code": 402, "message": "This request requires more credits, or fewer max_tokens."}},
            ErrorKind.QUOTA_EXHAUSTED,
            CallVerdict.STOPPED,
        ),
        (
            400,
            {"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}},
            ErrorKind.AUTHENTICATION,
            CallVerdict.STOPPED,
        ),
        (
            401,
            {"statusCode": 401, "message": "Access denied due to invalid subscription key."},
            ErrorKind.AUTHENTICATION,
            CallVerdict.STOPPED,
        ),
        (
            400,
            {
                "error": {
                    "message": "The response was filtered due to the prompt triggering the content management policy.",
                    "type": None,
                    "param": "prompt",
                    "code": "content_filter",
                    "innererror": {"code": "ResponsibleAIPolicyViolation"},
                }
            },
            ErrorKind.CONTENT_FILTER,
            CallVerdict.PERMANENT,
        ),
        (
            403,
            {"error": {"code": 403, "message": "Your chosen model requires moderation and your input was flagged"}},
            ErrorKind.CONTENT_FILTER,
            CallVerdict.PERMANENT,
        ),
        (
            404,
            {
                "error": {
                    "code": "DeploymentNotFound",
                    "message": "The API deployment for this resource does not exist.",
                }
            },
            ErrorKind.BAD_REQUEST,
            CallVerdict.STOPPED,
        ),
        (
            404,
            openai_error('model "llama9" not found, try pulling it first'),
            ErrorKind.BAD_REQUEST,
            CallVerdict.STOPPED,
        ),
    ],
)
def test_one_meaning_for_the_words_of_many(status: int, body: Any, kind: ErrorKind, verdict: CallVerdict) -> None:
    failed = judged(status, body)

    assert (failed.kind, failed.verdict, failed.complaint) == (kind, verdict, None)


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 20s.", 20.0),
        ("Please try again in 6ms.", 0.006),
        ("Please try again in 7m12s. Visit", 432.0),
        ("Please retry after 58 seconds.", 58.0),
        ("Please retry in 59.5s.", 59.5),
        ("later", None),
    ],
)
def test_the_wait_that_a_message_names(message: str, seconds: float | None) -> None:
    assert said_wait(message) == (None if seconds is None else pytest.approx(seconds))
