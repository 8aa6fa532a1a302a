"""Agents on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from tandem.events import ConfidenceStrategy, DrawnExamples, Example, Fallback, ModelParameters
from tandem.events.jobs import MOST_EXAMPLES
from tandem.labeling.prompts import Source
from tandem_api.paging import Page
from tandem_api.planning.estimates.schemas import CallEstimate
from tandem_api.views import Body, Name, View

Template = Annotated[str, StringConstraints(max_length=20_000)]


class AgentCreate(Body):
    name: Name
    provider: Name = Field(description="A provider that the operators configured; see /providers.")
    model: Name
    label_schema_id: str
    parameters: ModelParameters = Field(
        default=ModelParameters(),
        description="Without `max_tokens`, answers have the room that the label schema calls for, 64 tokens at least.",
    )
    system_template: Template | None = Field(
        default=None,
        description="Jinja2 over `label_schema`, `tasks`, `task`, `answer_form` and `confidence_strategy`; made from "
        "the label schema when left out, no system message when empty.",
    )
    user_template: Template | None = Field(
        default=None, description="Jinja2 over `fields` and the same; made when left out."
    )
    examples: tuple[Example, ...] = Field(
        default=(), max_length=MOST_EXAMPLES, description="Shown to the model before every record; values of all tasks."
    )
    drawn_examples: DrawnExamples | None = Field(
        default=None, description="Others, drawn for each record from what people verified."
    )
    confidence_strategy: ConfidenceStrategy = Field(
        default=ConfidenceStrategy.TOKEN_PROBABILITY,
        description="How sure a label is: by the probability of its tokens, by how many of the samples give it, or by "
        "what the model says of itself.",
    )
    repair: bool = Field(
        default=False, description="Call once more, with a description of what was wrong, when no label could be read."
    )
    fallback: Fallback | None = Field(
        default=None,
        description="A fallback model, asked when the agent's own ends with one of the outcomes named in `on`.",
    )


class Agent(View):
    id: str
    project_id: str
    name: str
    version: int
    provider: str
    model: str
    parameters: ModelParameters
    label_schema_id: str
    system_template: str
    user_template: str
    examples: tuple[Example, ...] = ()
    drawn_examples: DrawnExamples | None = None
    confidence_strategy: ConfidenceStrategy
    repair: bool = False
    fallback: Fallback | None = None
    fingerprint: str = Field(description="Over everything that shapes an answer; equal agents have an equal one.")
    created_at: datetime


class AgentPage(Page[Agent]):
    pass


class PreviewRequest(Body):
    dataset_id: str
    limit: int = Field(default=3, ge=1, le=20)


class DraftPreview(Body):
    """A request to preview an agent that is not made yet."""

    agent: AgentCreate
    dataset_id: str
    limit: int = Field(default=1, ge=1, le=20)


class Segment(View):
    """A stretch of a message's content, and its source."""

    text: str
    source: Source


class Message(View):
    role: str
    content: str
    segments: list[Segment] = Field(description="The content from its start to its end, by where it came from.")


class PreviewedPrompt(View):
    """The messages that the agent would send for one record."""

    seq: int
    record_id: str
    messages: list[Message]
    estimate: CallEstimate


class PreviewedPrompts(View):
    items: list[PreviewedPrompt]
    notice: str | None = Field(default=None, description="Why no examples are drawn though the agent wants some.")
