"""Answers in shapes of their own, by a worker that runs whole: from the topic of requests to that of answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_worker_desk import Script, good
from llm_worker_line import SCHEMA, Line, StartWorker, agent, published, request
from tandem.events import ModelParameters
from tandem.labeling.labeler import Labeler

SHAPES = Path(__file__).parents[2] / "provider_shapes"
RECORDS = 8

Wanted = Callable[[int, dict[str, Any]], bool]


def always(_: int, __: dict[str, Any]) -> bool:
    return True


CASES: dict[str, tuple[Wanted, str]] = {
    "mistral_422": (lambda _, body: bool(body.keys() & {"seed", "logprobs", "top_logprobs"}), "neutral"),
    "gemini_states": (lambda _, body: "response_format" in body, "neutral"),
    "groq_failed_generation": (lambda call, _: call % 4 == 0, "neutral"),
    "mistral_list": (always, "positive"),
    "reasoning_field": (always, "positive"),
}
"""By shape: which calls are answered so, and the label in the end."""


@pytest.mark.parametrize("name", CASES)
async def test_every_record_is_labeled(line: Line, start_worker: StartWorker, scripted: Script, name: str) -> None:
    *_, last = orjson.loads((SHAPES / f"{name}.json").read_bytes())["responses seen in turn"]
    is_shaped, label = CASES[name]
    calls = 0

    def reply(body: dict[str, Any]) -> Any:
        nonlocal calls
        calls += 1
        return (last["status"], last["body"]) if is_shaped(calls, body) else good(body)

    server = await scripted(reply)
    start_worker(provider={"base_url": server.base_url})
    await line.publish(published(agent=agent(parameters=ModelParameters(seed=1))))
    await line.publish(*(request(seq) for seq in range(RECORDS)))

    answers = await line.answered(RECORDS)

    labeler = Labeler(SCHEMA)
    for answer in answers:
        assert answer.error is None
        (labeled,) = labeler.label(answer.completions, {}).labels
        assert labeled.value == label
    assert not line.dead
