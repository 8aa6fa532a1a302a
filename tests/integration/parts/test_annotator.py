from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from tandem_local.parts.annotator import Annotator

SYSTEM = """Choose the label that fits the record.

Labels:
- positive: The writer is pleased.
- neutral: No feeling either way.
- negative: The writer is displeased.
"""
OPTIONS = ["positive", "neutral", "negative"]
SCHEMA = {"type": "object", "properties": {"sentiment": {"type": "string", "enum": OPTIONS}}}
RESPONSE_FORMAT: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


@pytest.fixture(scope="module")
def annotator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Annotator]:
    with Annotator(log_file=tmp_path_factory.mktemp("annotator") / "annotator.log") as process:
        yield process


@pytest.fixture
async def client(annotator: Annotator) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=annotator.base_url, api_key="none", max_retries=0) as sdk:
        yield sdk


async def ask(client: openai.AsyncOpenAI, text: str, system: str = SYSTEM, **more: Any) -> Any:
    messages: Any = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    return await client.chat.completions.create(model="tandem-offline", messages=messages, **more)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love it, wonderful, thank you!", "positive"),
        ("This is terrible, I hate it.", "negative"),
    ],
)
async def test_the_nearest_label_is_the_answer_with_real_probabilities(
    client: openai.AsyncOpenAI, text: str, label: str
) -> None:
    answer = await ask(client, text, response_format=RESPONSE_FORMAT, logprobs=True, top_logprobs=5)
    choice = answer.choices[0]
    assert json.loads(choice.message.content) == {"sentiment": label}
    assert answer.model == "tandem-offline"
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    token = next(token for token in choice.logprobs.content if token.token == label)
    probabilities = {entry.token: math.exp(entry.logprob) for entry in token.top_logprobs}
    assert set(probabilities) == set(OPTIONS)
    assert sum(probabilities.values()) == pytest.approx(1)
    assert max(probabilities, key=probabilities.__getitem__) == label
    assert answer.usage.total_tokens > 0


async def test_without_structured_output_the_bare_label_is_the_answer(client: openai.AsyncOpenAI) -> None:
    answer = await ask(client, "This is terrible, I hate it.")
    assert answer.choices[0].message.content == "negative"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "😀" * 2000, "word " * 20_000])
async def test_any_text_gets_one_of_the_labels(client: openai.AsyncOpenAI, text: str) -> None:
    answer = await ask(client, text, response_format=RESPONSE_FORMAT)
    assert json.loads(answer.choices[0].message.content)["sentiment"] in OPTIONS


async def test_a_request_without_labels_is_refused_with_the_cure(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="give them as an enum"):
        await ask(client, "Hello", system="Be helpful.")


async def test_labels_of_another_domain_work_the_same_way(client: openai.AsyncOpenAI) -> None:
    system = "- sports: games, teams, players and matches\n- finance: money, banks, shares and markets"
    answer = await ask(client, "The bank raised its interest rates and shares fell.", system=system)
    assert answer.choices[0].message.content == "finance"


async def test_the_model_lists_itself(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["tandem-offline"]
