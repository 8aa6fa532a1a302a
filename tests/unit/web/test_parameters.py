"""A query parameter that nobody knows is refused with its name and the nearest known one."""

from __future__ import annotations

from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query

from tandem.web import OWN_TELEMETRY, install_problems, known_parameters_alone


def page(after: str | None = None, limit: Annotated[int, Query(le=10)] = 5) -> tuple[str | None, int]:
    return after, limit


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI(telemetry=OWN_TELEMETRY, dependencies=[Depends(known_parameters_alone)])
    router = APIRouter(prefix="/v1")

    @router.get("/things")
    async def things(
        found: Annotated[Any, Depends(page)],
        outcome: str | None = None,
        review: Annotated[bool | None, Query(alias="needs_review")] = None,
        job: Annotated[list[str] | None, Query()] = None,
    ) -> list[Any]:
        return [found, outcome, review, job]

    @router.get("/history")
    async def history(job_id: str) -> str:
        return job_id

    @router.get("/things/{thing_id}")
    async def thing(thing_id: str) -> str:
        return thing_id

    app.include_router(router)
    install_problems(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_every_known_parameter_passes_those_of_dependencies_aliases_and_lists_too(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/things?after=a&limit=3&outcome=failed&needs_review=true&job=1&job=2")
    assert answer.json() == [["a", 3], "failed", True, ["1", "2"]]


@pytest.mark.parametrize(
    ("query", "field", "cure"),
    [
        ("outcom=failed", "outcom", "Did you mean outcome?"),
        ("needs-review=true", "needs-review", "Did you mean needs_review?"),
        ("limits=3", "limits", "Did you mean limit?"),
        ("review=true", "review", "Did you mean needs_review?"),
        ("outcome=failed&zzz=1", "zzz", "It may have outcome, needs_review, job, after, limit."),
        ("%00=1", "\0", "It may have outcome, needs_review, job, after, limit."),
    ],
)
async def test_an_unknown_one_is_named_with_the_nearest(
    client: httpx.AsyncClient, query: str, field: str, cure: str
) -> None:
    answer = await client.get(f"/v1/things?{query}")
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/unknown-parameter")
    assert (problem["field"], problem["cure"]) == (field, cure)
    assert repr(field) in problem["detail"]


async def test_a_misspelt_parameter_is_told_and_not_that_the_right_one_is_missing(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/v1/history?jobid=7")).json()
    assert (problem["field"], problem["cure"]) == ("jobid", "Did you mean job_id?")


async def test_several_are_told_together_and_an_endpoint_without_any_says_so(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/v1/things/1?a=1&b=2")).json()
    assert [each["field"] for each in problem["errors"]] == ["a", "b"]
    assert problem["cure"] == "It has none; leave it out."
    assert (await client.get("/v1/things/1")).status_code == 200
