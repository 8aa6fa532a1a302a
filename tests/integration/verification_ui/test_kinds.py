"""Tasks of every kind on one item: shown together, checked each by its own rule, kept in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from builders import some_options
from tandem.events import (
    LabelOption,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanTask,
    TaskLabel,
    TextTask,
)
from tandem.events.schema import SpanAttribute
from tandem.store.opinions.documents import DecisionKind

if TYPE_CHECKING:
    from integration.verification_ui.conftest import World

JOB = "job of all kinds"
TEXT = "👩‍🚀 Zoë flew to Zürich on Monday."
TASKS: tuple[LabelTask, ...] = (
    SingleChoiceTask(
        name="tone", options=(LabelOption(value="warm", key="w", color="#aa5500"), LabelOption(value="cold"))
    ),
    MultipleChoiceTask(name="topics", at_least=1, options=some_options("travel", "work", "family")),
    SpanTask(
        name="names",
        options=some_options("person", "place"),
        overlaps=False,
        attributes=(SpanAttribute(name="sure", options=some_options("yes", "no")),),
    ),
    NumberTask(name="stars", minimum=1, maximum=5, step=0.5),
    TextTask(name="summary", max_length=20, pattern="[A-Z].*"),
)


def span(text: str, label: str, **attributes: str) -> dict[str, Any]:
    start = TEXT.index(text)
    stretch = Span(field="text", start=start, end=start + len(text), text=text, label=label, attributes=attributes)
    return stretch.model_dump()


SUGGESTED: dict[str, Any] = {
    "tone": "warm",
    "topics": ["travel"],
    "names": [span("Zoë", "person"), span("Zürich", "place")],
    "stars": 4.5,
    "summary": "A flight",
}


@pytest.fixture
async def item(world: World) -> dict[str, Any]:
    """The item of a record with a label for each task, reserved to ann."""
    await world.add_job(JOB, tasks=TASKS)
    await world.add_records([0], text=TEXT)
    labels = [
        TaskLabel(task=task, value=value, confidence=0.4, rule="structured")
        for task, value in SUGGESTED.items()
        if task != "names"
    ]
    names = tuple(Span.model_validate(each) for each in SUGGESTED["names"])
    labels.insert(2, TaskLabel(task="names", value=names, confidence=0.3, span_confidences=(0.9, 0.3), rule="quoted"))
    await world.annotate(world.annotation(0, labels=labels, job_id=JOB))
    await world.sweep.sweep_job(JOB)
    answer = await world.client().post(f"/verification/v1/jobs/{JOB}/reservations", json={})
    assert answer.status_code == 200, answer.text
    [taken] = answer.json()["items"]
    return dict(taken)


async def decide(client: httpx.AsyncClient, item: dict[str, Any], **changed: Any) -> httpx.Response:
    """Decide on the suggested values but for those given; None leaves a task out."""
    values = {task: value for task, value in (SUGGESTED | changed).items() if value is not None}
    body = {
        "reservation": item["reservation"],
        "attempt": item["attempt"],
        "values": values,
        "shown_values": {label["task"]: label["value"] for label in item["suggestions"]},
    }
    return await client.post(f"/verification/v1/items/{item['item_id']}/decision", json=body)


async def test_an_item_shows_all_tasks_and_the_models_label_of_each(item: dict[str, Any]) -> None:
    assert [task["kind"] for task in item["tasks"]] == ["single_choice", "multiple_choice", "span", "number", "text"]
    assert item["tasks"][0]["options"][0]["key"] == "w"
    assert {label["task"]: label["value"] for label in item["suggestions"]} == SUGGESTED
    assert item["suggestions"][2]["span_confidences"] == [0.9, 0.3]


async def test_values_equal_to_the_suggested_ones_confirm_however_they_are_ordered(
    world: World, item: dict[str, Any]
) -> None:
    answer = await decide(world.client(), item, names=SUGGESTED["names"][::-1])
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "confirmed"
    again = await decide(world.client(), item)
    assert (again.status_code, again.json()["revision"]) == (200, 1)


async def test_a_text_with_nul_is_refused_with_its_field_and_nothing_is_decided(
    world: World, item: dict[str, Any]
) -> None:
    answer = await decide(world.client(), item, summary="a\0b")
    assert (answer.status_code, answer.json()["field"]) == (422, "values.summary")
    assert answer.json()["cure"] == "Take it out."
    assert await world.opinions.get(JOB, 0) is None


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("tone", "cold"),
        ("topics", ["work", "travel"]),
        ("names", []),
        ("names", [span("Zoë", "person", sure="yes"), span("Monday", "place")]),
        ("stars", 1),
        ("summary", "Zoë in Zürich"),
        ("summary", "Zoë\t\x1b[31m \x9b"),
    ],
)
async def test_a_change_of_one_task_corrects_and_is_kept_with_the_others(
    world: World, item: dict[str, Any], task: str, value: object
) -> None:
    answer = await decide(world.client(), item, **{task: value})
    assert answer.status_code == 200, answer.text
    assert answer.json()["kind"] == "corrected"
    kept = await world.opinions.get(JOB, 0)
    assert kept is not None
    assert kept.kind is DecisionKind.CORRECTED
    values = kept.model_dump(mode="json")["values"]
    wanted = ["travel", "work"] if task == "topics" else value
    assert values == SUGGESTED | {task: wanted}
    assert kept.shown_values["stars"] == 4.5


@pytest.mark.parametrize(
    ("task", "value", "says"),
    [
        ("tone", ["warm"], "one label is wanted"),
        ("topics", [], "at least 1"),
        ("topics", ["travel", "sports"], "sports"),
        ("names", [span("Zoë", "ship")], "ship"),
        ("names", [span("Zoë", "person") | {"end": 8}], "does not stand at"),
        ("names", [span("Zoë", "person") | {"field": "title"}], "title"),
        ("names", [span("Zoë", "person", sure="maybe")], "maybe"),
        ("names", [span("Zoë flew", "person"), span("flew", "place")], "do not overlap"),
        ("stars", 5.5, "between 1 and 5"),
        ("stars", 1.2, "grid"),
        ("stars", "4", "a number is wanted"),
        ("summary", "a flight", "match"),
        ("summary", "A flight that took all day", "characters"),
        ("summary", None, "missing"),
    ],
)
async def test_a_value_that_is_none_of_its_task_is_refused_by_name_with_a_cure(
    world: World, item: dict[str, Any], task: str, value: object, says: str
) -> None:
    answer = await decide(world.client(), item, **{task: value})
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["field"] == f"values.{task}"
    assert says.lower() in problem["detail"].lower()
    assert problem["cure"]
    assert await world.opinions.get(JOB, 0) is None


async def test_everything_wrong_is_told_at_once(world: World, item: dict[str, Any]) -> None:
    answer = await decide(world.client(), item, tone="hot", stars=9, mood="x")
    assert [error["field"] for error in answer.json()["errors"]] == ["values.mood", "values.tone", "values.stars"]


async def test_without_a_label_of_some_task_nothing_is_confirmed(world: World, item: dict[str, Any]) -> None:
    await world.database["review_items"].update_one({"_id": item["item_id"]}, {"$pop": {"labels": 1}})
    seen = item | {"suggestions": item["suggestions"][:-1]}
    answer = await decide(world.client(), seen)
    assert (answer.status_code, answer.json().get("kind")) == (200, "corrected")


async def test_the_history_tells_values_of_every_kind(world: World, item: dict[str, Any]) -> None:
    await decide(world.client(), item)
    history = (await world.client().get("/verification/v1/history", params={"job_id": JOB})).json()["items"]
    assert history[0]["values"] == SUGGESTED
