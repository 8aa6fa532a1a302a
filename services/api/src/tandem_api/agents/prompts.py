"""Trying an agent's templates before anything is paid for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from tandem.events import AgentSpec, LabelSchemaSpec
from tandem.labeling.prompts import MarkedMessage, PromptError, Renderer
from tandem.store.records.documents import RecordDocument
from tandem.web import FieldProblem

_MOST_FIELDS = 50


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
    if agent.repair:
        shape["repair"] = True
    if agent.fallback is not None:
        shape["fallback"] = agent.fallback.model_dump(mode="json")
    return hashlib.sha256(orjson.dumps(shape, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def template_problem(agent: AgentSpec, label_schema: LabelSchemaSpec) -> FieldProblem | None:
    """What is wrong with the templates, whatever the records' fields are called; None when nothing is."""
    try:
        await asyncio.to_thread(_try_out, agent, label_schema)
    except PromptError as error:
        return _problem(error, "Mend the template; `label_schema`, `task` and, for a record, `fields` are at hand.")
    return None


async def record_problem(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
) -> FieldProblem | None:
    """What is wrong with the prompt for the first of these records that it fails for; None when it fits all."""
    try:
        await messages_of(agent, label_schema, records)
    except PromptError as error:
        fields = ", ".join(records[0]["fields"]) if records else ""
        return _problem(error, f"Records of this data set have the fields {fields}; make an agent whose prompt fits.")
    return None


async def messages_of(
    agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
) -> list[list[MarkedMessage]]:
    """The messages for each record, as the worker would send them. Raises PromptError."""

    def render() -> list[list[MarkedMessage]]:
        renderer = Renderer(agent, label_schema, marked=True)
        return [renderer.marked_messages(record["fields"]) for record in records]

    return await asyncio.to_thread(render)


def _try_out(agent: AgentSpec, label_schema: LabelSchemaSpec) -> None:
    """Render for a made-up record, giving it every field that the template asks for."""
    renderer = Renderer(agent, label_schema)
    fields = {"text": "A text to be labeled."}
    for _ in range(_MOST_FIELDS):
        try:
            renderer.messages(fields)
        except PromptError as error:
            name = (error.variable or "").removeprefix("fields.")
            if not (error.variable or "").startswith("fields.") or name in fields:
                raise
            fields[name] = "A text to be labeled."
        else:
            return


def _problem(error: PromptError, cure: str) -> FieldProblem:
    line = f" (line {error.line})" if error.line else ""
    return FieldProblem(field=f"{error.template}_template", detail=f"{error}{line}", cure=cure)
