"""Prompts of the current jobs, compiled once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from tandem.events import JobPublishedV1
from tandem.labeling.answer_format import schema_key
from tandem.labeling.labeler import Labeler
from tandem.labeling.prompts import PromptError, response_format
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool
from tandem.rendering.refusals import PromptRefusedError

MOST_KEPT = 256

_Key = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Prompt:
    """An agent's prompt, and the response format that it wants."""

    prompts: AgentPrompts
    response_format: dict[str, Any]
    key: str
    """Equal for prompts that differ in the record alone."""
    schema_key: str
    """Equal for equal response formats."""
    labeler: Labeler
    """Reads answers as the postprocessor will, for agents that act on answers that cannot be read."""


class Prompts:
    """The compiled prompts used last."""

    def __init__(self, pool: RendererPool) -> None:
        self._pool = pool
        self._compiled: OrderedDict[_Key, asyncio.Task[Prompt]] = OrderedDict()

    async def of(self, job: JobPublishedV1) -> Prompt:
        """Return the job's prompt, compiled once for all its requests.

        Raises PromptRefusedError for an agent version whose templates do not compile, or take too much: no record of
        its jobs can be asked about. Raises RenderersBusyError.
        """
        agent, schema = job.agent, job.label_schema
        self._pool.refusals.check(agent.agent_id)
        key = (agent.agent_id, agent.fingerprint, schema.label_schema_id, schema.version)
        task = self._compiled.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._compiled[key] = asyncio.create_task(self._made(job), name="prompt")
            if len(self._compiled) > MOST_KEPT:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        if task.done():
            return task.result()
        return await asyncio.shield(task)  # it is made for others too

    async def _made(self, job: JobPublishedV1) -> Prompt:
        agent, strategy = job.agent, job.agent.confidence_strategy
        wanted = response_format(job.label_schema, strategy)
        try:
            prompts = await AgentPrompts.make(agent, job.label_schema, self._pool)
        except PromptRefusedError:
            raise
        except PromptError as error:
            self._pool.refusals.refuse(agent.agent_id, error)
            raise self._pool.refusals.refused(agent.agent_id) from error
        return Prompt(
            prompts,
            wanted,
            key=agent.fingerprint,
            schema_key=schema_key(wanted),
            labeler=Labeler(job.label_schema, strategy),
        )
