"""The answer format requested from a model: a strict JSON Schema with one property per task.

It keeps to what strict structured output allows everywhere: every property required, none beside them. Bounds end what
a small model would repeat without end under a grammar: `maxItems`, `maxLength`, the numbers of a grid. Not every
provider takes each of them, so every one is in `KEYWORDS` and can be left out alone; all of them hold when the answer
is read. A text may be one character longer than allowed, and a list of spans one span: what the bound has cut is seen
to be too long, and is not stored as if it were whole. `uniqueItems` is not sent: most grammars ignore it, many
providers refuse it, and labels that are said twice count once.

A span is its text as it stands in the record, its label, and `context`: null where each place of the text is meant,
else some words around the one place, copied from the record. Models copy well and count badly, so neither offsets nor
a number of the occurrence are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, assert_never

import orjson

from tandem.events.jobs import ConfidenceStrategy
from tandem.events.schema import (
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
)
from tandem.labeling.asked_bounds import SPAN_CHARACTERS, SPANS_ASKED
from tandem.labeling.confidence.stated import PROPERTY

STATED_CONFIDENCE = {
    "type": "integer",
    "description": "How sure you are that all of this answer is right, in per cent: 0 to 100.",
}
"""Stated confidence is in per cent, since a share of one leaves open what a plain 1 means."""


KEYWORDS = ("minItems", "maxItems", "maxLength", "multipleOf", "minimum", "maximum", "enum")
"""Schema keywords that can be omitted. The only `enum`s omitted are those of numbers; the labels of a choice stay."""
_MOST_LENGTH = 1900
"""llama.cpp cannot compile bounds of about 2,000, and some of its versions then answer without any grammar."""
_MOST_LABELS = 500
_MOST_LABEL_CHARACTERS = 15_000
"""OpenAI takes 1,000 values in all enumerations together, and 15,000 characters in one of more than 250."""
_MOST_NUMBERS = 101
_MOST_WHOLE_NUMBERS = 21
"""Largest count of consecutive whole numbers listed one by one; more are given as a range, which costs fewer tokens."""


def response_format(
    label_schema: LabelSchemaSpec, strategy: ConfidenceStrategy = ConfidenceStrategy.TOKEN_PROBABILITY
) -> dict[str, Any]:
    """Return the `response_format` of an OpenAI-compatible call; a stated confidence comes behind the tasks."""
    said = {PROPERTY: STATED_CONFIDENCE} if strategy is ConfidenceStrategy.STATED else {}
    return {
        "type": "json_schema",
        "json_schema": {
            "name": re.sub(r"[^A-Za-z0-9_-]+", "_", label_schema.name)[:64].strip("_") or "labels",
            "strict": True,
            "schema": _object({task.name: _value_of(task) for task in label_schema.tasks} | said),
        },
    }


def _value_of(task: LabelTask) -> dict[str, Any]:
    match task:
        case SingleChoiceTask():
            return _one_of(task.options)
        case MultipleChoiceTask():
            least = {"minItems": task.at_least} if task.at_least else {}
            most = len(task.options) if task.at_most is None else task.at_most
            return {"type": "array", "items": _one_of(task.options), **least, "maxItems": most}
        case NumberTask():
            return _number(task)
        case TextTask():
            return {"type": "string"} | ({"maxLength": task.max_length + 1} if task.max_length < _MOST_LENGTH else {})
        case SpanTask():
            return {"type": "array", "items": _span(task), "maxItems": SPANS_ASKED + 1}
        case _:
            assert_never(task)


def _span(task: SpanTask) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "text": {
            "type": "string",
            "description": "Copied from the record as it stands there.",
            "maxLength": SPAN_CHARACTERS + 1,
        },
        "label": _one_of(task.options),
        "context": {
            "type": ["string", "null"],
            "description": "Null when each place of the text in the record is meant; else the words around the one.",
            "maxLength": SPAN_CHARACTERS + 1,
        },
    }
    if task.attributes:
        properties["attributes"] = _object(
            {
                attribute.name: _one_of(attribute.options) if attribute.required else _one_or_null(attribute.options)
                for attribute in task.attributes
            }
        )
    return _object(properties)


def _one_of(options: Collection[LabelOption]) -> dict[str, Any]:
    if _are_too_many(options):
        return {"type": "string"}
    return {"type": "string", "enum": [option.value for option in options]}


def _are_too_many(options: Collection[LabelOption]) -> bool:
    """Return whether grammars do not hold these labels; the prompt lists them all, and the answer is checked."""
    return len(options) > _MOST_LABELS or sum(len(option.value) for option in options) > _MOST_LABEL_CHARACTERS


def _one_or_null(options: Collection[LabelOption]) -> dict[str, Any]:
    if _are_too_many(options):
        return {"type": ["string", "null"]}
    return {"type": ["string", "null"], "enum": [*(option.value for option in options), None]}


def _number(task: NumberTask) -> dict[str, Any]:
    kind = _number_type(task)
    if (numbers := _grid(task)) is not None:
        return {"type": kind, "enum": numbers}
    steps = {}
    if task.step is not None and kind == "integer" and task.step > 1 and task.minimum % task.step == 0:
        steps = {"multipleOf": int(task.step)}  # of fractions it is not exact in binary
    return {"type": kind, "minimum": task.minimum, "maximum": task.maximum, **steps}


def _grid(task: NumberTask) -> list[int | float] | None:
    """Return the numbers that the task's step leads to, exactly as they are written; None where they are many."""
    if task.step is None:
        return None
    minimum, step = Decimal(str(task.minimum)), Decimal(str(task.step))
    count = int((Decimal(str(task.maximum)) - minimum) // step) + 1
    if count > (_MOST_WHOLE_NUMBERS if step == 1 and minimum % 1 == 0 else _MOST_NUMBERS):
        return None
    numbers = [minimum + nth * step for nth in range(count)]
    return [int(number) if number % 1 == 0 else float(number) for number in numbers]


def _number_type(task: NumberTask) -> str:
    whole = task.step is not None and task.step.is_integer() and task.minimum.is_integer()
    return "integer" if whole else "number"


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def schema_key(response_format: Mapping[str, Any]) -> str:
    """Return a key that is equal for equal response formats."""
    return sha256(orjson.dumps(response_format)).hexdigest()


def keywords_in(response_format: Mapping[str, Any]) -> frozenset[str]:
    """Return the keywords of a response format that it can do without."""
    found: set[str] = set()
    nodes: list[Mapping[str, Any]] = [response_format["json_schema"]["schema"]]
    while nodes:
        node = nodes.pop()
        found.update(keyword for keyword in KEYWORDS if keyword in node and (keyword != "enum" or _of_numbers(node)))
        nodes += [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]
    return frozenset(found)


def without_keywords(response_format: Mapping[str, Any], keywords: Collection[str]) -> dict[str, Any]:
    """Return a response format that asks for the same without some of `KEYWORDS`."""
    schema = response_format["json_schema"]
    return {**response_format, "json_schema": {**schema, "schema": _stripped(schema["schema"], keywords)}}


def _stripped(node: Mapping[str, Any], keywords: Collection[str]) -> dict[str, Any]:
    kept = {name: value for name, value in node.items() if name == "enum" or name not in keywords}
    if "enum" in keywords and "enum" in node and _of_numbers(node):
        numbers = kept.pop("enum")
        bounds = {"minimum": min(numbers), "maximum": max(numbers)}
        kept |= {name: value for name, value in bounds.items() if name not in keywords}
    if "properties" in node:  # whose names may be those of keywords
        kept["properties"] = {name: _stripped(inner, keywords) for name, inner in node["properties"].items()}
    if "items" in node:
        kept["items"] = _stripped(node["items"], keywords)
    return kept


def _of_numbers(node: Mapping[str, Any]) -> bool:
    return node.get("type") in ("number", "integer")
