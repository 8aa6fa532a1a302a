from __future__ import annotations

from typing import Any

import orjson
import pytest

from tandem_llm_worker.providers import chat

ENDED = {"finish_reason": "stop"}


def choice(text: str, tokens: int = 0) -> dict[str, Any]:
    logprobs = {"content": [{"token": "t", "logprob": -0.1, "top_logprobs": []}] * tokens} if tokens else None
    return {**ENDED, "message": {"content": text}, "logprobs": logprobs}


@pytest.mark.parametrize(
    ("choices", "said", "counted"),
    [
        ([choice("a b c d e f", 6)] * 5, 6, 25),  # one sample was counted; each has an end
        ([choice("a b c d e f", 6)] * 5, 30, 30),
        ([choice("a b c d e f", 6)] * 5, 25, 25),  # the ends are not counted
        ([choice("a b c d e f", 6)], 5, 5),  # one answer: the provider's word
        ([choice("word " * 100)] * 4, 100, 304),  # by the fewest tokens that the texts can have
        ([choice("word " * 100)] * 4, 400, 400),
        ([choice("yes")] * 4, 4, 4),
        ([choice("a b", 2)] * 4, 0, 0),  # what nobody counted stays unknown
    ],
)
def test_the_tokens_of_every_sample_are_counted(choices: list[dict[str, Any]], said: int, counted: int) -> None:
    body = {"choices": choices, "usage": {"prompt_tokens": 9, "completion_tokens": said}}
    usage = chat.read(orjson.dumps(body)).usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (9, counted)
