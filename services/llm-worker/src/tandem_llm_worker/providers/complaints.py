"""Complaints of a provider: what it does not accept of a call, read from its error message.

Every server says it in its own words; some name the parameter in a field, most only in the sentence. Parameters go by
their names in chat completions here, whatever the API was.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from tandem.labeling.answer_format import KEYWORDS
from tandem_llm_worker.providers.error_body import ErrorBody


@dataclass(frozen=True, slots=True)
class Complaint:
    """Change with which the call is accepted. Exactly one of parameter, other_api and context_window is set."""

    parameter: str = ""
    """Parameter that was sent and is not accepted, or not with this value."""
    also: tuple[str, ...] = ()
    """Further parameters that the same complaint names."""
    most: int | None = None
    """Largest value of `parameter` that is accepted, if the provider says so."""
    of_this_schema: bool = False
    """True if only this JSON Schema is not accepted, rather than the parameter as such."""
    keywords: tuple[str, ...] = ()
    """Keywords of the JSON Schema that are not accepted, if the provider names some that the schema can do without."""
    other_api: bool = False
    """True if the model is served by the Responses API alone."""
    context_window: int | None = None
    """Tokens of prompt and answer that the model accepts together."""
    prompt_tokens: int | None = None
    """Tokens of the prompt, as the provider counted them."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return all parameters that are complained about."""
        return (self.parameter, *self.also) if self.parameter else ()


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
    r"|only .{0,40}(?:supported|allowed)|less than or equal|greater than|at most|must be|too (?:large|high)|exceed"
    r"|maximum allowed|extra_forbidden|could not understand|incompatible",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:<=|less than or equal to|at most|up to|max(?:imum)?(?: (?:value|allowed))?(?: is| of)?|between \d+ and)"
    r"\s*:?\s*(\d[\d,]*)"
    r"|> (\d[\d,]*), which is the maximum",
    re.IGNORECASE,
)
_BAD_SCHEMA = re.compile(
    r"invalid schema|schemas? (?:is|was|are) (?:not valid|invalid|too)|in context=|grammar|json schema not supported"
    r"|invalid json[_ ]?schema|schema contains|response schemas|schema fields|wrong_api_format|output_config\.format"
    r"|response_schema|(?:minItems|maxItems|maxLength|multipleOf)\b",
    re.IGNORECASE,
)
_TOO_COMPLEX = re.compile(
    r"too many states|schema.{0,80}too (?:complex|large|deep|big)|too complex.{0,40}schema"
    r"|(?:number of )?repetitions? exceeds?|number of rules|grammar (?:is )?too (?:large|complex)"
    r"|(?:failed|unable|cannot|could not) to (?:parse|compile|initiali[sz]e|convert) .{0,40}(?:grammar|schema)"
    r"|compiled grammar|grammar compilation",
    re.IGNORECASE,
)
"""Messages of servers whose grammar grows too large; some name bounds there that the schema does not have."""
_KEYWORDS = {
    keyword: re.compile("|".join(rf"\b{each}\b" for each in (keyword, re.sub("([A-Z])", r"_\1", keyword).lower())))
    for keyword in KEYWORDS
}
"""Keywords of a JSON Schema in a message; Vertex writes them as `max_items`."""
_LISTED = re.compile(
    r"(?:arguments?|parameters?|params|fields?|inputs?|propert(?:y|ies))\b[^:.;]{0,60}:"
    r"\s*(\[[^\]]*\]|\{[^}]*\}|[^.;]*)",
    re.IGNORECASE,
)
"""Lists of refused parameters in a message: `Unrecognized request arguments supplied: logprobs, top_logprobs`."""
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
    r"|>\s*(\d[\d,]+) maximum|max_new_tokens\W+must be <= (\d+)",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"(\d[\d,]*) (?:tokens )?(?:in the messages|(?:of )?(?:text )?input|in the prompt|input tokens)"
    r"|(?:messages resulted in|passed|request has|token count \(|prompt \(length|too long:|request \()"
    r" ?(\d[\d,]*)|Given: (\d+)",
    re.IGNORECASE,
)


def complaint_in(  # noqa: PLR0911 - a way to find one a return
    body: ErrorBody, *, sent: Collection[str]
) -> Complaint | None:
    """Find what is wrong with the parameters that were sent; None if the error is about something else."""
    message = body.message
    if _OTHER_API.search(message):
        return Complaint(other_api=True)
    if _ANY_PARAMETER.search(message):
        found = next((name for name in _DROPPED_FIRST if name in sent), None)
        return Complaint(found) if found else None
    if (schema := _of_schema(body, sent)) is not None:
        return schema
    fields = [(name, error.message) for error in body.fields if (name := _field(error.name, sent)) is not None]
    if not fields:
        required = any(re.split(r"[.\[]", error.name, maxsplit=1)[0] in _NOT_OPTIONAL for error in body.fields)
        if required or not _COMPLAINT.search(f"{body.code} {message}"):
            return None
        fields = [(name, message) for name in _named_in(message, sent)]
    if not fields:
        return None
    (named, said), *rest = fields
    said = said or message
    also = tuple(dict.fromkeys(name for name, _ in rest if name != named))
    most = largest(said) if named in (*_ROOM, "top_logprobs", "logprobs", "n") else None
    if named == "logprobs" and most is not None:
        return Complaint("top_logprobs", most=most)
    return Complaint(named, also=also, most=most)


def _of_schema(body: ErrorBody, sent: Collection[str]) -> Complaint | None:
    """Find a complaint about the JSON Schema itself, not about the parameter that holds it."""
    if "response_format" not in sent:
        return None
    said = f"{body.code} {body.message}"
    if _TOO_COMPLEX.search(said):
        return Complaint("response_format", of_this_schema=True)
    if not _BAD_SCHEMA.search(said):
        return None
    if not (_NAMED["response_format"].search(said) or "schema" in said.lower() or "grammar" in said.lower()):
        return None
    named = tuple(keyword for keyword, pattern in _KEYWORDS.items() if pattern.search(body.message))
    return Complaint("response_format", of_this_schema=True, keywords=named)


def context_in(message: str) -> Complaint | None:
    """Return the size of the model's context, and of the prompt, if the message states them."""
    window = _first(_WINDOW, message)
    return Complaint(context_window=window, prompt_tokens=_first(_PROMPT, message)) if window else None


def largest(message: str) -> int | None:
    return _first(_AT_MOST, message) or None


def _field(param: str, sent: Collection[str]) -> str | None:
    """Return the parameter that an error's field names: `response_format.json_schema`, `include[0]`, `body.seed`."""
    head = re.split(r"[.\[]", param.removeprefix("body."), maxsplit=1)[0]
    name = _FIELDS.get(head, head)
    if name in _ROOM:
        name = next((each for each in _ROOM if each in sent), name)
    return name if name in sent and name in _WORDS else None


def _named_in(message: str, sent: Collection[str]) -> list[str]:
    """Find the parameter that a sentence names first, and the others of a list that it gives."""
    found = []
    for rank, name in enumerate(PARAMETERS):
        if name in sent and (match := _NAMED[name].search(message)):
            found.append((match.start(), rank, name))
    if not found:
        return []
    first = min(found)[2]
    listed = (_field(word, sent) for each in _LISTED.findall(message) for word in re.findall(r"[A-Za-z_.]+", each))
    return [first, *dict.fromkeys(name for name in listed if name is not None and name != first)]


def _first(pattern: re.Pattern[str], message: str) -> int | None:
    match = pattern.search(message)
    if match is None:
        return None
    return int(next(group for group in match.groups() if group).replace(",", ""))
