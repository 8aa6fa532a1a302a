"""Measures the prompts of some records of a job."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.labeling.prompts import response_format
from tandem.labeling.task_words import answer_of
from tandem.labeling.typical_answers import shortest_values, typical_values
from tandem.pricing import CallSizes, Range, prompt_tokens, text_tokens
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool
from tandem.store.records.documents import RecordDocument
from tandem.text.tokens import counter_for

_SECONDS = 3.0
"""Seconds spent on rendering and counting a sample."""
_STRIDE = 7
"""A sample is measured in this many rounds, each as evenly spread as all of it."""
_AROUND_AN_ANSWER = Range(0, 8, 16)
"""Tokens of a confidence, of code fences and of the end of an answer."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Measures one agent: how long its prompts and answers are."""

    agent: AgentSpec
    label_schema: LabelSchemaSpec
    renderers: RendererPool

    async def sizes(
        self, records: Sequence[RecordDocument], drawn: Mapping[int, Sequence[Example]] | None = None
    ) -> CallSizes:
        """Measure the calls for the records. `drawn`: the examples of each record, by seq; without them others stand in
        for what will be drawn, and where templates are slow fewer of the records are measured.

        Raises PromptError for a record that the templates do not fit.
        """
        rendered = await AgentPrompts.make(self.agent, self.label_schema, self.renderers)
        count = await asyncio.to_thread(counter_for, self.agent.model)  # its vocabulary is read from disk
        form = response_format(self.label_schema, self.agent.confidence_strategy)
        prompts: list[Range] = []
        clock = asyncio.get_running_loop().time
        until = clock() + (_SECONDS if drawn is None else math.inf)
        order = range(len(records)) if drawn is not None else sorted(range(len(records)), key=lambda at: at % _STRIDE)
        for position in order:
            if prompts and clock() > until:
                break
            record = records[position]
            known = () if drawn is None else drawn.get(record["seq"], ())
            shown = self._stand_ins(records, position) if drawn is None else known
            short, long = [await rendered.messages(record["fields"], each) for each in (known, shown)]
            least = await asyncio.to_thread(prompt_tokens, short, count)
            most = await asyncio.to_thread(prompt_tokens, long, count, response_format=form)
            prompts.append(Range(least.low, most.likely, most.high))
        return CallSizes(
            prompts=prompts,
            constant=prompt_tokens(rendered.constant, count) if rendered.constant else Range(0, 0, 0),
            answer=self.answer(),
            counted=count is not None,
            samples=self.agent.parameters.samples,
        )

    def answer(self) -> Range:
        """Return the tokens of one answer: from the shortest one to the longest that is allowed."""
        most = float(self.agent.parameters.max_tokens)
        shortest, typical = (
            text_tokens(answer_of(self.label_schema, Example(fields={}, values=values(self.label_schema))))
            for values in (shortest_values, typical_values)
        )
        return Range(min(shortest.low, most), min(typical.likely + _AROUND_AN_ANSWER.likely, most), most)

    def _stand_ins(self, records: Sequence[RecordDocument], position: int) -> list[Example]:
        """Return examples in place of those that will be drawn: other records of usual length, with usual answers."""
        drawn = self.agent.drawn_examples
        if drawn is None:
            return []
        values = typical_values(self.label_schema)
        others = [records[(position + step) % len(records)] for step in range(1, drawn.count + 1)]
        return [Example(fields=other["fields"], values=values) for other in others]
