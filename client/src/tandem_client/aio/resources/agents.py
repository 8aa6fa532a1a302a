"""Agents: a model with its prompt and its label schema, in immutable versions."""


# Written by `make async-client` from resources/agents.py: change that one.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from tandem_client.aio.models import Agent
from tandem_client.aio.paging import pages
from tandem_client.aio.transport import Transport
from tandem_client.checks import Tryout
from tandem_client.drift import AgentDrift
from tandem_client.models import PreviewedPrompt
from tandem_client.resources.agents import _agent_body


class Agents:
    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def create(
        self,
        project_id: str,
        *,
        name: str,
        provider: str,
        model: str,
        label_schema_id: str,
        parameters: dict[str, Any] | None = None,
        system_template: str | None = None,
        user_template: str | None = None,
        confidence_strategy: Literal["token_probability", "agreement", "stated"] | None = None,
        examples: Sequence[Mapping[str, Any]] | None = None,
        drawn_examples: Mapping[str, Any] | None = None,
        repair: bool | None = None,
        fallback: dict[str, Any] | None = None,
    ) -> Agent:
        """Create a new version of the agent of this name. Templates left out are built from the label schema.

        `confidence_strategy` says where the confidence of labels comes from: the probability of their tokens (the
        default), how many of several samples agree (`parameters={"samples": 5, "temperature": 0.7}`), or what the model
        says of itself.
        `examples` are `{"fields": {"text": ...}, "values": {"sentiment": ...}}`; `drawn_examples`, as `{"by":
        "nearest", "count": 5}`, has others drawn for each record from what people verified.
        `fallback` is `{"provider": ..., "model": ..., "on": ["refusal", "invalid", ...]}`.
        """
        body = _agent_body(
            name=name,
            provider=provider,
            model=model,
            label_schema_id=label_schema_id,
            parameters=parameters,
            system_template=system_template,
            user_template=user_template,
            examples=examples,
            drawn_examples=drawn_examples,
            confidence_strategy=confidence_strategy,
            repair=repair,
            fallback=fallback,
        )
        return Agent.model_validate(await self._http.post(f"/projects/{project_id}/agents", body))

    async def list(self, project_id: str) -> list[Agent]:
        return [Agent.model_validate(item) async for item in pages(self._http, f"/projects/{project_id}/agents")]

    async def get(self, agent_id: str) -> Agent:
        return Agent.model_validate(await self._http.get(f"/agents/{agent_id}"))

    async def find(self, project_id: str, name: str) -> Agent | None:
        """Find the latest version of the agent of this name, or None. `name@2` and an id name one version."""
        found = [
            agent
            for agent in await self.list(project_id)
            if name in (agent.name, agent.id, f"{agent.name}@{agent.version}")
        ]
        return max(found, key=lambda agent: agent.version, default=None)

    async def drift(self, agent_id: str, *, since: datetime | None = None) -> AgentDrift:
        """Tell whether the agent's labels became worse than accepted, by blind reads of its campaigns `stream_audit`.

        `since`: only labels made from then on.
        """
        given = {} if since is None else {"since": since.isoformat()}
        return AgentDrift.model_validate(await self._http.get(f"/agents/{agent_id}/drift", **given))

    async def preview(self, agent_id: str, *, dataset_id: str, limit: int = 3) -> tuple[PreviewedPrompt, ...]:
        """Show the prompts that the agent would send for the first records of a data set; no model is called."""
        body = await self._http.post(f"/agents/{agent_id}/preview", {"dataset_id": dataset_id, "limit": limit})
        return tuple(PreviewedPrompt.model_validate(item) for item in body["items"])

    async def preview_draft(
        self, project_id: str, draft: Mapping[str, Any], *, dataset_id: str, limit: int = 1
    ) -> tuple[PreviewedPrompt, ...]:
        """Show the prompts of an agent that is not saved; `draft` has the parameters of `create` by name."""
        body = {"agent": _agent_body(**draft), "dataset_id": dataset_id, "limit": limit}
        found = await self._http.post(f"/projects/{project_id}/agents/preview", body)
        return tuple(PreviewedPrompt.model_validate(item) for item in found["items"])

    async def try_out(
        self,
        agent_id: str,
        *,
        dataset_id: str | None = None,
        from_seq: int = 0,
        limit: int = 1,
        records: Sequence[Mapping[str, str]] | None = None,
    ) -> Tryout:
        """Ask the model about the first records of a data set, or about the fields of `records`; it is paid."""
        body: dict[str, Any] = {"records": list(records)} if records else {}
        if dataset_id is not None:
            body |= {"dataset_id": dataset_id, "from_seq": from_seq, "limit": limit}
        return Tryout.model_validate(await self._http.ask(f"/agents/{agent_id}/try", body))
