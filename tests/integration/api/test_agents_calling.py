"""What an agent says of how its model is called: samples, reasoning, repair and a fallback model."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import made
from .test_resources import agent_body

SECOND = {"provider": "openai", "model": "another", "on": ["refusal", "content_filter", "invalid"]}


async def test_an_agent_keeps_how_its_model_is_called(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    parameters = {"samples": 5, "temperature": 0.7, "reasoning_effort": "low"}
    plain = await made(admin, path, agent_body(label_schema))

    agent = await made(admin, path, agent_body(label_schema, parameters=parameters, repair=True, fallback=SECOND))

    assert agent["version"] == plain["version"] + 1
    assert agent["fingerprint"] != plain["fingerprint"]
    stored = (await admin.get(f"/agents/{agent['id']}")).json()
    assert stored["repair"] is True
    assert stored["fallback"] == SECOND
    assert stored["parameters"]["samples"] == 5
    assert stored["parameters"]["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parameters": {"samples": 3}}, "parameters.samples"),
        ({"fallback": {**SECOND, "on": ["whatever"]}}, "fallback.on"),
        ({"fallback": {**SECOND, "provider": "nobody"}}, "fallback.provider"),
    ],
)
async def test_what_cannot_work_is_told_with_its_cure(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, change: dict[str, Any], field: str
) -> None:
    answer = await admin.post(f"/projects/{project['id']}/agents", json=agent_body(label_schema, **change))

    assert answer.status_code == 422
    problems = {problem["field"]: problem for problem in answer.json()["errors"]}
    assert problems[field]["cure"]


async def test_the_model_itself_is_no_fallback(admin: httpx.AsyncClient, project: Any, label_schema: Any) -> None:
    body = agent_body(label_schema)
    fallback = {"provider": body["provider"], "model": body["model"], "on": ["timeout"]}

    answer = await admin.post(f"/projects/{project['id']}/agents", json={**body, "fallback": fallback})

    assert answer.status_code == 422
    assert answer.json()["field"] == "fallback.model"
