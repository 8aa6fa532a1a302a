"""The prompts of the jobs at hand, compiled once."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from tandem.events import JobPublishedV1
from tandem.labeling.answer_format import schema_key
from tandem.labeling.labeler import Labeler
from tandem.labeling.prompts import PromptError, Renderer, response_format

MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Prompt:
    """How an agent puts the question, and the form it wants the answer in."""

    renderer: Renderer
    response_format: dict[str, Any]
    key: str
    """Equal for prompts that differ in the record alone."""
    schema_key: str
    """Equal for equal response formats."""
    labeler: Labeler
    """Reads answers as the postprocessor will, for agents that act on what cannot be read."""


class Prompts:
    """The compiled prompts used last."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[tuple[str, str, int], Prompt | PromptError] = OrderedDict()

    def of(self, job: JobPublishedV1) -> Prompt:
        """Raises PromptError, every time, for an agent whose templates do not compile."""
        key = (job.agent.fingerprint, job.label_schema.label_schema_id, job.label_schema.version)
        found = self._compiled.get(key)
        if found is None:
            try:
                strategy = job.agent.confidence_strategy
                wanted = response_format(job.label_schema, strategy)
                found = Prompt(
                    Renderer(job.agent, job.label_schema),
                    wanted,
                    key=job.agent.fingerprint,
                    schema_key=schema_key(wanted),
                    labeler=Labeler(job.label_schema, strategy),
                )
            except PromptError as error:
                found = error
            self._compiled[key] = found
            if len(self._compiled) > MOST_KEPT:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(key)
        if isinstance(found, PromptError):
            raise found.with_traceback(None)
        return found
