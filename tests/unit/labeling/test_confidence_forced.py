"""Answers whose format a grammar forced, with log-probabilities from before it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from builders import a_choice
from tandem.events import MultipleChoiceTask, NumberTask, SingleChoiceTask, TokenLogprob
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
    return a_choice("sentiment", *values)


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


def test_options_that_are_all_unlisted_have_no_more_than_the_label() -> None:
    label = unlisted("neutral", 0.002, {"post": 0.05, "a": 0.05, "the": 0.05})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found.probabilities is not None
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "neutral"


def test_a_label_that_was_forced_letter_by_letter_is_as_likely_as_unlisted_options() -> None:
    letters = (unlisted("n", 0.002, {"post": 0.05, "a": 0.05}), unlisted("eutral", 1e-9, {"o": 0.5, "il": 0.1}))
    task = choice("entailment", "neutral", "contradiction")
    found = known(task, FORCED, *KEY, *letters, given('"}', 1.0, {}))
    assert found.value == pytest.approx(1 / 3)
    assert found.method is Method.TOKEN_PROBABILITY_ESTIMATE


def test_a_label_that_is_given_no_probability_has_no_confidence() -> None:
    label = TokenLogprob(token="neutral", logprob=-9999.0, top=(("post", math.log(0.05)),))  # noqa: S106 - a token of a model
    found = assess(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found is UnknownReason.LABEL_NOT_IN_ALTERNATIVES


def test_options_count_as_the_grammar_spells_them() -> None:
    label = given("positive", 0.3, {"Positive": 0.2, "negative": 0.3, "N": 0.1})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found.value == pytest.approx(0.5, abs=0.01)


def test_options_count_in_any_case_where_the_label_is_spelled_in_another() -> None:
    """The grammar was then that of JSON alone, without the schema."""
    label = given("Positive", 0.3, {"positive": 0.2, "Negative": 0.5})
    found = known(SENTIMENT, FORCED, *KEY, label, given('"}', 1.0, {}))
    assert found.value == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "options", [("NEUTRAL", "negative"), ("\u00c4rger", "\u00e4hnlich"), ("stra\u00dfe", "STRASSE 2")]
)
def test_options_that_differ_by_case_alone_at_first_stay_apart(options: tuple[str, str]) -> None:
    first, second = options
    label = given(first[:2], 0.4, {second[:2]: 0.2, "x": 0.1})
    found = known(choice(*options), FORCED, *KEY, label, given(first[2:], 1.0, {}), given('"}', 1.0, {}))
    assert found.value > 0.5


def test_a_model_that_would_say_other_words_is_less_sure_of_an_option_in_json() -> None:
    """No token was forced, but a tenth at the label is no option's: 8 to 1 counts as its root."""
    label = given("negative", 0.72, {"positive": 0.09, "neutral": 0.09, "happy": 0.1})
    found = known(SENTIMENT, given('{"sentiment": "', 1.0, {}), label, given('"}', 1.0, {}))
    assert found.value == pytest.approx(8**0.5 / (8**0.5 + 2))
    assert found.method is Method.TOKEN_PROBABILITY_ESTIMATE


def test_a_little_that_is_no_options_changes_nothing() -> None:
    label = given("negative", 0.8, {"positive": 0.1, "neutral": 0.08, "happy": 0.02})
    found = known(SENTIMENT, given('{"sentiment": "', 1.0, {}), label, given('"}', 1.0, {}))
    assert found.value == pytest.approx(0.8 / 0.98)
    assert found.method is Method.TOKEN_PROBABILITY


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
