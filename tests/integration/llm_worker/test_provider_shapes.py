"""What providers answer in shapes of their own, through the whole handler: the records have labels all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_worker_desk import Desk, MakeDesk, Script, complaint, good
from llm_worker_line import SCHEMA, agent, published, request
from tandem.events import AnnotationRespondedV1, ErrorKind, LabelSchemaSpec, ModelParameters
from tandem.labeling.labeler import Labeler

SHAPES = Path(__file__).parents[2] / "provider_shapes"
RECORDS = 6


def shape(name: str) -> list[tuple[int, Any]]:
    """Return the responses of a shape in turn: status and body."""
    case = orjson.loads((SHAPES / f"{name}.json").read_bytes())
    return [(each["status"], each["body"]) for each in case["responses seen in turn"]]


async def answers(desk: Desk, count: int = RECORDS) -> list[AnnotationRespondedV1]:
    return list(await asyncio.gather(*(desk.answer(request(seq)) for seq in range(count))))


def values(answer: AnnotationRespondedV1) -> list[Any]:
    labeling = Labeler(SCHEMA).label(answer.completions, {"text": "x"})
    return [label.value for label in labeling.labels]


async def test_each_field_that_a_422_names_is_left_out_from_the_second_call_on(
    make_desk: MakeDesk, scripted: Script
) -> None:
    (refused,) = shape("mistral_422")

    def reply(body: dict[str, Any]) -> Any:
        return refused if body.keys() & {"seed", "logprobs", "top_logprobs"} else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(seed=1))))

    found = await answers(desk)

    assert all(answer.error is None and answer.structured for answer in found)
    assert len(server.bodies) == RECORDS + 1
    assert not any(body.keys() & {"seed", "logprobs", "top_logprobs"} for body in server.bodies[1:])


@pytest.mark.parametrize(
    "error",
    [
        shape("gemini_states")[0],
        (
            400,
            [
                {
                    "error": {
                        "code": 400,
                        "message": "Request contains an invalid argument.",
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ],
        ),
        (400, {"error": {"code": 400, "message": "Failed to initialize samplers: failed to parse grammar"}}),
        (500, {"error": {"code": 500, "message": "Failed to parse grammar", "type": "server_error"}}),
        (400, {}),
    ],
    ids=["too many states", "opaque", "llama.cpp", "as the server's fault", "empty"],
)
async def test_a_schema_that_is_too_much_is_left_out_and_every_record_labeled(
    make_desk: MakeDesk, scripted: Script, error: Any
) -> None:
    server = await scripted(lambda body: error if "response_format" in body else good(body))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    found = await answers(desk)
    known = len(server.bodies)
    last = await desk.answer(request(99))

    assert all(answer.error is None and not answer.structured for answer in (*found, last))
    assert values(last) == ["neutral"]
    assert known <= 2 * RECORDS  # one call ahead of the others, and each of these one
    assert len(server.bodies) == known + 1


async def test_a_schema_is_left_out_for_itself_alone(make_desk: MakeDesk, scripted: Script) -> None:
    (refused,) = shape("gemini_states")

    def reply(body: dict[str, Any]) -> Any:
        too_much = "response_format" in body and "large" in body["response_format"]["json_schema"]["name"]
        return refused if too_much else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    large = SCHEMA.model_copy(update={"label_schema_id": "large", "name": "large"})
    desk.jobs.apply(published())
    desk.jobs.apply(published("other", label_schema=large, agent=agent(fingerprint="e" * 64)))

    first = await desk.answer(request(1, job_id="other"))
    second = await desk.answer(request(1))

    assert not first.structured
    assert second.structured


async def test_one_odd_refusal_of_a_record_turns_nothing_off(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        odd = "number 0," in body["messages"][-1]["content"] and "response_format" in body
        return complaint("Bad request") if odd else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    odd, other = await desk.answer(request(0)), await desk.answer(request(1))

    assert odd.error is None
    assert not odd.structured
    assert other.structured


async def test_a_refusal_that_stays_without_the_schema_is_told_as_it_was(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda _: complaint("Bad request: 17"))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error
    assert (answer.error.kind, answer.error.message) == (ErrorKind.BAD_REQUEST, "Bad request: 17")
    assert len(server.bodies) == 2


async def test_what_the_model_wrote_badly_is_asked_again_and_teaches_nothing(
    make_desk: MakeDesk, scripted: Script
) -> None:
    _, refused = shape("groq_failed_generation")
    calls = 0

    def reply(body: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        return refused if calls % 4 == 0 else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    for seq in range(12):
        answer = await desk.answer(request(seq))
        assert answer.error is None
        assert answer.structured
    assert all("response_format" in body and "logprobs" in body for body in server.bodies)


@pytest.mark.parametrize(
    ("written", "labeled"), [('{"sentiment": positive}', True), ("I would rather not say.", False)]
)
async def test_what_is_refused_each_time_is_read_where_it_gives_labels(
    make_desk: MakeDesk, scripted: Script, written: str, labeled: bool
) -> None:
    _, (status, body) = shape("groq_failed_generation")
    refused = {"error": {**body["error"], "failed_generation": written}}
    server = await scripted(lambda _: (status, refused))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert len(server.bodies) == 2  # as many as one answer may take here
    if labeled:
        assert answer.error is None
        assert answer.completions[0].place == "failed_generation"
        assert values(answer) == ["positive"]
    else:
        assert answer.error
        assert answer.error.kind is ErrorKind.MALFORMED


async def test_a_refused_answer_that_ran_out_of_room_has_more(make_desk: MakeDesk, scripted: Script) -> None:
    message = "Failed to validate JSON: max completion tokens reached before generating a valid document"
    cut = {"error": {"message": message, "code": "json_validate_failed", "failed_generation": '{"sentiment": "posi'}}
    server = await scripted(lambda body: good(body) if body["max_tokens"] > 64 else (400, cut))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error is None
    assert [body["max_tokens"] for body in server.bodies] == [64, 256]


def with_message(message: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    def reply(body: dict[str, Any]) -> Any:
        status, answer = good(body)
        answer["choices"][0]["message"] = {"role": "assistant", **message}
        return status, answer

    return reply


JSON = '{"sentiment": "positive"}'
THINKING = {"type": "thinking", "thinking": [{"type": "text", "text": "negative, or neutral?"}]}


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (shape("mistral_list")[0][1]["choices"][0]["message"], None),
        (shape("reasoning_field")[0][1]["choices"][0]["message"], "reasoning_content"),
        ({"content": "", "reasoning": f"Let me think.\nIt is glad.\n{JSON}"}, "reasoning"),
        ({"content": None, "reasoning_content": f"negative?\nno\n</think>\n{JSON}"}, "reasoning_content"),
        ({"content": None, "reasoning_details": [{"type": "reasoning.text", "text": JSON}]}, "reasoning_details"),
        ({"content": None, "tool_calls": [{"function": {"name": "json", "arguments": JSON}}]}, "tool_calls"),
        (
            {
                "content": None,
                "tool_calls": [{"function": {"arguments": {"sentiment": "positive"}}}],
                "reasoning": "negative",
            },
            "tool_calls",
        ),
        ({"content": None, "function_call": {"name": "label", "arguments": JSON}}, "function_call"),
        ({"content": {"sentiment": "positive"}}, None),
        ({"content": [{"type": "text", "text": '{"sentiment": '}, {"type": "text", "text": '"positive"}'}]}, None),
        ({"content": [THINKING, JSON]}, None),
    ],
)
async def test_an_answer_is_found_wherever_it_stands(
    make_desk: MakeDesk, scripted: Script, message: dict[str, Any], place: str | None
) -> None:
    server = await scripted(with_message(message))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    found = await answers(desk, 3)

    assert [values(answer) for answer in found] == [["positive"]] * 3
    assert {answer.completions[0].place for answer in found} == {place}
    assert len(server.bodies) == 3


async def test_a_failure_says_where_the_text_stood(make_desk: MakeDesk, scripted: Script) -> None:
    thought = "The writer may be glad.\nOr not.\n" * 3
    server = await scripted(with_message({"content": None, "reasoning_content": thought}))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.MALFORMED
    assert "`reasoning_content` holds a thought of" in answer.error.message
    assert "has no text in `content`" in answer.error.message


def test_an_answer_that_cannot_be_read_says_where_it_stood() -> None:
    from tandem.events import Completion  # noqa: PLC0415 - of this test alone

    schema: LabelSchemaSpec = SCHEMA
    labeling = Labeler(schema).label([Completion(text="well", place="tool_calls")], {"text": "x"})

    assert labeling.problem
    assert labeling.problem.detail.endswith("(the text stood in `tool_calls`)")
