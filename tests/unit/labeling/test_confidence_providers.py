"""What providers really give: cut characters, other spellings, places kept for nothing, numbers that are none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

import pytest

from builders import a_schema, some_options
from tandem.events import (
    Completion,
    LabelOption,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanTask,
    TextTask,
    TokenLogprob,
)
from tandem.events.schema import LabelTask
from tandem.labeling.confidence import Assessment, Confidence, ConfidenceEstimator, Method, UnknownReason
from tandem.labeling.extraction import TaskReader
from tandem.labeling.labeler import Labeler
from tandem.labeling.reading import Reading
from tandem.testing.known_model import by_words, reported


def choice(*options: str | LabelOption) -> SingleChoiceTask:
    made = (LabelOption(value=option) if isinstance(option, str) else option for option in options)
    return SingleChoiceTask(name="m", options=tuple(made))


def token(text: str, probability: float = 1.0, others: Mapping[str, float] | None = None) -> TokenLogprob:
    top = {text: probability, **(others or {})}
    return TokenLogprob(
        token=text, logprob=math.log(probability), top=tuple((piece, math.log(share)) for piece, share in top.items())
    )


def assess(task: LabelTask, tokens: Sequence[TokenLogprob], answer: str | None = None) -> Assessment:
    answer = "".join(each.token for each in tokens) if answer is None else answer
    reading = TaskReader(task).read(answer)
    assert isinstance(reading, Reading), reading
    return ConfidenceEstimator(task).estimate(reading, answer, tokens)


def known(task: LabelTask, tokens: Sequence[TokenLogprob], answer: str | None = None) -> Confidence:
    found = assess(task, tokens, answer)
    assert isinstance(found, Confidence), found
    return found


def given(text: str, logprob: float, *top: tuple[str, float]) -> TokenLogprob:
    return TokenLogprob(token=text, logprob=logprob, top=top)


def as_bytes(raw: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in raw)


FACES = choice("\U0001f600", "\U0001f621", "sad")
GLAD, ANGRY = ("\U0001f600".encode(), "\U0001f621".encode())


def test_a_label_that_is_cut_within_a_character_is_put_together() -> None:
    tokens = [
        token('{"m": "'),
        token(as_bytes(GLAD[:2]), 0.7, {"sad": 0.3}),
        token(as_bytes(GLAD[2:3])),
        token(as_bytes(GLAD[3:]), 0.8, {as_bytes(ANGRY[3:]): 0.2}),
        token('"}'),
    ]
    assert GLAD[:3] == ANGRY[:3]
    found = known(FACES, tokens, '{"m": "\U0001f600"}')
    assert found.value == pytest.approx(0.56)
    assert found.probabilities == pytest.approx({"\U0001f600": 0.56, "\U0001f621": 0.14, "sad": 0.3})


@pytest.mark.parametrize("piece", [as_bytes(GLAD[:3]), "\ufffd"])
def test_an_alternative_that_is_a_part_of_a_character_leads_to_the_options_that_begin_with_it(piece: str) -> None:
    found = known(FACES, [token('{"m": "'), token("sad", 0.6, {piece: 0.4}), token('"}')])
    assert found.value == pytest.approx(0.6)


def test_cut_characters_of_another_task_leave_the_places_of_repeated_labels_right() -> None:
    texts = {
        json.dumps({"t": "\U0001f600", "a": "yes", "b": said}, ensure_ascii=False): share
        for said, share in (("yes", 0.8), ("no", 0.2))
    }
    answer = next(iter(texts))
    tokens: list[TokenLogprob] = []
    for each in reported(texts, answer, by_words):
        before, face, behind = each.token.partition("\U0001f600")
        tokens += [token(before + as_bytes(GLAD[:3])), token(as_bytes(GLAD[3:]) + behind)] if face else [each]
    options = some_options("yes", "no")
    tasks = (
        TextTask(name="t"),
        SingleChoiceTask(name="a", options=options),
        SingleChoiceTask(name="b", options=options),
    )
    spec = a_schema(*tasks)
    found = Labeler(spec).label([Completion(text=answer, logprobs=tuple(tokens))], {})
    assert [label.confidence for label in found.labels] == [None, 1.0, pytest.approx(0.8)]


GOOD = LabelOption(value="good", aliases=("fine",))
BAD = LabelOption(value="bad", aliases=("evil",))


def test_an_alias_counts_for_its_label_whatever_case_the_label_was_written_in() -> None:
    found = known(choice(GOOD, BAD), [token("Good", 0.5, {"bad": 0.2, "fine": 0.3})])
    assert found.probabilities == pytest.approx({"good": 0.8, "bad": 0.2})


def test_what_is_in_doubt_never_goes_to_an_alias_of_the_label() -> None:
    """What is not listed may be "fine", but may be anything else as well."""
    found = known(choice(GOOD, BAD), [token("good", 0.6, {"bad": 0.2}), token(".")])
    assert found.value == pytest.approx(0.6 / 0.8)
    options = (LabelOption(value="not good", aliases=("no",)), "not bad", "fine")
    shared = known(choice(*options), [token("no", 0.5, {"not": 0.4, "fine": 0.1}), token(".")])
    assert shared.value == pytest.approx(0.5)


def test_an_option_that_is_escaped_in_json_is_known_as_an_alternative() -> None:
    found = known(choice("\u00e9t\u00e9", "bar"), [token('{"m": "'), token("bar", 0.6, {"\\u00": 0.4}), token('"}')])
    assert found.value == pytest.approx(0.6)


def test_an_escaped_label_of_a_list_is_weighed_like_any_other() -> None:
    task = MultipleChoiceTask(name="m", options=some_options("caf\u00e9", "bar"))
    texts = {json.dumps({"m": list(labels)}): share for labels, share in ((("caf\u00e9",), 0.6), (("bar",), 0.4))}
    answer = next(iter(texts))
    assert "\\u00e9" in answer
    assert known(task, reported(texts, answer, by_words)).value == pytest.approx(0.6)


ABC = choice("a", "b", "c")


def logprobs(own: float, *top: tuple[str, float]) -> list[TokenLogprob]:
    return [given("a", own, *top)]


def test_a_generated_token_alone_in_its_list_says_nothing_of_how_likely_others_are() -> None:
    found = known(ABC, logprobs(math.log(0.1), ("a", math.log(0.1))))
    assert found.value == pytest.approx(0.1)
    assert found.method is Method.TOKEN_PROBABILITY_BOUND


def test_a_generated_token_that_is_added_to_the_likeliest_says_nothing_of_the_unlisted() -> None:
    """Some providers do so; an option that is not listed may be as likely as the last of the others."""
    found = known(ABC, logprobs(math.log(0.1), ("b", math.log(0.5)), ("a", math.log(0.1))))
    assert found.value == pytest.approx(0.1)


def test_a_place_that_is_kept_for_nothing_is_no_alternative() -> None:
    found = known(ABC, logprobs(math.log(0.6), ("a", math.log(0.6)), ("x", -9999.0)))
    assert found.value == pytest.approx(0.6)


def test_an_alternative_that_is_listed_twice_counts_once() -> None:
    found = known(ABC, logprobs(math.log(0.6), ("a", math.log(0.6)), ("b", math.log(0.4)), ("b", math.log(0.4))))
    assert found.value == pytest.approx(0.6)


def test_a_generated_token_without_its_probability_has_the_one_that_is_listed() -> None:
    found = known(ABC, logprobs(-9999.0, ("b", math.log(0.7)), ("a", math.log(0.3))))
    assert found.value == pytest.approx(0.3)


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param(logprobs(0.6, ("a", 0.6), ("b", 0.3)), id="probabilities"),
        pytest.param(logprobs(-0.2, ("a", -0.2), ("b", -0.3), ("c", -0.4)), id="more than all"),
        pytest.param(logprobs(-0.5, ("a", -0.5), ("b", math.nan)), id="none"),
        pytest.param([token("{"), given('"m": "', math.nan), token("a"), token('"}')], id="ahead"),
    ],
)
def test_what_is_no_log_probability_gives_no_confidence(tokens: list[TokenLogprob]) -> None:
    assert assess(ABC, tokens) is UnknownReason.MALFORMED_LOGPROBS


def test_a_token_that_holds_more_than_the_label_leaves_room_for_more_than_one_of_each_option() -> None:
    """All options are listed, each with one of many ways to go on; what is not listed may be any of them."""
    task = SpanTask(name="s", options=some_options("who", "where"))
    write = '{{"s": [{{"text": "Ada", "label": "{}"}}, {{"text": "Rome", "label": "{}"}}]}}'
    pairs = {("who", "where"): 0.4, ("where", "where"): 0.1, ("where", "who"): 0.3, ("who", "who"): 0.2}
    texts = {write.format(*labels): share for labels, share in pairs.items()}
    answer = next(iter(texts))
    reading = TaskReader(task).read(answer, {"text": "Ada in Rome"})
    assert isinstance(reading, Reading)
    found = ConfidenceEstimator(task).estimate(reading, answer, reported(texts, answer, lambda text: [text], top=2))
    assert isinstance(found, Confidence)
    assert found.spans is not None
    first, second = found.spans
    assert first is not None
    assert second is not None
    assert first <= 0.6 + 1e-6
    assert second <= 0.4 / 0.6 + 1e-6
    assert found.method is Method.TOKEN_PROBABILITY_BOUND


def test_a_number_in_a_token_with_what_stands_before_it_is_weighed_against_the_unlisted() -> None:
    task = NumberTask(name="m", minimum=0, maximum=1e6)
    found = known(task, [token('{"m": 129}', 0.2, {'{"m": 130}': 0.1})])
    assert found.value == pytest.approx(0.2)
    assert found.method is Method.TOKEN_PROBABILITY_BOUND
    assert assess(task, [given('{"m": 129}', -9999.0)]) in (
        UnknownReason.NO_ALTERNATIVES,
        UnknownReason.LABEL_NOT_IN_ALTERNATIVES,
    )


def test_a_number_whose_end_is_likely_to_come_early_is_weighed_from_where_answers_part() -> None:
    task = NumberTask(name="m", minimum=0, maximum=1e6)
    tokens = [token('{"m":', 0.5, {'{"m": 7}': 0.5}), token(" 129"), token("}")]
    assert known(task, tokens).value == pytest.approx(0.5)
