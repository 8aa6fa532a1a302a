"""What a provider does not take of a call, read from what it says about it.

Every server says it in its own words; some name the parameter in a field, most only in the sentence. Parameters go by
their names in chat completions here, whatever the API was.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """What to change so that the call is taken. Exactly one of parameter, other_api and context_window is set."""

    parameter: str = ""
    """One that was sent and is not taken, or not with this value."""
    most: int | None = None
    """The largest value of it that is taken, where the provider says so."""
    of_this_schema: bool = False
    """Not the parameter as such: only this JSON Schema is not taken."""
    other_api: bool = False
    """The model is served by the Responses API alone."""
    context_window: int | None = None
    """Tokens of prompt and answer that the model takes together."""
    prompt_tokens: int | None = None
    """The prompt's, as the provider counted them."""


_WORDS = {
    "response_format": r"response_format|text\.format|json[_ ]?schema|structured[_ ]outputs?"
    r"|guided[_ ](?:json|decoding)|json[_ ](?:mode|object)",
    "top_logprobs": r"top_logprobs",
    "logprobs": r"log[_ ]?prob",
    "max_completion_tokens": r"max_completion_tokens",
    "max_tokens": r"max_(?:output_)?tokens",
    "temperature": r"temperature",
    "top_p": r"\btop_?p\b",
    "seed": r"\bseed\b",
    "reasoning_effort": r"reasoning[._ ]effort|['\"`]reasoning['\"`]|\bthinking\b",
    "n": r"['\"`]n['\"`]|\bparameter:? n\b|\bn (?:must|should|>|greater|larger|cannot|is not)"
    r"|multiple (?:choices|completions)",
}
_NAMED = {name: re.compile(words, re.IGNORECASE) for name, words in _WORDS.items()}
PARAMETERS = tuple(_WORDS)
"""Parameters that a call can do without, the more specific before the one whose words it contains."""

_FIELDS = {
    "text": "response_format",
    "include": "logprobs",
    "max_output_tokens": "max_tokens",
    "reasoning": "reasoning_effort",
}
_ROOM = ("max_tokens", "max_completion_tokens")
_NOT_OPTIONAL = ("messages", "input", "model", "prompt")
_COMPLAINT = re.compile(
    r"unsupported|n.t support|not support|unknown|unrecogni[sz]ed|unexpected|extra (?:fields|inputs)|unavailable"
    r"|not (?:supported|permitted|allowed|available|implemented|enabled|a valid)|enabled only|cannot find field|invalid"
    r"|only .{0,40}(?:supported|allowed)|less than or equal|greater than|at most|must be|too (?:large|high)|exceed",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:<=|less than or equal to|at most|up to|max(?:imum)?(?: (?:value|allowed))?(?: is| of)?|between \d+ and)"
    r"\s*:?\s*(\d[\d,]*)",
    re.IGNORECASE,
)
_BAD_SCHEMA = re.compile(
    r"invalid schema|schema (?:is|was) (?:not valid|invalid|too)|in context=|grammar", re.IGNORECASE
)
_OTHER_API = re.compile(
    r"only (?:be )?(?:supported|available|used) (?:in|with|via|through)\W+(?:the )?(?:/?v1/)?responses"
    r"|not a chat model|use (?:the )?(?:/?v1/responses|responses api)",
    re.IGNORECASE,
)
_ANY_PARAMETER = re.compile(r"no endpoints found that (?:can handle the requested parameters|support)", re.IGNORECASE)
_DROPPED_FIRST = ("logprobs", "response_format", "reasoning_effort", "seed", "n", "top_p", "temperature")
_WINDOW = re.compile(
    r"(?:context (?:length|window|size)|model length|configured limit|tokens allowed)(?: is| of| \()*"
    r"[^\d.]{0,16}(\d[\d,]+)"
    r"|>\s*(\d[\d,]+) maximum",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"(\d[\d,]*) (?:tokens )?(?:in the messages|(?:of )?(?:text )?input|in the prompt|input tokens)"
    r"|(?:messages resulted in|passed|request has|token count \(|prompt \(length|too long:|request \() ?(\d[\d,]*)",
    re.IGNORECASE,
)


def complaint_in(message: str, *, code: str = "", param: str = "", sent: Collection[str]) -> Complaint | None:
    """What is wrong with the parameters that were sent; None where the message is about something else."""
    if _OTHER_API.search(message):
        return Complaint(other_api=True)
    if _ANY_PARAMETER.search(message):
        found = next((name for name in _DROPPED_FIRST if name in sent), None)
        return Complaint(found) if found else None
    named = _field(param, sent)
    if named is None:
        if re.split(r"[.\[]", param, maxsplit=1)[0] in _NOT_OPTIONAL or not _COMPLAINT.search(f"{code} {message}"):
            return None
        named = _named_in(message, sent)
    if named is None:
        return None
    most = largest(message) if named in (*_ROOM, "top_logprobs", "logprobs", "n") else None
    if named == "logprobs" and most is not None:
        return Complaint("top_logprobs", most)
    schema = named == "response_format" and bool(_BAD_SCHEMA.search(message))
    return Complaint(named, most, of_this_schema=schema)


def context_in(message: str) -> Complaint | None:
    """The size of the model's context, and of the prompt, where the message says them."""
    window = _first(_WINDOW, message)
    return Complaint(context_window=window, prompt_tokens=_first(_PROMPT, message)) if window else None


def largest(message: str) -> int | None:
    return _first(_AT_MOST, message) or None


def _field(param: str, sent: Collection[str]) -> str | None:
    """The parameter that an error's field names: `response_format.json_schema`, `include[0]`, `body.seed`."""
    head = re.split(r"[.\[]", param.removeprefix("body."), maxsplit=1)[0]
    name = _FIELDS.get(head, head)
    if name in _ROOM:
        name = next((each for each in _ROOM if each in sent), name)
    return name if name in sent and name in _WORDS else None


def _named_in(message: str, sent: Collection[str]) -> str | None:
    found = []
    for rank, name in enumerate(PARAMETERS):
        if name in sent and (match := _NAMED[name].search(message)):
            found.append((match.start(), rank, name))
    return min(found)[2] if found else None


def _first(pattern: re.Pattern[str], message: str) -> int | None:
    match = pattern.search(message)
    if match is None:
        return None
    return int(next(group for group in match.groups() if group).replace(",", ""))
