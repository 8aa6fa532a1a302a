"""Answers whose format a grammar forced, with log-probabilities from before it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from tandem.events import LabelOption, MultipleChoiceTask, NumberTask, SingleChoiceTask, TokenLogprob
from tandem.events.schema import LabelTask
from tandem.labeling.confidence import Assessment, Confidence, ConfidenceEstimator, Method, UnknownReason
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading


def given(text: str, probability: float, others: Mapping[str, float]) -> TokenLogprob:
    top = sorted({text: probability, **others}.items(), key=lambda pair: -pair[1])
    return TokenLogprob(
        token=text, logprob=math.log(probability), top=tuple((piece, math.log(share)) for piece, share in top)
    )


def unlisted(text: str, probability: float, others: Mapping[str, float]) -> TokenLogprob:
    top = tuple((piece, math.log(share)) for piece, share in others.items())
    return TokenLogprob(token=text, logprob=math.log(probability), top=top)


def choice(*values: str) -> SingleChoiceTask:
    return SingleChoiceTask(name="sentiment", options=tuple(LabelOption(value=value) for value in values))


def assess(task: LabelTask, *tokens: TokenLogprob) -> Assessment:
    answer = "".join(each.token for each in tokens)
    reading = TaskReader(task).read(answer)
    assert isinstance(reading, Reading), reading
    return ConfidenceEstimator(task).estimate(reading, answer, tokens)


def known(task: LabelTask, *tokens: TokenLogprob) -> Confidence:
    found = assess(task, *tokens)
    assert isinstance(found, Confidence), found
    return found


SENTIMENT = choice("positive", "neutral", "negative")
FORCED = given('{"', 0.004, {"I": 0.2, "The": 0.15, "You": 0.1, "A": 0.01})
KEY = (given("sentiment", 0.9, {"label": 0.05}), given('": "', 0.8, {'": "<': 0.1}))


def test_forced_tokens_do_not_multiply_in() -> None:
    label = given("negative", 0.21, {"anger": 0.3, "positive": 0.02, "sad": 0.015})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 0.6, {'",': 0.1}))
    assert found.value > 0.7
    assert found.margin is not None
    assert found.margin > 0
    assert found.probabilities is not None
    assert found.probabilities["neutral"] < found.probabilities["positive"]
    assert found.method is Method.TOKEN_PROBABILITY_ESTIMATE


def test_an_unlisted_option_has_less_than_an_unlikely_label() -> None:
    label = given("negative", 0.02, {"anger": 0.3, "sad": 0.2, "bad": 0.02})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found.probabilities is not None
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "negative"


def test_a_label_and_options_that_are_all_unlisted_have_no_confidence() -> None:
    label = unlisted("neutral", 0.002, {"post": 0.05, "a": 0.05, "the": 0.05})
    found = assess(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found is UnknownReason.LABEL_NOT_IN_ALTERNATIVES


def test_an_unlisted_label_is_less_likely_than_a_listed_option() -> None:
    label = unlisted("neutral", 0.002, {"negative": 0.3, "the": 0.05})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found.value < 0.1
    assert found.margin is not None
    assert found.margin < 0  # sampled, or forced: the model's own words prefer another


def test_an_alternative_that_begins_an_option_still_counts_ahead_of_the_label() -> None:
    lead = given('": ', 0.5, {'": "neg': 0.3})
    found = known(SENTIMENT, FORCED, KEY[0], lead, given('"positive"', 1.0, {}), given("}", 1.0, {}))
    assert found.value == pytest.approx(0.5 / 0.8, abs=0.01)


def test_log_probabilities_from_after_the_grammar_stay_exact() -> None:
    label = given("negative", 0.6, {"positive": 0.3, "neutral": 0.1})
    found = known(SENTIMENT, given('{"sentiment": "', 1.0, {}), label, given('"}', 1.0, {}))
    assert found.value == pytest.approx(0.6)
    assert found.method is Method.TOKEN_PROBABILITY


def test_of_a_list_the_forced_layout_says_nothing() -> None:
    task = MultipleChoiceTask(name="sentiment", options=SENTIMENT.options)
    opening = given(' ["', 0.2, {" [": 0.5, " {": 0.1})
    label = given("negative", 0.2, {"<": 0.5, "positive": 0.05})
    found = known(
        task, FORCED, KEY[0], given('":', 1.0, {}), opening, label, given('"]', 0.9, {'",': 0.1}), given("}", 1.0, {})
    )
    assert found.value > 0.5


def test_of_a_number_only_other_numbers_count() -> None:
    task = NumberTask(name="sentiment", minimum=0, maximum=1000)
    label = given("12", 0.1, {"high": 0.6, "15": 0.05})
    found = known(task, FORCED, KEY[0], given('": ', 1.0, {}), label, given("}", 1.0, {}))
    assert found.value == pytest.approx(0.1 / 0.15, abs=0.05)
    assert found.method is Method.TOKEN_PROBABILITY_ESTIMATE
