"""Chat completions: the body of a call, and the answer in a body."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tandem.events import Completion
from tandem_llm_worker.providers.answer_texts import CONTENT, FoundText, nothing_found, text_of_message
from tandem_llm_worker.providers.answers import (
    CUT,
    FILTERED,
    REFUSED,
    Answer,
    load,
    logprobs_of,
    malformed,
    of_all_samples,
    reason_of,
    tokens_of,
    usage_of,
)
from tandem_llm_worker.providers.error_body import ErrorBody
from tandem_llm_worker.providers.errors import failure_in_a_body

_FOUND = FoundText("", CONTENT)
"""The text is the content."""
_NAMES_OF_USAGE = ("prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details")


def request(model: str, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body, with the constant part of the prompt before what differs."""
    return {"model": model, "messages": messages, **parameters}


def read(
    content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, sent: Collection[str] = ()
) -> Answer:
    """Read the answer in a body. `sent` are the parameters of the call, which an error in the body may be about.

    Raises CallFailed for what is not a chat completion of at least one choice with text, a refusal or a reason.
    """
    body = load(content)
    try:
        choices = body["choices"]
        if body.get("error") or choices[0].get("error"):
            error = ErrorBody.of(body.get("error") or choices[0]["error"])
            raise failure_in_a_body(error, headers=headers, sent=sent)
        read = [_completion(choice) for choice in choices]
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(body, dict) and (body.get("error") or body.get("detail") or body.get("object") == "error"):
            raise failure_in_a_body(ErrorBody.of(body), headers=headers, sent=sent) from error
        reason = f"is not a chat completion ({type(error).__name__})"
        raise malformed(reason, content, status=status, headers=headers) from error
    usage, reasoned = usage_of(body.get("usage"), *_NAMES_OF_USAGE)
    completions = tuple(completion for completion, _ in read)
    usage = of_all_samples(usage, completions)
    if not all(each.text.strip() or each.finish_reason in (CUT, FILTERED, REFUSED) for each in completions):
        completions = tuple(each for each in completions if each.text.strip())
        if not completions:
            reason = nothing_found(read[0][1])
            raise malformed(reason, content, status=status, headers=headers, usage=usage)
    return Answer(completions, usage, reasoned, headers or {})


def _completion(choice: dict[str, Any]) -> tuple[Completion, FoundText]:
    message = choice["message"]
    text = message.get("content")
    logprobs = choice.get("logprobs")
    finish_reason = choice.get("finish_reason")
    if finish_reason != "stop":
        finish_reason = reason_of(finish_reason)
    if isinstance(text, str) and text and not message.get("refusal"):  # the usual case
        found = _FOUND
    else:
        found = text_of_message(message)
        if finish_reason == CUT and found.place != CONTENT:  # a thought that was cut is no answer
            found = FoundText(thought=found.thought or found.text, thought_place=found.thought_place or found.place)
        text = found.text
        finish_reason = REFUSED if found.refused else finish_reason
    tokens = logprobs_of(logprobs.get("content")) if isinstance(logprobs, dict) else None
    if found is not _FOUND and tokens is not None:
        tokens = tokens_of(tokens, text)
    completion = Completion(text=text, finish_reason=finish_reason, logprobs=tokens, place=_place(found))
    return completion, found


def _place(found: FoundText) -> str | None:
    return found.place if found.text and found.place != CONTENT else None
