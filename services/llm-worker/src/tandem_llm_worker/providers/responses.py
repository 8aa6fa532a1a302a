"""The Responses API, for models that chat completions do not serve: the body of a call, and the answer in a body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tandem.events import Completion, Usage
from tandem_llm_worker.providers.errors import Said, failure_in_a_body
from tandem_llm_worker.providers.reading import CUT, FILTERED, NO_USAGE, REFUSED, Answer, load, logprobs_of, malformed

LEAST_TOKENS = 16
"""The API takes no smaller bound of the answer."""
_CUT_FOR = {"max_output_tokens": CUT, "content_filter": FILTERED}
_NOT_TAKEN = ("seed", "n")


def request(model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The body, made of parameters named as chat completions name them. Nothing is stored at the provider."""
    body: dict[str, Any] = {"model": model, "input": messages, "store": False}
    for name, value in parameters.items():
        if name in ("max_tokens", "max_completion_tokens"):
            body["max_output_tokens"] = max(LEAST_TOKENS, value)
        elif name == "response_format":
            body["text"] = {"format": {"type": "json_schema", **value["json_schema"]}}
        elif name == "logprobs":
            body["include"] = ["message.output_text.logprobs"]
        elif name == "reasoning_effort":
            body["reasoning"] = {"effort": value}
        elif name not in _NOT_TAKEN:
            body[name] = value
    return body


def read(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Raises CallFailed for what is not a response with text, a refusal or a reason for having none."""
    body = load(content)
    try:
        if error := body.get("error"):
            raise failure_in_a_body(Said.of(error), headers=headers)
        parts = [part for item in body["output"] if item.get("type") == "message" for part in item["content"]]
        usage, reasoned = _usage(body.get("usage"))
        completion = _completion(parts, _CUT_FOR.get(_incomplete(body), "stop"))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        reason = f"is not a response ({type(error).__name__})"
        raise malformed(reason, content, status=status, headers=headers) from error
    if not completion.text.strip() and completion.finish_reason == "stop":
        raise malformed("has no text", content, status=status, headers=headers, usage=usage)
    return Answer((completion,), usage, reasoned, headers or {})


def _completion(parts: list[dict[str, Any]], finish_reason: str) -> Completion:
    texts = [part for part in parts if part["type"] == "output_text"]
    if any(part["type"] == "refusal" for part in parts):
        finish_reason = REFUSED
    given = [part.get("logprobs") for part in texts]
    return Completion(
        text="".join(part["text"] for part in texts),
        finish_reason=finish_reason,
        logprobs=logprobs_of([token for each in given for token in each or ()]) if all(given) else None,
    )


def _incomplete(body: dict[str, Any]) -> str:
    """Why the response is not whole; empty where it is."""
    return (body.get("incomplete_details") or {}).get("reason") or ""


def _usage(usage: dict[str, Any] | None) -> tuple[Usage, bool]:
    if not usage:
        return NO_USAGE, False
    details = usage.get("input_tokens_details")
    spent = usage.get("output_tokens_details")
    counted = Usage(
        prompt_tokens=usage.get("input_tokens") or 0,
        completion_tokens=usage.get("output_tokens") or 0,
        cached_tokens=(details.get("cached_tokens") or 0) if details else 0,
    )
    return counted, bool(spent and spent.get("reasoning_tokens"))
