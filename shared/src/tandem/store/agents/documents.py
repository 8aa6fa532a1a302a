"""The shape of an agent's version in MongoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NotRequired, TypedDict

from tandem.events import AgentSpec

COLLECTION = "agents"


class AgentDocument(TypedDict):
    _id: str
    project_id: str
    name: str
    version: int
    """1, 2, ... within (project, name)."""
    provider: str
    model: str
    parameters: dict[str, Any]
    """`ModelParameters`."""
    system_template: str
    user_template: str
    examples: NotRequired[list[dict[str, Any]]]
    """`Example`s."""
    drawn_examples: NotRequired[dict[str, Any] | None]
    """`DrawnExamples`."""
    confidence_strategy: str
    repair: NotRequired[bool]
    fallback: NotRequired[dict[str, Any] | None]
    """`Fallback`."""
    label_schema_id: str
    fingerprint: str
    """SHA-256 over everything that shapes an answer; equal fingerprints give equal prompts and parameters."""
    created_at: datetime
    created_by_id: NotRequired[str]
    """Id of the person who made it; absent from versions that an older release made."""


def agent_spec(document: AgentDocument) -> AgentSpec:
    """Convert the version to the form that travels in events."""
    return AgentSpec.model_validate({"agent_id": document["_id"], **document})
