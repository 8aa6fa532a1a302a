"""Where an agent's confidence comes from: chosen, checked together with what it needs, and part of the version."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import made
from .test_resources import agent_body

SAMPLED = {"samples": 5, "temperature": 0.7}


async def test_an_agent_keeps_where_its_confidence_comes_from(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    plain = await made(admin, path, agent_body(label_schema))
    stated = await made(admin, path, agent_body(label_schema, confidence_strategy="stated"))
    agreeing = await made(admin, path, agent_body(label_schema, confidence_strategy="agreement", parameters=SAMPLED))

    assert plain["confidence_strategy"] == "token_probability"
    assert (stated["confidence_strategy"], stated["version"]) == ("stated", 2)
    assert agreeing["confidence_strategy"] == "agreement"
    assert len({agent["fingerprint"] for agent in (plain, stated, agreeing)}) == 3


async def test_log_probabilities_are_left_out_where_nobody_reads_them(
    admin: httpx.AsyncClient, project: Any, label_schema: Any
) -> None:
    path = f"/projects/{project['id']}/agents"
    silent = await made(admin, path, agent_body(label_schema, confidence_strategy="stated"))
    wanted = await made(
        admin, path, agent_body(label_schema, confidence_strategy="stated", parameters={"logprobs": True})
    )

    assert silent["parameters"]["logprobs"] is False
    assert wanted["parameters"]["logprobs"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"confidence_strategy": "agreement"}, "parameters.samples"),
        ({"parameters": {"logprobs": False}}, "parameters.logprobs"),
        ({"parameters": {"top_logprobs": 0}}, "parameters.top_logprobs"),
    ],
)
async def test_what_a_strategy_lacks_is_told_with_its_cure(
    admin: httpx.AsyncClient, project: Any, label_schema: Any, change: dict[str, Any], field: str
) -> None:
    body = agent_body(
        label_schema, **change, model="no such model", fallback={"provider": "nobody", "model": "m", "on": ["timeout"]}
    )

    answer = await admin.post(f"/projects/{project['id']}/agents", json=body)

    assert answer.status_code == 422
    problems = {problem["field"]: problem for problem in answer.json()["errors"]}
    assert problems[field]["cure"]
    assert "fallback.provider" in problems, "all problems are told together"


async def test_a_task_named_confidence_leaves_no_name_to_state_it_by(admin: httpx.AsyncClient, project: Any) -> None:
    options = [{"value": "high"}, {"value": "low"}]
    task = {"kind": "single_choice", "name": "Confidence", "options": options}
    schema = await made(admin, f"/projects/{project['id']}/label-schemas", {"name": "sure", "tasks": [task]})

    answer = await admin.post(
        f"/projects/{project['id']}/agents", json=agent_body(schema, confidence_strategy="stated")
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "confidence_strategy"
