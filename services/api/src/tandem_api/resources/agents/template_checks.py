"""Checks of an agent's templates before anything is paid for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.labeling.prompts import MarkedMessage, PromptError, PromptLimitError
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool
from tandem.rendering.refusals import PromptRefusedError
from tandem.store.records.documents import RecordDocument
from tandem.web.invalid_content import FieldProblem

_MOST_FIELDS = 50
_SECONDS = 3.0
"""Seconds spent on rendering records to look for problems; the templates of most agents take a hundredth of it."""
_ANY_TEXT = "A text to be labeled."


def fingerprint(agent: AgentSpec, label_schema: LabelSchemaSpec) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of everything that shapes an answer."""
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


async def template_problems(
    agent: AgentSpec, label_schema: LabelSchemaSpec, renderers: RendererPool
) -> list[FieldProblem]:
    """Report what is wrong with the templates, whatever the records' fields are called, and with the fields of
    examples.

    They are rendered for a made-up record, which is given every field that they ask for.
    """
    cure = "Mend the template; `label_schema`, `tasks`, `task` and, for a record, `fields` are at hand."
    try:
        prompts = await AgentPrompts.make(agent.model_copy(update={"examples": ()}), label_schema, renderers)
    except PromptError as error:
        return [problem_of(error, cure)]
    errors = await _errors_of(prompts, {"text": _ANY_TEXT})
    problems = [problem_of(each, cure) for each in errors if not _lacks_field(each)]
    if any(map(_is_limit, errors)):
        return problems
    for number, example in enumerate(agent.examples):
        for each in await _errors_of(prompts, example.fields):
            problem = problem_of(each, "Give the fields that the user template reads.")
            problems.append(problem.model_copy(update={"field": f"examples[{number}].fields"}))
    return problems


async def record_problems(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument], renderers: RendererPool
) -> list[FieldProblem]:
    """Report what is wrong with the prompt for these records: every field that they lack, and whatever else fails,
    once."""
    return await field_problems(agent, label_schema, [record["fields"] for record in records], renderers)


async def field_problems(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[Mapping[str, str]], renderers: RendererPool
) -> list[FieldProblem]:
    """Report what is wrong with the prompt for records of which only the fields are at hand."""
    fields = ", ".join(records[0]) if records else ""
    cure = f"Records of this data set have the fields {fields}; make an agent whose prompt fits."
    try:
        prompts = await AgentPrompts.make(agent, label_schema, renderers)
    except PromptError as error:
        return [problem_of(error, cure)]
    found: dict[str, FieldProblem] = {}
    clock = asyncio.get_running_loop().time
    until = clock() + _SECONDS
    for record in records:
        await asyncio.sleep(0)  # others have their turn
        errors = await _errors_of(prompts, record)
        for each in errors:
            found.setdefault(each.variable or str(each), problem_of(each, cure))
        if clock() > until or any(map(_is_limit, errors)):
            break
    return list(found.values())


async def messages_of(
    agent: AgentSpec,
    label_schema: LabelSchemaSpec,
    records: Sequence[RecordDocument],
    drawn: Mapping[int, Sequence[Example]],
    renderers: RendererPool,
) -> list[list[MarkedMessage]]:
    """Return the messages for each record, as the worker would send them. Raises PromptError."""
    prompts = await AgentPrompts.make(agent, label_schema, renderers, marked=True)
    return [await prompts.marked_messages(record["fields"], drawn.get(record["seq"], ())) for record in records]


async def _errors_of(prompts: AgentPrompts, fields: Mapping[str, str]) -> list[PromptError]:
    """Return an error for every field that the templates read and the record lacks, and the first error of another
    kind."""
    known = dict(fields)
    errors: list[PromptError] = []
    for _ in range(_MOST_FIELDS):
        try:
            await prompts.messages(known)
        except PromptError as error:
            errors.append(error)
            name = (error.variable or "").removeprefix("fields.")
            if not _lacks_field(error) or name in known:
                break
            known[name] = _ANY_TEXT
        else:
            break
    return errors


def _is_limit(error: PromptError) -> bool:
    return isinstance(error, PromptLimitError | PromptRefusedError)


def _lacks_field(error: PromptError) -> bool:
    return (error.variable or "").startswith("fields.")


def problem_of(error: PromptError, cure: str = "Mend the template.") -> FieldProblem:
    line = f" (line {error.line})" if error.line else ""
    if _is_limit(error):
        cure = "Simplify the template: fewer loops over texts, fewer filters and comparisons. Text around them is free."
    return FieldProblem(field=f"{error.template}_template", detail=f"{error}{line}", cure=cure)
