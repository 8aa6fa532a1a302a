"""Files whose rows bring no ids: the same row has the same id whenever it comes."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx
import pytest

from tandem.store.records.documents import content_hash
from tandem_api.resources.datasets import importing, record_ids

from .conftest import import_csv


async def seen(client: httpx.AsyncClient, dataset: Any) -> list[tuple[str, str]]:
    """Ids and texts of all records, in their order."""
    found: list[tuple[str, str]] = []
    after: str | None = "-1"
    while after is not None:
        params: dict[str, str | int] = {"after": after, "limit": 1000}
        page = (await client.get(f"/datasets/{dataset['id']}/records", params=params)).json()
        found += [(item["record_id"], item["fields"]["text"]) for item in page["items"]]
        after = page["next"]
    return found


async def take(client: httpx.AsyncClient, dataset: Any, content: str, **params: Any) -> Any:
    answer = await import_csv(client, dataset, content, **params)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def import_jsonl(client: httpx.AsyncClient, dataset: Any, *rows: Any, **params: Any) -> httpx.Response:
    return await client.post(
        f"/datasets/{dataset['id']}/imports",
        params=params,
        content="\n".join(map(json.dumps, rows)),
        headers={"Content-Type": "application/x-ndjson"},
    )


def the_id(text: str, number: int = 1) -> str:
    return record_ids.made_id(content_hash({"text": text}), number)


async def test_ids_are_made_of_the_content_and_told(admin: httpx.AsyncClient, dataset: Any) -> None:
    result = await take(admin, dataset, "text,label\ngood,a\nbad,b\ngood,a\n")
    assert (result["records"], result["id_column"], result["repeated"]) == (3, None, 1)
    assert result["made_ids"] == [the_id("good"), the_id("bad"), the_id("good", 2)]
    assert result["made_ids"][2] == f"{result['made_ids'][0]}-2"
    assert await seen(admin, dataset) == list(zip(result["made_ids"], ["good", "bad", "good"], strict=True))
    shown = (await admin.get(f"/datasets/{dataset['id']}")).json()
    assert shown["ids_made"] is True


async def test_the_same_file_again_is_a_no_op_whatever_its_format(admin: httpx.AsyncClient, dataset: Any) -> None:
    await take(admin, dataset, "text,label\ngood,a\nbad,b\ngood,a\n")
    before = await seen(admin, dataset)
    again = await take(admin, dataset, "label;text\r\na;good\r\nb;bad\r\na;good\r\n")
    assert (again["records"], again["skipped"], again["duplicates"], again["repeated"]) == (0, 3, 3, 1)
    objects = [{"text": "bad"}, {"text": "good"}, {"text": "good"}]
    assert (await import_jsonl(admin, dataset, *objects)).json()["records"] == 0
    assert await seen(admin, dataset) == before


async def test_what_is_appended_or_corrected_changes_no_other_id(admin: httpx.AsyncClient, dataset: Any) -> None:
    await take(admin, dataset, "text\nok\nfine\nok\n")
    changed = await take(admin, dataset, "text\nnew at the top\nok\nfiner\nok\nok\n")
    assert changed["made_ids"] == [the_id("new at the top"), the_id("finer"), the_id("ok", 3)]
    assert (changed["records"], changed["skipped"]) == (3, 2)


async def test_a_row_with_another_gold_value_is_left_out_and_counted(admin: httpx.AsyncClient, dataset: Any) -> None:
    await take(admin, dataset, "text,label\ngood,a\nbad,b\n", gold_column="label")
    again = await take(admin, dataset, "text,label\ngood,a\nbad,a\n", gold_column="label")
    assert (again["records"], again["skipped"], again["changed"]) == (0, 2, 1)


async def test_a_file_that_must_be_new_is_refused_when_asked_so(admin: httpx.AsyncClient, dataset: Any) -> None:
    await take(admin, dataset, "text\ngood\n")
    problem = (await import_csv(admin, dataset, "text\nbetter\ngood\n", on_duplicate="error")).json()
    assert (problem["type"], problem["row"]) == ("/problems/duplicate-id", 2)
    assert len(await seen(admin, dataset)) == 1


async def test_equal_rows_are_one_record_when_asked_so(admin: httpx.AsyncClient, dataset: Any) -> None:
    for records in (2, 0):
        result = await take(admin, dataset, "text\ngood\ngood\nbad\ngood\n", on_same_content="skip")
        assert result["records"] == records
    assert [text for _, text in await seen(admin, dataset)] == ["good", "bad"]


async def test_several_fields_make_one_id_whatever_their_order(admin: httpx.AsyncClient, dataset: Any) -> None:
    pair = {"premise": "it rains", "hypothesis": "it is wet"}
    first = (await import_jsonl(admin, dataset, pair, text_columns="premise,hypothesis")).json()
    assert first["made_ids"] == [record_ids.made_id(content_hash(pair), 1)]
    again = await import_jsonl(admin, dataset, pair, text_columns="hypothesis,premise")
    assert again.json()["records"] == 0


@pytest.mark.parametrize("remembered", [0, 3, 100_000])
async def test_many_equal_rows_over_many_batches_are_numbered_without_memory_of_them(
    admin: httpx.AsyncClient, dataset: Any, monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)
    monkeypatch.setattr(record_ids, "REMEMBERED", remembered)
    drawn = random.Random(5)  # noqa: S311 - a repeatable file
    texts = [f"text {int(drawn.expovariate(0.3))}" for _ in range(150)]
    for length, new in ((100, 100), (100, 0), (150, 50)):
        result = await take(admin, dataset, "text\n" + "".join(f"{text}\n" for text in texts[:length]))
        assert (result["records"], result["skipped"]) == (new, length - new)
        assert result["repeated"] == length - len(set(texts[:length]))
    wanted = [(the_id(text, texts[: place + 1].count(text)), text) for place, text in enumerate(texts)]
    assert await seen(admin, dataset) == wanted


@pytest.mark.parametrize(
    ("header", "column"),
    [("id,text", "id"), ("ID,text", "ID"), ("text,Record_Id", "Record_Id"), ("tweet_id,text", None)],
)
async def test_an_obvious_column_of_ids_is_taken_and_told(
    admin: httpx.AsyncClient, dataset: Any, header: str, column: str | None
) -> None:
    result = await take(admin, dataset, f"{header}\nseven,eight\n")
    assert result["id_column"] == column
    assert bool(result["made_ids"]) is (column is None)


async def test_ids_are_made_all_the_same_when_asked_so(admin: httpx.AsyncClient, dataset: Any) -> None:
    refused = (await import_csv(admin, dataset, "id,text\n1,a\n1,b\n")).json()
    assert "make_ids=true (--make-ids)" in refused["cure"]
    result = await take(admin, dataset, "id,text\n1,a\n1,b\n", make_ids=True)
    assert result["made_ids"] == [the_id("a"), the_id("b")]
    both = (await import_csv(admin, dataset, "id,text\n1,a\n", make_ids=True, id_column="id")).json()
    assert both["type"] == "/problems/two-kinds-of-ids"


async def test_ids_of_another_kind_than_the_data_sets_are_taken_only_when_asked_for(
    admin: httpx.AsyncClient, dataset: Any
) -> None:
    await take(admin, dataset, "id,text\n1,a\n")
    problem = (await import_csv(admin, dataset, "text\na\n")).json()
    assert (problem["type"], "--make-ids" in problem["cure"]) == ("/problems/other-ids", True)
    assert (await take(admin, dataset, "text\na\n", make_ids=True))["records"] == 1
    shown = (await admin.get(f"/datasets/{dataset['id']}")).json()
    assert (shown["ids_made"], shown["record_count"]) == (False, 2)


async def test_a_data_set_of_made_ids_takes_no_column_that_appears_later(
    admin: httpx.AsyncClient, dataset: Any
) -> None:
    await take(admin, dataset, "text\na\n")
    problem = (await import_csv(admin, dataset, "id,text\n1,a\n")).json()
    assert (problem["type"], problem["column"]) == ("/problems/other-ids", "id")
    assert (await take(admin, dataset, "id,text\n1,a\n", make_ids=True))["records"] == 0
    assert (await take(admin, dataset, "id,text\n1,b\n", id_column="id"))["records"] == 1


async def test_objects_with_and_without_ids_in_one_file_are_refused(admin: httpx.AsyncClient, dataset: Any) -> None:
    some = ({"text": "a"}, {"id": 1, "text": "b"})
    for rows, code in ((some, "mixed-ids"), (some[::-1], "no-such-column")):
        answer = await import_jsonl(admin, dataset, *rows)
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{code}")
        assert answer.json()["row"] == 2
        assert "make_ids=true (--make-ids)" in answer.json()["cure"]
    assert (await import_jsonl(admin, dataset, *some, make_ids=True)).json()["records"] == 2
    paths = {"text_columns": "text=data.text", "metadata_columns": "lang=data.lang"}
    nested = await import_jsonl(admin, dataset, {"data": {"text": "c", "lang": "de"}}, **paths)
    assert nested.json()["made_ids"] == [the_id("c")]
