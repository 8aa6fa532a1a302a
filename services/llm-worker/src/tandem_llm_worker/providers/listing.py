"""A provider's own list of its models (`GET /models`): which names it knows, and how long a context each takes.

Servers that run one model often take any name and answer with what they have. The list tells a wrong name before a job
is paid for. What it says of the context warns people; it never keeps a prompt from being sent.

Names of the context's length: vLLM `max_model_len`; OpenRouter and Together `context_length`; Groq `context_window`;
Mistral `max_context_length`; llama.cpp `meta.n_ctx`, else `meta.n_ctx_train`, of which the server may use less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

_WINDOWS = ("max_model_len", "context_length", "context_window", "max_context_length", "n_ctx")
_META_WINDOWS = ("n_ctx", "n_ctx_train")
_PREFIXES = ("models/",)
"""Written before the name by some lists, and left out by callers (Gemini)."""
MOST_LISTED = 10_000
MOST_ALIKE = 3


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of one name."""

    known: bool
    context_window: int | None = None
    """Tokens of prompt and answer."""
    alike: tuple[str, ...] = ()
    """Of a name that is not known: the most similar ones that are."""


class ModelListing:
    """The models that a provider lists, by name, with their context windows where it states them."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self._windows: dict[str, int | None] = {}
        for _, entry in zip(range(MOST_LISTED), entries, strict=False):
            if isinstance(entry, Mapping):
                for name in _names(entry):
                    self._windows.setdefault(name, _window(entry))

    def __len__(self) -> int:
        return len(self._windows)

    def of(self, name: str) -> Listed:
        """Return what the list says of a name."""
        if name in self._windows:
            return Listed(True, self._windows[name])
        return Listed(False, alike=tuple(get_close_matches(name, self._windows, n=MOST_ALIKE, cutoff=0.5)))


def _names(entry: Mapping[str, Any]) -> Iterable[str]:
    aliases = entry.get("aliases")
    for name in (entry.get("id"), *(aliases if isinstance(aliases, list) else ())):
        if isinstance(name, str) and name:
            yield name
            yield from (name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix))


def _window(entry: Mapping[str, Any]) -> int | None:
    meta = entry.get("meta")
    values = [entry.get(key) for key in _WINDOWS]
    values += [meta.get(key) for key in _META_WINDOWS] if isinstance(meta, Mapping) else []
    return next((value for value in values if type(value) is int and value > 0), None)
