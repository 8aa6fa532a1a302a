"""What the worker makes of what a provider says, where providers differ."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from builders import some_options
from llm_worker_desk import MakeDesk, Script, complaint, good
from llm_worker_line import SCHEMA, agent, published, request
from tandem.events import ErrorKind, ModelParameters, MultipleChoiceTask
from tandem.labeling.answer_format import response_format, schema_key
from tandem.pricing import REASONING_ROOM
from tandem_llm_worker.providers.refusals import refused_parameters


async def test_an_answer_cut_short_is_asked_once_more_with_more_room(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda body: good(body, finish_reason="stop" if body["max_tokens"] > 64 else "length"))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error is None
    assert [body["max_tokens"] for body in server.bodies] == [64, 256]
    assert len(answer.calls) == 2


async def test_an_answer_cut_short_twice_is_truncated(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda body: good(body, finish_reason="length"))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.TRUNCATED
    assert len(server.bodies) == 2


async def test_a_model_said_to_reason_has_room_for_it_at_once_and_no_parameter_that_it_does_not_take(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(good)
    said = {"reasons": True, "not_taken": ["temperature", "logprobs"]}
    desk = make_desk(server.base_url, models={"simulated": said})
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error is None
    (body,) = server.bodies
    assert body["max_tokens"] == 64 + REASONING_ROOM
    assert not {"temperature", "logprobs", "top_logprobs"} & body.keys()


async def test_an_answer_cut_in_its_reasoning_has_twice_the_room_for_it_once(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        return good(body, finish_reason="length", content="") if body["max_tokens"] < 8000 else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url, models={"simulated": {"reasons": True}})
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error is None
    assert [body["max_tokens"] for body in server.bodies] == [64 + REASONING_ROOM, 256 + 2 * REASONING_ROOM]


async def test_an_agent_that_names_an_effort_has_room_for_it_unless_the_model_takes_none(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def plain(body: dict[str, Any]) -> Any:
        if "reasoning_effort" in body:
            return 400, {"error": {"message": "Unrecognized request argument supplied: reasoning_effort"}}
        return good(body)

    for reply, rooms in ((good, [64 + REASONING_ROOM]), (plain, [64 + REASONING_ROOM, 64])):
        server = await scripted(reply)
        desk = make_desk(server.base_url)
        desk.jobs.apply(published(agent=agent(parameters=ModelParameters(max_tokens=64, reasoning_effort="low"))))

        answer = await desk.answer(request(1))

        assert answer.error is None
        assert [body["max_tokens"] for body in server.bodies] == rooms


async def test_a_filtered_answer_fails_as_such_and_an_empty_one_is_tried_again(
    make_desk: MakeDesk, scripted: Script
) -> None:
    for reason, content, kind, calls in (
        ("content_filter", "", ErrorKind.CONTENT_FILTER, 1),
        ("stop", " ", ErrorKind.MALFORMED, 2),
    ):
        server = await scripted(partial(good, finish_reason=reason, content=content))
        desk = make_desk(server.base_url)
        desk.jobs.apply(published())

        answer = await desk.answer(request(1))

        assert answer.error
        assert answer.error.kind is kind
        assert len(server.bodies) == calls


async def test_parameters_a_model_does_not_take_are_dropped_one_after_another_and_for_good(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        if "max_tokens" in body:
            text = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            return complaint(text, "max_tokens", "unsupported_parameter")
        if "temperature" in body:
            return complaint("'temperature' does not support 0.0 with this model.", "temperature", "unsupported_value")
        if body.get("top_logprobs", 0) > 5:
            return complaint("Invalid value for 'top_logprobs': must be less than or equal to 5.", "top_logprobs")
        if "seed" in body:
            return complaint("body.seed: Extra inputs are not permitted", status=422)
        return good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(seed=7))))

    answers = await asyncio.gather(*(desk.answer(request(seq)) for seq in range(4)))
    known = len(server.bodies)
    last = await desk.answer(request(9))

    assert all(answer.error is None and answer.structured for answer in (*answers, last))
    assert len(server.bodies) == known + 1
    body = server.bodies[-1]
    assert body["top_logprobs"] == 5
    assert body["max_completion_tokens"] == 64 + REASONING_ROOM  # only models that reason ask for it
    assert not body.keys() & {"max_tokens", "temperature", "seed"}


async def test_a_complaint_about_the_room_itself_makes_it_smaller(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        if body["max_tokens"] > 16:
            return complaint(f"max_tokens is too large: {body['max_tokens']}. At most 16.", "max_tokens")
        return good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    for seq in range(2):
        assert (await desk.answer(request(seq))).error is None
    assert [body["max_tokens"] for body in server.bodies] == [64, 16, 16]


async def test_messages_that_quote_the_record_or_a_key_are_not_passed_on(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(
        lambda body: (
            complaint(f"cannot read {body['messages'][-1]['content']}", code="bad_input")
            if "number 1," in body["messages"][-1]["content"]
            else complaint("the key sk-abcdefghijk of this project is odd", code="bad_key")
        )
    )
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    quoting, keyed = await desk.answer(request(1)), await desk.answer(request(2))

    assert quoting.error
    assert "text number" not in quoting.error.message
    assert keyed.error
    assert "sk-" not in keyed.error.message
    assert "of this project is odd" in keyed.error.message


async def test_the_constant_part_of_the_prompt_is_the_same_byte_for_byte(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    await asyncio.gather(*(desk.answer(request(seq)) for seq in range(3)))

    assert len({str(body["messages"][:-1]) for body in server.bodies}) == 1
    assert len({str(body["messages"][-1]) for body in server.bodies}) == 3


def refusing_logprobs(body: dict[str, Any]) -> Any:
    """Answer as a model that gives no log-probabilities once it reasons."""
    if "reasoning_effort" in body and "logprobs" in body:
        return complaint("logprobs are not supported with reasoning.", "logprobs", "unsupported_parameter")
    return good(body)


async def test_an_agent_with_an_effort_leaves_the_others_their_log_probabilities(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(refusing_logprobs)
    desk = make_desk(server.base_url)
    effortful = agent(parameters=ModelParameters(reasoning_effort="low"), fingerprint="e" * 64)
    desk.jobs.apply(published("effortful", agent=effortful))
    desk.jobs.apply(published())

    for seq in range(3):
        await desk.answer(request(seq, job_id="effortful"))
        await desk.answer(request(seq))

    asked = [("reasoning_effort" in body, "logprobs" in body) for body in server.bodies]
    assert asked == [(True, True), (True, False), (False, True), *[(True, False), (False, True)] * 2]


async def test_a_parameter_that_was_refused_is_asked_for_again_after_a_while_by_one_call(
    make_desk: MakeDesk, scripted: Script
) -> None:
    refuses = True

    def reply(body: dict[str, Any]) -> Any:
        return complaint("logprobs is not supported", "logprobs") if refuses and "logprobs" in body else good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())
    await desk.answer(request(0))
    model = desk.model
    (refusal,) = model.capabilities.refusals

    refusal.until = 0.0  # the while is over
    model.capabilities.refusals.look_again()
    server.bodies.clear()
    await asyncio.gather(*(desk.answer(request(seq)) for seq in range(1, 6)))
    assert sum("logprobs" in body for body in server.bodies) == 1
    assert len(server.bodies) == 6

    refuses = False
    refusal.until = 0.0
    model.capabilities.refusals.look_again()
    server.bodies.clear()
    for seq in range(6, 9):
        assert (await desk.answer(request(seq))).error is None
    assert all("logprobs" in body for body in server.bodies)
    assert len(server.bodies) == 3


async def test_what_is_refused_is_reported_with_what_it_depends_on(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(refusing_logprobs)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(reasoning_effort="low"))))

    await desk.answer(request(1))

    (told,) = refused_parameters(desk.model.capabilities.refusals)
    assert (told.parameter, told.effort, told.api) == ("logprobs", "low", "chat")
    assert told.schema_key == schema_key(response_format(SCHEMA))
    assert told.message == "logprobs are not supported with reasoning."


async def test_a_bound_of_the_schema_that_is_not_taken_is_left_out_alone(make_desk: MakeDesk, scripted: Script) -> None:
    options = some_options("positive", "neutral")
    several = MultipleChoiceTask(name="sentiment", options=options, at_least=1)

    def reply(body: dict[str, Any]) -> Any:
        task = body["response_format"]["json_schema"]["schema"]["properties"]["sentiment"]
        if "minItems" in task:
            return complaint("invalid schema for response format: sentiment: minItems is not supported")
        return good(body, content='{"sentiment": ["neutral"]}')

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(label_schema=SCHEMA.model_copy(update={"tasks": (several,)})))

    answers = [await desk.answer(request(seq)) for seq in range(3)]

    assert all(answer.error is None and answer.structured for answer in answers)
    assert len(server.bodies) == 4
    task = server.bodies[-1]["response_format"]["json_schema"]["schema"]["properties"]["sentiment"]
    assert "minItems" not in task
    assert task["maxItems"] == 2
