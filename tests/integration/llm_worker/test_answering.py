"""Samples, a second question, a fallback model, the other API: how an answer is got in more than one call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builders import a_schema, some_options
from llm_worker_desk import MakeDesk, Script, complaint, good
from llm_worker_line import agent, published, request
from tandem.events import ErrorKind, Fallback, LabelOption, ModelParameters
from tandem.events.schema import LabelTask, MultipleChoiceTask, NumberTask, SpanTask, TextTask


def several(body: dict[str, Any], count: int) -> Any:
    status, answer = good(body)
    answer["choices"] = [{**answer["choices"][0], "index": index} for index in range(count)]
    return status, answer


def sampling(samples: int, **more: Any) -> Any:
    parameters = ModelParameters(samples=samples, temperature=0.7, seed=5)
    return published(agent=agent(parameters=parameters, **more))


async def test_samples_come_in_one_call_where_the_provider_takes_n(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda body: several(body, body["n"]))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(3))

    answer = await desk.answer(request(1))

    assert len(answer.completions) == 3
    assert [body["n"] for body in server.bodies] == [3]


async def test_samples_come_in_calls_with_seeds_of_their_own_where_it_does_not(
    make_desk: MakeDesk, scripted: Script
) -> None:
    server = await scripted(lambda body: complaint("Unsupported parameter: 'n'.", "n") if "n" in body else good(body))
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(3))

    first, second = await desk.answer(request(1)), await desk.answer(request(2))

    assert len(first.completions) == len(second.completions) == 3
    assert [body["seed"] for body in server.bodies] == [5, 5, 6, 7, 5, 6, 7]
    assert first.usage
    assert second.usage == first.usage
    assert sum(call.usage.prompt_tokens for call in second.calls if call.usage) == second.usage.prompt_tokens


async def test_a_server_that_ignores_n_is_noticed(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url)
    desk.jobs.apply(sampling(2))

    answers = [await desk.answer(request(seq)) for seq in range(2)]

    assert all(len(answer.completions) == 2 for answer in answers)
    assert [body.get("n") for body in server.bodies] == [2, None, None, None]


async def test_a_model_is_told_once_what_was_wrong_with_its_answer(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        return good(body) if len(body["messages"]) > 2 else good(body, content="Hard to say.")

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(repair=True)))

    answer = await desk.answer(request(1))

    assert answer.repaired
    assert "neutral" in answer.completions[0].text
    assert [message["role"] for message in server.bodies[1]["messages"]][-3:] == ["user", "assistant", "user"]
    assert len(answer.calls) == 2


@pytest.mark.parametrize(
    ("task", "first", "told"),
    [
        (
            SpanTask(name="things", options=(LabelOption(value="THING"),)),
            '{"things": [{"text": "number 2", "label": "THING"}]}',
            "'number 2' does not occur in the text",
        ),
        (NumberTask(name="score", minimum=0, maximum=5), '{"score": 7}', "7 is not between 0 and 5"),
        (TextTask(name="code", pattern="[a-z]+"), '{"code": "A1"}', "does not match"),
        (
            MultipleChoiceTask(name="topics", options=some_options("a", "b")),
            '{"topics": ["a", "c"]}',
            "'c' is not a label of 'topics'",
        ),
    ],
)
async def test_what_was_wrong_is_told_for_every_kind_of_task(
    make_desk: MakeDesk, scripted: Script, task: LabelTask, first: str, told: str
) -> None:
    good_answers = {
        "things": '{"things": []}',
        "score": '{"score": 5}',
        "code": '{"code": "a"}',
        "topics": '{"topics": []}',
    }

    def reply(body: dict[str, Any]) -> Any:
        return good(body, content=good_answers[task.name] if len(body["messages"]) > 2 else first)

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    schema = a_schema(task, label_schema_id="other", name="other")
    desk.jobs.apply(published(agent=agent(repair=True), label_schema=schema))

    answer = await desk.answer(request(1))

    assert answer.repaired
    assert answer.completions[0].text == good_answers[task.name]
    assert told in server.bodies[1]["messages"][-1]["content"]


async def test_what_cannot_be_repaired_stays_invalid_after_two_calls(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda body: good(body, content="Hard to say."))
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(repair=True)))

    answer = await desk.answer(request(1))

    assert answer.error is None
    assert len(server.bodies) == 2


async def test_a_second_model_answers_for_the_outcomes_that_the_agent_names(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        if body["model"] == "second":
            return good(body)
        status, answer = good(body, content="")
        answer["choices"][0]["message"] |= {"content": None, "refusal": "No."}
        return status, answer

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    fallback = Fallback(provider="simulated", model="second", on=("refusal",))
    desk.jobs.apply(published(agent=agent(fallback=fallback)))

    answer = await desk.answer(request(1))

    assert answer.error is None
    assert answer.fallback_used
    assert (answer.provider, answer.model) == ("simulated", "second")
    assert [call.model for call in answer.calls] == ["simulated", "second"]


async def test_a_second_model_is_not_asked_for_other_outcomes(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(lambda _: complaint("odd"))
    desk = make_desk(server.base_url)
    desk.jobs.apply(
        published(agent=agent(fallback=Fallback(provider="simulated", model="second", on=("refusal", "invalid"))))
    )

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.BAD_REQUEST
    assert not answer.fallback_used
    assert len(server.bodies) == 1


async def test_an_answer_without_a_label_goes_to_the_second_model(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(
        lambda body: good(body) if body["model"] == "second" else good(body, content="Hard to say.")
    )
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(fallback=Fallback(provider="simulated", model="second", on=("invalid",)))))

    answer = await desk.answer(request(1))

    assert answer.fallback_used
    assert "neutral" in answer.completions[0].text


@pytest.mark.parametrize(("on", "ends"), [("refusal", "refusal"), ("invalid", None)])
async def test_what_the_first_model_was_paid_for_ends_so_where_the_second_takes_no_calls(
    make_desk: MakeDesk, scripted: Script, on: str, ends: str | None
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        if body["model"] == "second":
            return 429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota."}}
        status, answer = good(body, content="Hard to say.")
        if on == "refusal":
            answer["choices"][0]["message"] |= {"content": None, "refusal": "No."}
        return status, answer

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published(agent=agent(fallback=Fallback(provider="simulated", model="second", on=(on,)))))

    answers = [await desk.answer(request(seq)) for seq in (1, 2)]

    assert [None if answer.error is None else answer.error.kind.value for answer in answers] == [ends, ends]
    assert not any(answer.fallback_used for answer in answers)
    assert all(answer.error is None or "second" in answer.error.message for answer in answers)
    assert [body["model"] for body in server.bodies] == ["simulated", "second", "simulated"], "told once"


async def test_few_calls_meet_a_complaint_when_hundreds_start_at_once(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        for name in ("seed", "temperature", "logprobs"):
            if name in body:
                return complaint(f"Unsupported parameter: '{name}' is not supported with this model.", name)
        return good(body)

    server = await scripted(reply)
    desk = make_desk(server.base_url, max_in_flight=200, timeout_seconds=10)
    desk.jobs.apply(published(agent=agent(parameters=ModelParameters(seed=5))))

    answers = await asyncio.gather(*(desk.answer(request(seq)) for seq in range(200)))

    assert all(answer.error is None for answer in answers)
    assert len(server.bodies) == 203


async def test_a_model_that_spends_its_room_on_reasoning_gets_more_for_all_records(
    make_desk: MakeDesk, scripted: Script
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        if body["max_tokens"] >= 2000:
            return good(body)
        status, answer = good(body, finish_reason="length", content="")
        answer["usage"]["completion_tokens_details"] = {"reasoning_tokens": body["max_tokens"]}
        return status, answer

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answers = [await desk.answer(request(seq)) for seq in range(3)]

    assert all(answer.error is None for answer in answers)
    assert len(server.bodies) == 4


async def test_a_prompt_that_surely_does_not_fit_is_not_sent(make_desk: MakeDesk, scripted: Script) -> None:
    server = await scripted(good)
    desk = make_desk(server.base_url, models={"simulated": {"context_window": 1000}})
    desk.jobs.apply(published())

    answer = await desk.answer(request(1, fields={"text": "a word " * 2000}))
    short = await desk.answer(request(2))

    assert answer.error
    assert answer.error.kind is ErrorKind.TOO_LONG
    assert not answer.calls
    assert short.error is None
    assert len(server.bodies) == 1


async def test_the_context_is_learned_from_the_provider(make_desk: MakeDesk, scripted: Script) -> None:
    text = "This model's maximum context length is 1000 tokens. However, your messages resulted in 5000 tokens."
    server = await scripted(
        lambda body: (
            complaint(text, "messages", "context_length_exceeded")
            if len(body["messages"][-1]["content"]) > 5000
            else good(body)
        )
    )
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answers = [await desk.answer(request(seq, fields={"text": "a word " * 2000})) for seq in range(3)]

    assert all(answer.error and answer.error.kind is ErrorKind.TOO_LONG for answer in answers)
    assert len(server.bodies) == 1


async def test_an_error_inside_a_success_is_the_models_failure(make_desk: MakeDesk, scripted: Script) -> None:
    def reply(body: dict[str, Any]) -> Any:
        is_probe = body["messages"][-1]["content"] == "Hi"
        return good(body) if is_probe else (200, {"error": {"code": 502, "message": "Upstream is down"}})

    server = await scripted(reply)
    desk = make_desk(server.base_url)
    desk.jobs.apply(published())

    answer = await desk.answer(request(1))

    assert answer.error
    assert answer.error.kind is ErrorKind.SERVER_ERROR
    assert len(answer.calls) == 2
