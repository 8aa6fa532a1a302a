"""The prompts of one agent version, rendered in place or by a child as their cost demands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.labeling.cheap_prompts import CheapRecords, cheap_records
from tandem.labeling.prompts import MarkedMessage, Renderer, Source
from tandem.rendering.frames import CONSTANT, MARKED
from tandem.rendering.pool import RendererPool
from tandem.rendering.render_tasks import Templates

Message = dict[str, str]


class AgentPrompts:
    """The messages of each record. Made by `make`, which compiles the templates or has them compiled."""

    def __init__(
        self,
        pool: RendererPool,
        templates: Templates,
        cheap: CheapRecords,
        in_place: Renderer | None,
        constant: Sequence[Message],
    ) -> None:
        self._pool = pool
        self._templates = templates
        self._cheap = cheap
        self._in_place = in_place
        self.constant = constant
        """Messages that come first for every record."""

    @classmethod
    async def make(
        cls, agent: AgentSpec, label_schema: LabelSchemaSpec, pool: RendererPool, *, marked: bool = False
    ) -> AgentPrompts:
        """Build the prompts of an agent. Raises PromptError for templates that do not compile, PromptRefusedError,
        RenderersBusyError."""
        pool.refusals.check(agent.agent_id)
        templates = Templates.of(agent, label_schema, marked=marked)
        cheap = cheap_records(agent, label_schema)
        if cheap:
            renderer = Renderer(agent, label_schema, marked=marked)
            return cls(pool, templates, cheap, renderer, renderer.constant)
        constant = await pool.render(templates, {}, kind=CONSTANT)
        return cls(pool, templates, cheap, None, constant)

    def in_place(self, fields: Mapping[str, str], examples: Iterable[Example] = ()) -> Renderer | None:
        """Return what renders the record here and now; None where a child has to do it."""
        return self._in_place if self._in_place is not None and self._cheap.include(fields, examples) else None

    async def messages(self, fields: Mapping[str, str], examples: Sequence[Example] = ()) -> list[Message]:
        """Return the messages as they go to the model.

        Raises PromptError, PromptLimitError where the record takes too much, PromptRefusedError, RenderersBusyError.
        """
        if (renderer := self.in_place(fields, examples)) is not None:
            return renderer.messages(fields, examples)
        return [*self.constant, *await self._pool.render(self._templates, fields, examples)]

    async def marked_messages(self, fields: Mapping[str, str], examples: Sequence[Example] = ()) -> list[MarkedMessage]:
        """Return the same messages with the sources of their text; of prompts that were made `marked`."""
        if (renderer := self.in_place(fields, examples)) is not None:
            return renderer.marked_messages(fields, examples)
        found = await self._pool.render(self._templates, fields, examples, kind=MARKED)
        return [
            MarkedMessage(role, tuple((text, Source(source)) for text, source in segments)) for role, segments in found
        ]
