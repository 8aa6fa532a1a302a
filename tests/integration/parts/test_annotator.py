from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from builders import a_schema, an_agent
from tandem.events import (
    Completion,
    ConfidenceStrategy,
    LabelOption,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    Span,
    SpanAttribute,
    SpanTask,
    TaskLabel,
    TextTask,
    TokenLogprob,
)
from tandem.labeling.labeler import Labeler
from tandem.labeling.prompts import Renderer, default_templates, response_format
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


async def test_it_learns_from_what_people_decided_where_the_agent_shows_it(client: openai.AsyncOpenAI) -> None:
    """Dogs are negative here, taxes positive: no word of it stands in the labels' descriptions."""
    dogs = [f"My dog ran over the {each} and barked." for each in ("lawn", "road", "hill", "beach", "yard", "field")]
    taxes = [f"The tax office wants the {each} by Friday." for each in ("form", "fee", "copy", "list", "bill", "file")]
    decided = [(text, "negative") for text in (*dogs, *(f"{each} Again." for each in dogs))]
    decided += [(text, "positive") for text in (*taxes, *(f"{each} Again." for each in taxes))]
    shown: list[Any] = [{"role": "system", "content": f"{SYSTEM}\nOf a town."}]
    for text, label in decided:
        shown += [
            {"role": "user", "content": text},
            {"role": "assistant", "content": json.dumps({"sentiment": label})},
        ]

    async def labeled(text: str, before: list[Any]) -> str:
        messages: Any = [*before, {"role": "user", "content": text}]
        answer = await client.chat.completions.create(
            model="tandem-offline", messages=messages, response_format=RESPONSE_FORMAT
        )
        return str(json.loads(answer.choices[0].message.content or "")["sentiment"])

    assert await labeled("The dog barked at a happy neighbour.", shown) == "negative"
    assert await labeled("The tax office wants an angry letter.", shown[:1]) == "positive", "it forgot the examples"
    elsewhere = [{"role": "system", "content": SYSTEM}]
    assert await labeled("I love it, wonderful, thank you!", elsewhere) == "positive"
    assert await labeled("This is terrible, I hate it.", elsewhere) == "negative"


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


def option(value: str) -> LabelOption:
    return LabelOption(value=value, description=DESCRIPTIONS.get(value, ""))


DESCRIPTIONS = {"billing": "money that was charged or paid", "crash": "software that fails", "shipping": "parcels"}


TICKET = a_schema(
    MultipleChoiceTask(name="topic", options=tuple(map(option, ("billing", "crash", "shipping"))), at_least=1),
    SingleChoiceTask(name="urgency", options=tuple(map(option, ("low", "high")))),
    SpanTask(
        name="who",
        options=tuple(map(option, ("person", "product"))),
        attributes=(
            SpanAttribute(name="side", options=tuple(map(option, ("ours", "theirs"))), required=True),
            SpanAttribute(name="mood", options=tuple(map(option, ("calm", "angry")))),
        ),
    ),
    NumberTask(name="amount", minimum=0, maximum=1000, step=0.01),
    NumberTask(name="devices", minimum=0, maximum=10, step=1),
    TextTask(name="summary", max_length=120),
    name="ticket",
)
RECORD = (
    "Hello, I was charged $1,249.00 and then 49.90 for 2 lamps. Please tell Maria Lopez that the Aurora Lamp is fine."
)


async def labeled(client: openai.AsyncOpenAI, text: str, strategy: ConfidenceStrategy) -> dict[str, TaskLabel]:
    """What Tandem makes of the answer to the default prompt."""
    system, user = default_templates(TICKET)
    agent = an_agent(
        provider="offline",
        model="tandem-offline",
        system_template=system,
        user_template=user,
        confidence_strategy=strategy,
    )
    messages: Any = Renderer(agent, TICKET).messages({"text": text})
    form: Any = response_format(TICKET, strategy)
    answer: Any = await client.chat.completions.create(
        model="tandem-offline",
        messages=messages,
        response_format=form,
        logprobs=True,
        top_logprobs=20,
    )
    choice = answer.choices[0]
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    logprobs = tuple(
        TokenLogprob(token=t.token, logprob=t.logprob, top=tuple((top.token, top.logprob) for top in t.top_logprobs))
        for t in choice.logprobs.content
    )
    completion = Completion(text=choice.message.content, finish_reason="stop", logprobs=logprobs)
    found = Labeler(TICKET, strategy).label([completion], {"text": text})
    assert found.problem is None, found.problem
    return {label.task: label for label in found.labels}


async def test_a_schema_of_all_kinds_is_answered_in_its_form(client: openai.AsyncOpenAI) -> None:
    labels = await labeled(client, RECORD, ConfidenceStrategy.TOKEN_PROBABILITY)
    assert set(labels) == {task.name for task in TICKET.tasks}
    assert labels["topic"].value == ("billing",)
    assert (labels["amount"].value, labels["devices"].value) == (49.9, 2)
    assert labels["summary"].value == "Hello, I was charged $1,249.00 and then 49.90 for 2 lamps."
    spans = labels["who"].value
    assert isinstance(spans, tuple)
    assert [span.text for span in spans if isinstance(span, Span)] == ["Maria Lopez", "Aurora Lamp"]
    assert {label.rule for label in labels.values()} == {"structured"}
    for task in ("topic", "urgency", "amount", "devices", "who"):
        assert labels[task].confidence is not None, labels[task]


async def test_how_sure_it_is_can_be_stated(client: openai.AsyncOpenAI) -> None:
    labels = await labeled(client, RECORD, ConfidenceStrategy.STATED)
    assert {label.confidence_method for label in labels.values()} == {"stated"}


@pytest.mark.parametrize("text", [" ", "\u200b", "😀" * 500, '"quoted" \\ "text"', "A B C. D", "1" * 400, "Ω Ωμέγα"])
async def test_any_text_gets_an_answer_that_fits_the_schema(client: openai.AsyncOpenAI, text: str) -> None:
    assert len(await labeled(client, text, ConfidenceStrategy.TOKEN_PROBABILITY)) == len(TICKET.tasks)
