"""Preview of an agent's prompts: its messages for real records, marked, with tokens and price. No model is called."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.events import AgentSpec, LabelSchemaSpec
from tandem.labeling.prompts import MarkedMessage
from tandem.rendering.pool import RendererPool
from tandem.store.records.documents import RecordDocument
from tandem_api.examples.pool import ExamplePools
from tandem_api.planning.estimates.service import Estimator
from tandem_api.resources.agents.schemas import Message, PreviewedPrompt, PreviewedPrompts, Segment
from tandem_api.resources.agents.template_checks import messages_of


class Previewer:
    def __init__(self, estimator: Estimator, pools: ExamplePools, renderers: RendererPool) -> None:
        self._estimator = estimator
        self._renderers = renderers
        self._pools = pools

    async def preview(
        self, project_id: str, agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
    ) -> PreviewedPrompts:
        """Build the messages as they would be sent now: drawn examples may be others later. Raises PromptError."""
        drawn, notice = await self._pools.draw(project_id, agent, label_schema, records)
        prompts = await messages_of(agent, label_schema, records, drawn, self._renderers)
        estimates = await self._estimator.of_calls(agent, label_schema, records, drawn)
        items = [
            PreviewedPrompt(
                seq=record["seq"],
                record_id=record["record_id"],
                messages=[_message(message) for message in messages],
                estimate=estimate,
            )
            for record, messages, estimate in zip(records, prompts, estimates, strict=True)
        ]
        return PreviewedPrompts(items=items, notice=notice)


def _message(message: MarkedMessage) -> Message:
    return Message(
        role=message.role,
        content="".join(text for text, _ in message.segments),
        segments=[Segment(text=text, source=source) for text, source in message.segments],
    )
