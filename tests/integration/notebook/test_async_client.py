"""The asynchronous client does what the synchronous one does, on the real api, and several things at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from notebook_world import ADMIN_KEY, World
from tandem_client import AsyncTandem, TandemError, UnreachableError, expressions
from tandem_client.aio.resources.finding import Found

FRAME = pa.table({"key": pa.array([1, 2, 3], pa.int16()), "review": ["good", "bad", "so so"]})


async def test_a_frame_goes_in_is_planned_found_and_comes_out(world: World, tmp_path: Path) -> None:
    async with AsyncTandem(world.tandem.url, ADMIN_KEY) as tandem:
        project = await tandem.projects.create("awaited")
        dataset = await project.datasets.add(FRAME, name="reviews", text="review", id="key")
        schema = await project.schemas.single_choice("mood", ["good", "bad"])
        agent = await project.agents.create("first", schema=schema)
        job = await tandem.jobs.create(project.id, dataset_id=dataset.id, agent_id=agent.id, name="one", start=False)
        assert "one" in job._repr_html_()

        # Everything at once on one connection; the objects know it.
        refreshed, listed, arrow, frame, batches, found = await asyncio.gather(
            job.refresh(),
            project.jobs.list(),
            dataset.to_arrow(),
            job.to_pandas(),
            _rows(dataset.to_batches()),
            _found(dataset.find(expressions.text.contains("so"))),
        )
        assert refreshed.tandem is tandem
        assert [each.id for each in listed] == [job.id]
        assert arrow.equals(FRAME)
        assert frame["outcome"].tolist() == ["not_run"] * 3
        assert (batches, found) == (3, ["3"])

        file = tmp_path / "labels.jsonl"
        assert await tandem.jobs.export(job.id, file) == file.stat().st_size > 0
        again = await tandem.datasets.create(project.id, name="again")
        imported = await tandem.datasets.import_file(again.id, _lines(tmp_path), text_columns=["text"])
        assert imported.records == 2
        assert (await tandem.label_schemas.export(schema.id, format="json")).startswith("{")
        subset = await job.where(expressions.text.contains("good")).save("good ones")
        assert subset.size == 1

        with pytest.raises(TandemError, match="no column 'text'") as refused:
            await dataset.add(FRAME, text="text", id="key")
        assert refused.value.cure


async def test_a_server_that_restarts_is_asked_again_and_an_effect_is_not_repeated() -> None:
    answers: list[httpx.Response | Exception] = [httpx.ConnectError("refused"), httpx.Response(503)]
    page: dict[str, Any] = {"items": [], "next": None}
    waited: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("connection reset")
        found = answers.pop(0) if answers else httpx.Response(200, json=page, headers={"Set-Cookie": "s=x; Path=/"})
        assert "Cookie" not in request.headers
        if isinstance(found, Exception):
            raise found
        return found

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    transport = httpx.MockTransport(answer)
    async with AsyncTandem("http://tandem.test", "a key", http=transport, sleep=sleep) as tandem:
        assert await tandem.projects.list() == await tandem.projects.list() == []
        assert len(waited) == 2
        with pytest.raises(UnreachableError, match="TANDEM_URL"):
            await tandem.projects.create("twice?")


async def _rows(batches: AsyncIterator[Any]) -> int:
    return sum([batch.num_rows async for batch in batches])


async def _found(found: Found) -> list[str]:
    return [each.record_id async for each in found]


def _lines(directory: Path) -> Path:
    file = directory / "more.jsonl"
    file.write_text("".join(json.dumps({"id": name, "text": name}) + "\n" for name in ("a", "b")))
    return file
