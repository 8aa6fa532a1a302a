"""The Responses API, for models that chat completions do not serve: the body of a call, and the answer in a body."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tandem.events import Completion
from tandem_llm_worker.providers.answer_texts import FoundText, arguments_of, nothing_found, of_thought
from tandem_llm_worker.providers.answers import CUT, FILTERED, REFUSED, Answer, load, logprobs_of, malformed, usage_of
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import failure_in_a_body

LEAST_TOKENS = 16
"""Smallest bound of the answer that the API accepts."""
_CUT_FOR = {"max_output_tokens": CUT, "content_filter": FILTERED}
_NOT_TAKEN = ("seed", "n")
_NAMES_OF_USAGE = ("input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details")


def request(model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body, made of parameters with the names of chat completions. Nothing is stored at the provider."""
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


def read(
    content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, sent: Collection[str] = ()
) -> Answer:
    """Read the answer in a body. `sent` are the parameters of the call, which an error in the body may be about.

    Raises CallFailed for what is not a response with text, a refusal or a reason for having none.
    """
    body = load(content)
    try:
        if error := body.get("error"):
            raise failure_in_a_body(ErrorBody.of(error), headers=headers, sent=sent)
        items = [item for item in body["output"] if isinstance(item, dict)]
        completion, found = _completion(items, _CUT_FOR.get(_incomplete(body), "stop"))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        reason = f"is not a response ({type(error).__name__})"
        raise malformed(reason, content, status=status, headers=headers) from error
    usage, reasoned = usage_of(body.get("usage"), *_NAMES_OF_USAGE)
    if not completion.text.strip() and completion.finish_reason == "stop":
        reason = nothing_found(found, ("output",))
        raise malformed(reason, content, status=status, headers=headers, usage=usage)
    return Answer((completion,), usage, reasoned, headers or {})


def _completion(items: list[dict[str, Any]], finish_reason: str) -> tuple[Completion, FoundText]:
    messages = [item for item in items if item.get("type") == "message"]
    final = [item for item in messages if item.get("phase") == "final_answer"]
    final = final or [item for item in messages if item.get("phase") != "commentary"]
    parts = [part for item in final for part in _parts(item)]
    texts = [part for part in parts if part.get("type") == "output_text" and isinstance(part.get("text"), str)]
    text = "".join(part["text"] for part in texts)
    if any(part.get("type") == "refusal" for part in parts):
        return Completion(text=text, finish_reason=REFUSED), FoundText(text)
    if text.strip():
        given = [part.get("logprobs") for part in texts]
        tokens = logprobs_of([token for each in given for token in each or ()]) if all(given) else None
        return Completion(text=text, finish_reason=finish_reason, logprobs=tokens), FoundText(text)
    if finish_reason != "stop":  # it ended before the answer began
        return Completion(text=text, finish_reason=finish_reason), FoundText()
    found = _elsewhere(items)
    return Completion(text=found.text, finish_reason=finish_reason, place=found.place or None), found


def _elsewhere(items: list[dict[str, Any]]) -> FoundText:
    """Find an answer outside of the final message: a function call, a commentary, or text in the place of a thought."""
    for item in items:
        if item.get("type") in ("function_call", "custom_tool_call") and (arguments := arguments_of(item)):
            return FoundText(arguments, "function_call")
    found = FoundText()
    for kind in ("message", "reasoning"):
        texts = [str(part.get("text") or "") for item in items if item.get("type") == kind for part in _parts(item)]
        if thought := "\n".join(each for each in texts if each.strip()):
            found = of_thought(thought, "commentary" if kind == "message" else kind)
            if found.text:
                break
    return found


def _parts(item: dict[str, Any]) -> list[dict[str, Any]]:
    content = item.get("content")
    if isinstance(content, str):
        return [{"type": "output_text", "text": content}]
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _incomplete(body: dict[str, Any]) -> str:
    """Return why the response is not whole; empty if it is."""
    return (body.get("incomplete_details") or {}).get("reason") or ""
