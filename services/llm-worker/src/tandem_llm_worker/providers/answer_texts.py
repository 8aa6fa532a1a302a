"""Finds the text of an answer, wherever in a message the provider put it. Pure.

Most servers put it in `content` as a string. Others give a list of chunks (Mistral, Anthropic-compatible ones), an
object that is parsed already, the arguments of a tool call, or, where their parser of reasoning takes an answer for a
thought, `reasoning_content` (vLLM, SGLang, DeepSeek), `reasoning` (OpenRouter, Groq, Ollama) or chunks of thinking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

CONTENT = "content"
_TEXT_TYPES = ("text", "output_text", "", None)
_THOUGHTS = ("thinking", "reasoning", "reasoning_text", "thought", "redacted_thinking")
_REASONING = ("reasoning_content", "reasoning", "thinking")
_MOST_DEPTH = 4
_SHORT_ANSWER = 200
"""Limit in characters of one line; a longer thought without JSON is no answer."""


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text, and where in the message it stood."""

    text: str = ""
    place: str = ""
    refused: bool = False
    thought: str = ""
    """Text in the place where models think, if it is no answer."""
    thought_place: str = ""


def text_of_message(message: Mapping[str, Any]) -> FoundText:
    """Find the answer in a message: the content, else the arguments of a tool call, else a thought that is one."""
    content = message.get("content")
    refused = bool(message.get("refusal"))
    if isinstance(content, str) and (refused or content.strip()):
        return FoundText(content, CONTENT, refused)
    thoughts: list[str] = []
    text, chunk_refused = _of_chunks(content, thoughts)
    refused = refused or chunk_refused
    if refused or text.strip():
        return FoundText(text, CONTENT, refused)
    for place, arguments in _arguments(message):
        return FoundText(arguments, place)
    for name in _REASONING:
        if (thought := _thought(message.get(name))).strip():
            return of_thought(thought, name)
    if (thought := _thought(message.get("reasoning_details"))).strip():
        return of_thought(thought, "reasoning_details")
    return of_thought("\n".join(thoughts), "content[].thinking") if thoughts else FoundText(text)


def of_thought(thought: str, place: str) -> FoundText:
    """Read an answer that stands where models think: JSON at its end, or a single short line; else it is a thought."""
    answer = _answer_in(thought)
    return FoundText(answer, place) if answer else FoundText(thought=thought, thought_place=place)


def nothing_found(found: FoundText, names: Sequence[str] = (CONTENT,)) -> str:
    """Return the message of a failure: where there was no text, and where some stood that is no answer."""
    reason = f"has no text in `{'` or `'.join(names)}`"
    if found.thought:
        count = len(found.thought)
        reason += f"; `{found.thought_place}` holds a thought of {count:,} characters that does not end in an answer"
    return reason


def _of_chunks(content: Any, thoughts: list[str], depth: int = 0) -> tuple[str, bool]:
    """Return the text of a list of chunks, or of an object, and whether a chunk is a refusal; collect the thoughts."""
    if isinstance(content, str):
        return content, False
    if isinstance(content, list) and depth <= _MOST_DEPTH:
        parts = [_of_chunks(each, thoughts, depth + 1) for each in content]
        return "".join(text for text, _ in parts), any(refused for _, refused in parts)
    return _of_chunk(content, thoughts, depth) if isinstance(content, Mapping) else ("", False)


def _of_chunk(chunk: Mapping[Any, Any], thoughts: list[str], depth: int) -> tuple[str, bool]:
    kind = chunk.get("type")
    text = chunk.get("text")
    if isinstance(text, Mapping):
        text = text.get("value")
    if kind == "refusal":
        return str(chunk.get("refusal") or ""), True
    if kind in _THOUGHTS or chunk.get("thought") is True:
        thoughts.append(_thought(chunk))
    elif kind in _TEXT_TYPES and isinstance(text, str):
        return text, False
    elif depth == 0 and kind in _TEXT_TYPES and chunk:  # JSON that the server parsed already
        return orjson.dumps(chunk, option=orjson.OPT_NON_STR_KEYS).decode(), False
    return "", False


def _arguments(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the arguments of each call of a tool, as JSON."""
    calls = message.get("tool_calls")
    functions = [each.get("function") for each in calls if isinstance(each, Mapping)] if isinstance(calls, list) else []
    for place, function in (
        *(("tool_calls", each) for each in functions),
        ("function_call", message.get("function_call")),
    ):
        if isinstance(function, Mapping) and (arguments := arguments_of(function)):
            yield place, arguments


def arguments_of(function: Mapping[str, Any]) -> str:
    """Return the arguments of one call as JSON; empty where it has none."""
    arguments = function.get("arguments")
    if isinstance(arguments, Mapping) and arguments:
        return orjson.dumps(arguments, option=orjson.OPT_NON_STR_KEYS).decode()
    return arguments if isinstance(arguments, str) and arguments.strip() not in ("", "{}") else ""


def _thought(value: Any, depth: int = 0) -> str:
    """Return the text of a thought: a string, or objects and lists that hold some."""
    if isinstance(value, str):
        return value
    if depth > _MOST_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(_thought(each, depth + 1) for each in value)
    if isinstance(value, Mapping):
        return next(
            (
                text
                for key in ("thinking", "text", "reasoning", "content", "summary")
                if (text := _thought(value.get(key), depth + 1))
            ),
            "",
        )
    return ""


def _answer_in(thought: str) -> str:
    """Return the answer within a thought: all behind its end mark, the JSON that it ends with, or one short line."""
    _, mark, behind = thought.rpartition("</think>")
    text = behind.strip() if mark and behind.strip() else thought.replace("<think>", "").replace("</think>", "").strip()
    bare = text.removesuffix("```").rstrip()
    if bare.endswith("}"):
        start = bare.find("{")
        for _ in range(64):
            if start < 0:
                break
            try:
                if isinstance(orjson.loads(bare[start:]), dict):
                    return bare[start:]
            except (orjson.JSONDecodeError, RecursionError):
                pass
            start = bare.find("{", start + 1)
    return text if text and "\n" not in text and len(text) <= _SHORT_ANSWER else ""
