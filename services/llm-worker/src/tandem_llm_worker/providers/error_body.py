"""Reads the body of a provider's error into one shape, whatever shape the provider gave it. Pure; never raises.

Errors come as `{"error": {...}}`, as the error itself, as a list around either (Gemini), with the message in a nested
object (Mistral: `message.detail[]`), with one entry a field (FastAPI: `detail[].loc`; Google:
`details[].fieldViolations`), as JSON within a string (OpenRouter: `metadata.raw`; LiteLLM: behind an exception's name),
as text, or as a page of HTML. What a server echoes of the request (`input`, `value`, `ctx`) is never read: it may quote
the record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import orjson

MESSAGE_CHARACTERS = 400
MOST_BYTES = 64 * 1024
"""Limit of the bytes of a body; anything after them is not read."""
_MOST_DEPTH = 8
_MOST_NODES = 400
_MOST_FIELDS = 40

_MESSAGES = ("message", "msg", "detail", "error", "error_message", "errorMessage", "title", "description", "raw")
"""Keys whose value is what the provider says, or an object that holds it; the more specific first."""
_NESTED = ("details", "errors", "metadata", "innererror", "fieldViolations", "field_violations", "violations", "body")
"""Keys of objects and lists that hold more of the error."""
_CODES = ("code", "type", "status", "error_type", "errorCode", "error_code", "reason")
_FIELDS = ("loc", "param", "field", "parameter", "path", "instancePath")
_WRAPPERS = frozenset(("provider returned error", "bad request", "unprocessable entity", "error"))
"""Messages of routers, which carry no information if there are others."""

_KEY = re.compile(r"\b(sk|key|pk|rk)-[\w*.-]{4,}|\bBearer\s+\S+", re.IGNORECASE)
_TITLE = re.compile(r"<(title|h1)[^>]*>\s*([^<]{1,200}?)\s*</\1>", re.IGNORECASE)
_LOC_IN_TEXT = re.compile(r"""['"]loc['"]\s*:\s*[(\[]\s*(?:['"]body['"]\s*,\s*)?['"]([\w.]+)['"]""")
"""vLLM and others write FastAPI's entries as Python does: `[{'loc': ('body', 'seed'), …}]`."""
_FIELD_IN_TEXT = re.compile(r"\bfields?:\s*['\"]([\w.\[\]]+)['\"]")
"""Fireworks: `Extra inputs are not permitted, field: 'seed'`."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """Error in one field of the request. `name` is as the provider wrote it, without `body`."""

    name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """Contents of a provider's error, wherever in the body they stand."""

    message: str = ""
    """All messages, the innermost first."""
    code: str = ""
    """Codes, types and statuses, separated by spaces."""
    fields: tuple[FieldError, ...] = ()
    """The fields of the request that the provider names apart from the message."""
    failed_generation: str | None = None
    """Text that the model wrote, if the provider says that it does not fit the format that was asked for."""
    raw: Any = field(default=None, compare=False, repr=False)
    """The parsed JSON of the whole body; the text if it is no JSON."""

    @classmethod
    def parse(cls, content: bytes) -> ErrorBody:
        """Read the bytes of a response."""
        text = content[:MOST_BYTES].decode("utf-8", errors="replace").strip()
        try:
            return cls.of(orjson.loads(content) if len(content) <= MOST_BYTES else text)
        except (orjson.JSONDecodeError, RecursionError):
            return cls.of(text)

    @classmethod
    def of(cls, body: Any) -> ErrorBody:
        """Read parsed JSON, or text: a whole body, or the value of its `error`."""
        walk = _Walk()
        walk.read(body, 0)
        return cls(
            message=_joined(walk.messages),
            code=" ".join(dict.fromkeys(walk.codes)),
            fields=tuple(walk.fields[:_MOST_FIELDS]),
            failed_generation=walk.failed_generation,
            raw=body,
        )

    @property
    def readable(self) -> str:
        """Return the message for people: on one line, bounded, without keys."""
        return _KEY.sub("[key]", " ".join(self.message.split()))[:MESSAGE_CHARACTERS]


class _Walk:
    """Collects what the nodes of a body say, within bounds."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.codes: list[str] = []
        self.fields: list[FieldError] = []
        self.failed_generation: str | None = None
        self._nodes = 0

    def read(self, node: Any, depth: int) -> None:
        self._nodes += 1
        if depth > _MOST_DEPTH or self._nodes > _MOST_NODES:
            return
        if isinstance(node, str):
            self._text(node, depth)
        elif isinstance(node, list):
            for each in node:
                self.read(each, depth + 1)
        elif isinstance(node, Mapping):
            self._object(node, depth)

    def _object(self, node: Mapping[Any, Any], depth: int) -> None:
        self.codes += [
            str(node[key]) for key in _CODES if isinstance(node.get(key), str | int) and len(str(node[key])) <= 200
        ]
        if isinstance(written := node.get("failed_generation"), str) and self.failed_generation is None:
            self.failed_generation = written
        if name := next((name for key in _FIELDS if (name := _field_name(node.get(key)))), ""):
            said = next((node[key] for key in _MESSAGES if isinstance(node.get(key), str)), "")
            self.fields.append(FieldError(name, said))
            if said and "loc" in node:  # its message alone does not say what it is about
                self.messages.append(f"{name}: {said}")
                return
        for key in (*_NESTED, *reversed(_MESSAGES)):  # the innermost first, and what is most specific of one object
            if key in node:
                self.read(node[key], depth + 1)

    def _text(self, text: str, depth: int) -> None:
        text = text.strip()
        if not text:
            return
        if text.startswith("<") and (text[:200].lower().find("html") >= 0 or _TITLE.search(text[:2000])):
            self.messages += [unescape(found[2]) for found in _TITLE.finditer(text[:2000])][:1]
            return
        around, inner = _json_within(text)
        if inner is not None:
            self.read(inner, depth + 1)
        self.fields += [
            FieldError(name, around) for name in (*_LOC_IN_TEXT.findall(text), *_FIELD_IN_TEXT.findall(text))
        ]
        if around:
            self.messages.append(around)


def _field_name(value: Any) -> str:
    """Return the name of a field by its path: `["body", "seed"]`, `body.seed`, `/seed`."""
    if isinstance(value, str):
        return value.strip("/").removeprefix("body.")
    if isinstance(value, list):
        return ".".join(str(part) for part in value[:8] if part != "body" and isinstance(part, str | int))
    return ""


def _json_within(text: str) -> tuple[str, Any]:
    """Return the text before a JSON object or list in it, and that value; None if there is none."""
    for start in _openings(text):
        end = max(text.rfind("}"), text.rfind("]")) + 1
        if end <= start:
            break
        try:
            inner = orjson.loads(text[start:end])
        except (orjson.JSONDecodeError, RecursionError):
            continue
        if isinstance(inner, dict) or (isinstance(inner, list) and any(isinstance(each, dict) for each in inner)):
            return text[:start].strip(" -:\n"), inner
    return text, None


def _openings(text: str) -> Iterator[int]:
    """Yield the positions at which JSON may begin: the start, or the first braces within."""
    yield from [match.start() for match in re.finditer(r"[{\[]", text[:4096])][:4]


def _joined(messages: list[str]) -> str:
    """Return all messages once; those of a router only if there is no other."""
    found = list(dict.fromkeys(message for message in messages if message))
    specific = [each for each in found if each.strip(". ").lower() not in _WRAPPERS] or found
    kept: list[str] = []
    for each in specific:
        if not any(each in other for other in kept):
            kept.append(each)
    return "; ".join(kept)[:MOST_BYTES]
