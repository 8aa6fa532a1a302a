"""The wire of OpenAI's chat completions as a *server* sees it, for stand-ins of a model: what is asked, how to answer.

A stand-in decides on probabilities of the options; this module reads the options out of a request and writes the
answer as tokens with log-probabilities whose product is exactly the probability of the answered option.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MOST_ALTERNATIVES = 20  # OpenAI's own limit on top_logprobs
_BULLET = re.compile(
    r"""
    ^\s*[-*•]\s+
    (?:"(?P<quoted>[^"]+)"|[`"']?(?P<bare>[^:`"']+?)[`"']?)\s*
    (?:\([^)]*\)\s*)?  # a display name
    (?::\s*(?P<description>.*))?$
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class ChoiceAsked:
    """A request for one of `options`, as read from a chat request.

    `descriptions` maps an option to what the system message says of it. `text` is the last user message.
    `property_name` is where the answer goes in the JSON object that is asked for; None asks for the bare option.
    """

    options: tuple[str, ...]
    text: str
    property_name: str | None = None
    descriptions: Mapping[str, str] = field(default_factory=dict)


def read_choice(request: Mapping[str, Any]) -> ChoiceAsked | None:
    """Find what the request lets the model choose from; None when it offers no options.

    The options are the first property with enumerated texts of the JSON Schema in `response_format`; without one, the
    first list in the system message, one option a line: `- value: description`.
    """
    messages = [message for message in request.get("messages") or () if isinstance(message, Mapping)]
    system = "\n".join(message_text(m) for m in messages if m.get("role") in ("system", "developer"))
    text = next((message_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    listed = _first_list(system)
    enumerated = _enumerated_property(request)
    if enumerated is not None:
        name, options = enumerated
        described = {value.casefold(): description for value, description in _bullets(system)}
        descriptions = {o: d for o in options if (d := described.get(o.casefold()))}
        return ChoiceAsked(options, text, name, descriptions)
    if listed:
        descriptions = {value: description for value, description in listed if description}
        return ChoiceAsked(tuple(dict.fromkeys(value for value, _ in listed)), text, None, descriptions)
    return None


def message_text(message: Mapping[str, Any]) -> str:
    """Return the text of a message, whose content may be a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(part.get("text", "")) for part in parts if isinstance(part, Mapping))


def _enumerated_property(request: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    response_format = request.get("response_format")
    if not isinstance(response_format, Mapping) or response_format.get("type") != "json_schema":
        return None
    try:
        properties: Mapping[str, Any] = response_format["json_schema"]["schema"]["properties"]
        for name, schema in properties.items():
            options = tuple(option for option in schema.get("enum", ()) if isinstance(option, str))
            if options:
                return name, options
    except (KeyError, TypeError, AttributeError):
        return None
    return None


def _bullets(text: str) -> list[tuple[str, str]]:
    matches = (_BULLET.match(line) for line in text.splitlines())
    return [((m["quoted"] or m["bare"]).strip(), (m["description"] or "").strip()) for m in matches if m]


def _first_list(text: str) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    for line in text.splitlines():
        found = _bullets(line)
        if found:
            items += found
        elif items and line.strip():
            break
    return items


def write_answer(
    chosen: str,
    probabilities: Mapping[str, float],
    *,
    property_name: str | None,
    token_length: int | None = None,
) -> tuple[str, list[dict[str, Any]]]:
    """Return the content that answers `chosen`, and its tokens in the shape of `logprobs.content`.

    `probabilities` are over all options and sum to 1. `token_length` cuts labels into tokens of so many characters, as
    tokenizers do; None keeps a label whole. At each token the alternatives are the ways in which the options go on from
    there, with their conditional probabilities.
    """
    head, tail = ([], [])
    if property_name is not None:
        head, tail = ['{"', json.dumps(property_name, ensure_ascii=False)[1:-1], '":', ' "'], ['"}']
    spelled = {option: [*_pieces(option, property_name is not None, token_length), *tail] for option in probabilities}
    tokens = [_token(token, {token: 1.0}) for token in head]
    alive = dict(probabilities)
    for position, token in enumerate(spelled[chosen]):
        branches: dict[str, float] = {}
        for option, probability in alive.items():
            going_on = spelled[option][position] if position < len(spelled[option]) else ""
            branches[going_on] = branches.get(going_on, 0.0) + probability
        tokens.append(_token(token, branches))
        alive = {o: p for o, p in alive.items() if spelled[o][position : position + 1] == [token]}
    return "".join(entry["token"] for entry in tokens), tokens


class AnswerTokens:
    """An answer that is put together token by token, for stand-ins that answer with more than one label."""

    def __init__(self) -> None:
        self.tokens: list[dict[str, Any]] = []
        """Tokens in the shape of `logprobs.content`."""
        self.lowest = 1.0
        """The lowest probability of all that was chosen."""

    @property
    def content(self) -> str:
        return "".join(token["token"] for token in self.tokens)

    def add(self, text: str) -> None:
        """Add text that leaves no alternative: each token has probability 1."""
        if text:
            self.tokens.append(_token(text, {text: 1.0}))

    def choose(self, text: str, branches: Mapping[str, float]) -> None:
        """Add `text`, chosen from several continuations: `branches` with their weights, the chosen one among them."""
        self.tokens.append(_token(text, branches))
        self.lowest = min(self.lowest, branches[text] / sum(branches.values()))


def described_options(request: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the text of the last user message; and the description that the system message's lists give of each
    option."""
    messages = [message for message in request.get("messages") or () if isinstance(message, Mapping)]
    system = "\n".join(message_text(m) for m in messages if m.get("role") in ("system", "developer"))
    text = next((message_text(m) for m in reversed(messages) if m.get("role") == "user"), "")
    return text, {value: description for value, description in _bullets(system) if description}


def _pieces(option: str, quoted: bool, length: int | None) -> list[str]:
    text = json.dumps(option, ensure_ascii=False)[1:-1] if quoted else option
    if length is None:
        return [text]
    return [text[start : start + length] for start in range(0, len(text), length)]


def _token(token: str, branches: Mapping[str, float]) -> dict[str, Any]:
    total = sum(branches.values())
    alternatives = [
        {"token": text, "logprob": _log(mass / total), "bytes": list(text.encode())}
        for text, mass in sorted(branches.items(), key=lambda branch: -branch[1])[:MOST_ALTERNATIVES]
    ]
    logprob = _log(branches[token] / total)
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": alternatives}


def _log(probability: float) -> float:
    return max(math.log(probability), -9999.0) if probability > 0 else -9999.0


def completion(
    request: Mapping[str, Any],
    *,
    answer_id: str,
    created: int,
    content: str | None,
    tokens: Sequence[Mapping[str, Any]],
    refusal: str | None = None,
    finish_reason: str = "stop",
) -> dict[str, Any]:
    """Build the body of a chat completion. Log-probabilities are in it only when the request asks for them, and as
    many.

    Usage is an estimate for the prompt (four characters a token, the usual rule) and exact for the answer.
    """
    logprobs = None
    if request.get("logprobs"):
        most = int(request.get("top_logprobs") or 0)
        logprobs = {"content": [{**t, "top_logprobs": t["top_logprobs"][:most]} for t in tokens], "refusal": None}
    prompt_tokens = sum(len(message_text(m)) // 4 + 4 for m in request.get("messages") or ())
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": refusal},
        "logprobs": logprobs,
        "finish_reason": finish_reason,
    }
    completion_tokens = max(len(tokens), 1)
    usage = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": "chat.completion",
        "created": created,
        "model": request.get("model"),
        "choices": [choice],
        "usage": usage,
    }


def error_body(
    message: str, *, kind: str = "invalid_request_error", code: str | None = None, param: str | None = None
) -> dict[str, Any]:
    """Build the body of an error answer."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
