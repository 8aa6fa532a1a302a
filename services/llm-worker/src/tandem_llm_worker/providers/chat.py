"""Chat completions: the body of a call, and the answer in a body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tandem.events import Completion, Usage
from tandem_llm_worker.providers.errors import Said, failure_in_a_body
from tandem_llm_worker.providers.reading import CUT, FILTERED, NO_USAGE, REFUSED, Answer, load, logprobs_of, malformed


def request(model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The body, the constant part of the prompt before what differs."""
    return {"model": model, "messages": messages, **parameters}


def read(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Raises CallFailed for what is not a chat completion of at least one choice with text, a refusal or a reason."""
    body = load(content)
    try:
        choices = body["choices"]
        if body.get("error") or choices[0].get("error"):
            raise failure_in_a_body(Said.of(body.get("error") or choices[0]["error"]), headers=headers)
        completions = tuple(_completion(choice) for choice in choices)
        usage, reasoned = _usage(body.get("usage"))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(body, dict) and body.get("error"):
            raise failure_in_a_body(Said.of(body["error"]), headers=headers) from error
        reason = f"is not a chat completion ({type(error).__name__})"
        raise malformed(reason, content, status=status, headers=headers) from error
    if not all(each.text.strip() or each.finish_reason in (CUT, FILTERED, REFUSED) for each in completions):
        completions = tuple(each for each in completions if each.text.strip())
        if not completions:
            raise malformed("has no text", content, status=status, headers=headers, usage=usage)
    return Answer(completions, usage, reasoned, headers or {})


def _completion(choice: dict[str, Any]) -> Completion:
    message = choice["message"]
    text = message.get("content")
    logprobs = choice.get("logprobs")
    return Completion(
        text=text if text is not None else "",
        finish_reason=REFUSED if message.get("refusal") else choice.get("finish_reason"),
        logprobs=logprobs_of(logprobs.get("content")) if logprobs else None,
    )


def _usage(usage: dict[str, Any] | None) -> tuple[Usage, bool]:
    if not usage:
        return NO_USAGE, False
    details = usage.get("prompt_tokens_details")
    spent = usage.get("completion_tokens_details")
    counted = Usage(
        prompt_tokens=usage.get("prompt_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
        cached_tokens=(details.get("cached_tokens") or 0) if details else 0,
    )
    return counted, bool(spent and spent.get("reasoning_tokens"))
