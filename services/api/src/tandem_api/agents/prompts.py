"""Trying an agent's templates before anything is paid for."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.invalid_content import FieldProblem
from tandem.labeling.prompts import MarkedMessage, PromptError, Renderer
from tandem.store.records.documents import RecordDocument

_MOST_FIELDS = 50
_CPU_SECONDS = 3.0
"""Spent on rendering records to look for problems; the templates of most agents take a hundredth of it."""
_ANY_TEXT = "A text to be labeled."


def fingerprint(agent: AgentSpec, label_schema: LabelSchemaSpec) -> str:
    """SHA-256 (hex) of the canonical JSON of everything that shapes an answer."""
    shape: dict[str, Any] = {
        "provider": agent.provider,
        "model": agent.model,
        "parameters": agent.parameters.model_dump(mode="json"),
        "system_template": agent.system_template,
        "user_template": agent.user_template,
        "confidence_strategy": agent.confidence_strategy,
        "label_schema": label_schema.model_dump(mode="json", exclude={"label_schema_id"}),
    }
    if agent.examples:
        shape["examples"] = [example.model_dump(mode="json") for example in agent.examples]
    if agent.drawn_examples is not None:
        shape["drawn_examples"] = agent.drawn_examples.model_dump(mode="json")
    if agent.repair:
        shape["repair"] = True
    if agent.fallback is not None:
        shape["fallback"] = agent.fallback.model_dump(mode="json")
    return hashlib.sha256(orjson.dumps(shape, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def template_problems(agent: AgentSpec, label_schema: LabelSchemaSpec) -> list[FieldProblem]:
    """What is wrong with the templates, whatever the records' fields are called, and with the fields of examples."""
    return await asyncio.to_thread(_try_out, agent, label_schema)


async def record_problems(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
) -> list[FieldProblem]:
    """What is wrong with the prompt for these records: every field that they lack, and whatever else fails, once."""
    return await field_problems(agent, label_schema, [record["fields"] for record in records])


async def field_problems(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[Mapping[str, str]]
) -> list[FieldProblem]:
    """The same for records of which there are the fields alone."""
    return await asyncio.to_thread(_problems_of, agent, label_schema, records)


async def messages_of(
    agent: AgentSpec,
    label_schema: LabelSchemaSpec,
    records: Sequence[RecordDocument],
    drawn: Mapping[int, Sequence[Example]],
) -> list[list[MarkedMessage]]:
    """The messages for each record, as the worker would send them. Raises PromptError."""

    def render() -> list[list[MarkedMessage]]:
        renderer = Renderer(agent, label_schema, marked=True)
        return [renderer.marked_messages(record["fields"], drawn.get(record["seq"], ())) for record in records]

    return await asyncio.to_thread(render)


def _try_out(agent: AgentSpec, label_schema: LabelSchemaSpec) -> list[FieldProblem]:
    """Render for a made-up record, giving it every field that the template asks for."""
    cure = "Mend the template; `label_schema`, `tasks`, `task` and, for a record, `fields` are at hand."
    try:
        renderer = Renderer(agent.model_copy(update={"examples": ()}), label_schema)
    except PromptError as error:
        return [_problem(error, cure)]
    errors = _errors_of(renderer, {"text": _ANY_TEXT})
    problems = [_problem(each, cure) for each in errors if not _lacks_field(each)]
    for number, example in enumerate(agent.examples):
        for each in _errors_of(renderer, example.fields):
            problem = _problem(each, "Give the fields that the user template reads.")
            problems.append(problem.model_copy(update={"field": f"examples[{number}].fields"}))
    return problems


def _problems_of(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[Mapping[str, str]]
) -> list[FieldProblem]:
    fields = ", ".join(records[0]) if records else ""
    cure = f"Records of this data set have the fields {fields}; make an agent whose prompt fits."
    try:
        renderer = Renderer(agent, label_schema)
    except PromptError as error:
        return [_problem(error, cure)]
    found: dict[str, FieldProblem] = {}
    until = time.thread_time() + _CPU_SECONDS
    for record in records:
        if time.thread_time() > until:
            break
        for each in _errors_of(renderer, record):
            found.setdefault(each.variable or str(each), _problem(each, cure))
    return list(found.values())


def _errors_of(renderer: Renderer, fields: Mapping[str, str]) -> list[PromptError]:
    """Every field that the templates read and that is not there, and the first error of another kind."""
    known = dict(fields)
    errors: list[PromptError] = []
    for _ in range(_MOST_FIELDS):
        try:
            renderer.messages(known)
        except PromptError as error:
            errors.append(error)
            name = (error.variable or "").removeprefix("fields.")
            if not _lacks_field(error) or name in known:
                break
            known[name] = _ANY_TEXT
        else:
            break
    return errors


def _lacks_field(error: PromptError) -> bool:
    return (error.variable or "").startswith("fields.")


def _problem(error: PromptError, cure: str) -> FieldProblem:
    line = f" (line {error.line})" if error.line else ""
    return FieldProblem(field=f"{error.template}_template", detail=f"{error}{line}", cure=cure)
