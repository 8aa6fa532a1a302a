"""How sure a model is of its label, from the tokens it generated and what else it might have generated."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_choice
from drawing import tries
from tandem.events import SingleChoiceTask, TokenLogprob
from tandem.labeling.confidence import Assessment, Confidence, ConfidenceEstimator, UnknownReason
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading


def task(*values: str) -> SingleChoiceTask:
    return a_choice("sentiment", *values)


def token(text: str, probability: float = 1.0, **others: float) -> TokenLogprob:
    return spelled(text, probability, others)


def spelled(text: str, probability: float, others: dict[str, float]) -> TokenLogprob:
    top = {text: probability} | others
    return TokenLogprob(
        token=text,
        logprob=math.log(probability),
        top=tuple((piece, math.log(p)) for piece, p in sorted(top.items(), key=lambda item: -item[1])),
    )


def bare(text: str, logprob: float, *top: tuple[str, float]) -> TokenLogprob:
    return TokenLogprob(token=text, logprob=logprob, top=top)


def estimate(of: SingleChoiceTask, tokens: Sequence[TokenLogprob]) -> Assessment:
    text = "".join(each.token for each in tokens)
    reading = TaskReader(of).read(text)
    assert isinstance(reading, Reading), reading
    found = ConfidenceEstimator(of).estimate(reading, text, tokens)
    assert isinstance(found, Confidence | UnknownReason)
    return found


def known(of: SingleChoiceTask, tokens: Sequence[TokenLogprob]) -> Confidence:
    confidence = estimate(of, tokens)
    assert isinstance(confidence, Confidence), confidence
    return confidence


SENTIMENT = task("positive", "negative", "neutral")
EXPECTED = {"positive": 0.7, "negative": 0.2, "neutral": 0.1}


@pytest.mark.parametrize(
    "tokens",
    [
        pytest.param([token("positive", 0.7, negative=0.2, neutral=0.1)], id="bare"),
        pytest.param([token("pos", 0.7, neg=0.2, neutral=0.1), token("itive")], id="cut"),
        pytest.param([spelled(" pos", 0.7, {"neg": 0.2, " Neutral": 0.1}), token("itive")], id="space and case"),
        pytest.param([token("p", 0.7, n=0.3), token("ositive")], id="alternatives share a first letter"),
        pytest.param(
            [token('{"'), token("sentiment"), token('":"'), token("pos", 0.7, neg=0.2, neut=0.1), token('itive"}')],
            id="json, quote apart",
        ),
        pytest.param(
            [
                token('{"sentiment":'),
                spelled(' "pos', 0.7, {' "neg': 0.15, '"neg': 0.05, ' "neutral"}': 0.1}),
                token('itive"}'),
            ],
            id="json, quote within the token",
        ),
        pytest.param(
            [
                token('{"sentiment": '),
                spelled('"', 0.8, {'"neg': 0.2}),
                token("positive", 7 / 8, neutral=1 / 8),
                token('"}'),
            ],
            id="json, quote within the other's token",
        ),
        pytest.param(
            [token("**"), spelled("Positive", 0.7, {"Negative": 0.1, "negative": 0.1, "neutral": 0.1}), token("**")],
            id="emphasis",
        ),
        pytest.param([token("Sentiment"), token(":"), spelled(" positive", 0.7, {" negative": 0.2, " neutral": 0.1})]),
        pytest.param(
            [spelled("positive", 0.4, {"Positive": 0.3, "negative": 0.2, "neutral.": 0.1})], id="the label in two cases"
        ),
    ],
)
def test_the_same_probabilities_come_out_however_the_answer_is_cut(tokens: list[TokenLogprob]) -> None:
    confidence = known(SENTIMENT, tokens)
    assert confidence.value == pytest.approx(0.7)
    if "n" not in dict(tokens[0].top):
        assert confidence.probabilities == pytest.approx(EXPECTED)


def test_options_that_share_their_first_tokens_are_told_apart_at_the_first_token_that_differs() -> None:
    of = task("not_entailment", "not_positive", "positive")
    tokens = [token("not", 0.6, positive=0.4), token("_"), token("entail", 0.75, positive=0.25), token("ment")]
    assert known(of, tokens).probabilities == pytest.approx(
        {"not_entailment": 0.45, "not_positive": 0.15, "positive": 0.4}
    )


def test_a_shared_beginning_off_the_path_leaves_the_share_of_the_label_right() -> None:
    of = task("not_entailment", "not_positive", "positive")
    confidence = known(of, [token("positive", 0.4, **{"not": 0.6})])
    assert confidence.probabilities == pytest.approx({"positive": 0.4, "not_entailment": 0.3, "not_positive": 0.3})


def test_an_option_that_begins_another_is_told_by_what_ends_it() -> None:
    of = task("New", "New York", "Boston")
    ends = [token("New", 0.6, Boston=0.4), spelled(".", 0.75, {" York": 0.25})]
    assert known(of, ends).probabilities == pytest.approx({"New": 0.45, "New York": 0.15, "Boston": 0.4})
    goes_on = [token("New", 0.6, Boston=0.4), spelled(" York", 0.25, {"<|im_end|>": 0.75})]
    assert known(of, goes_on).probabilities == pytest.approx({"New": 0.45, "New York": 0.15, "Boston": 0.4})
    in_json = [token('{"sentiment":"'), token("New", 0.6, Boston=0.4), spelled('"}', 0.75, {" York": 0.25})]
    assert known(of, in_json).value == pytest.approx(0.45)


def test_an_answer_that_ends_where_a_longer_option_could_follow_has_no_confidence() -> None:
    of = task("New", "New York", "Boston")
    assert estimate(of, [token("New", 0.6, Boston=0.4)]) is UnknownReason.LABEL_END_NOT_SEEN


def test_a_word_that_merely_begins_like_an_option_is_not_that_option() -> None:
    of = task("pos", "neg")
    confidence = known(of, [token("pos", 0.5, positively=0.3, neg=0.2)])
    assert confidence.value == pytest.approx(0.5 / 0.7)


def test_unlisted_probability_goes_to_the_options_that_are_not_listed() -> None:
    confidence = known(task("a", "b", "c"), [token("a", 0.9, x=0.05)])
    assert confidence.probabilities == pytest.approx({"a": 0.9 / 0.95, "b": 0.025 / 0.95, "c": 0.025 / 0.95})
    capped = known(task("a", "b"), [token("a", 0.5, x=0.1)])
    assert capped.probabilities == pytest.approx({"a": 0.5 / 0.6, "b": 0.1 / 0.6})


def test_margin_is_negative_when_a_less_likely_label_was_sampled() -> None:
    confidence = known(SENTIMENT, [token("neutral", 0.1, positive=0.7, negative=0.2)])
    assert confidence.value == pytest.approx(0.1)
    assert confidence.margin == pytest.approx(-0.6)
    assert confidence.entropy == pytest.approx(0.8018185525)


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (None, UnknownReason.NO_LOGPROBS),
        ([], UnknownReason.NO_LOGPROBS),
        ([bare("positive", -0.1)], UnknownReason.NO_ALTERNATIVES),
        ([token("something"), token(" else")], UnknownReason.LABEL_NOT_LOCATED),
        (
            [bare("positive", -9999.0, ("negative", 0.0))],
            UnknownReason.LABEL_NOT_IN_ALTERNATIVES,
        ),
        (
            [bare("positive", math.nan, ("negative", -1.0))],
            UnknownReason.MALFORMED_LOGPROBS,
        ),
    ],
)
def test_what_cannot_be_known_is_absent_with_the_reason(
    tokens: list[TokenLogprob] | None, reason: UnknownReason
) -> None:
    reading = TaskReader(SENTIMENT).read("positive")
    assert isinstance(reading, Reading)
    assert ConfidenceEstimator(SENTIMENT).estimate(reading, "positive", tokens) is reason


def test_a_label_of_escaped_and_folded_characters_is_located() -> None:
    of = task("caf\u00e9", "bar")
    escaped = [token('{"sentiment": "'), token("caf", 0.8, bar=0.2), token("\\u00e9"), token('"}')]
    assert known(of, escaped).value == pytest.approx(0.8)
    wide = [spelled("\uff22\uff21\uff32", 0.6, {"caf": 0.4})]
    assert known(of, wide).value == pytest.approx(0.6)


def test_tokens_that_spell_bytes_apart_leave_the_label_to_be_found_alone() -> None:
    tokens = [token("**", 1.0), token("positive", 0.7, negative=0.2, neutral=0.1), token("\\xe2\\x80\\xa6")]
    text = "**positive\u2026"
    reading = TaskReader(SENTIMENT).read(text)
    assert isinstance(reading, Reading)
    confidence = ConfidenceEstimator(SENTIMENT).estimate(reading, text, tokens)
    assert isinstance(confidence, Confidence)
    assert confidence.value == pytest.approx(0.7)


def simulated_answer(
    probabilities: dict[str, float], label: str, *, json: bool, chance: random.Random
) -> list[TokenLogprob]:
    """What a model would report whose label probabilities are these, under a tokenizer that cuts each option its way.

    The tokenizer cuts each option at random, and its quotes may stick to its ends.
    """
    before, sticky, after = ('{"sentiment": ', '"', '"}') if json else ("", "", ".")
    pieces: dict[str, list[str]] = {}
    for option in probabilities:
        text = sticky + option + after
        cuts = sorted(chance.sample(range(1, len(text)), k=min(len(text) - 1, chance.randint(0, 5))))
        pieces[option] = [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    answer = [token(before)] if before else []
    for index in range(len(pieces[label])):
        following: dict[str, float] = {}
        for option, cut in pieces.items():
            if cut[:index] == pieces[label][:index]:
                following[cut[index]] = following.get(cut[index], 0.0) + probabilities[option]
        total = sum(following.values())
        own = pieces[label][index]
        answer.append(spelled(own, following[own] / total, {text: p / total for text, p in following.items()}))
    return answer


words = st.text(alphabet="abno_ ", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


@tries(120)
@given(
    options=st.lists(words, min_size=2, max_size=6, unique=True),
    weights=st.lists(st.floats(0.001, 1), min_size=6, max_size=6),
    pick=st.integers(0, 5),
    json=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_the_true_probability_of_the_label_is_found_under_any_tokenizer(
    options: list[str], weights: list[float], pick: int, json: bool, seed: int
) -> None:
    of = task(*options)
    total = sum(weights[: len(options)])
    truth = {option: weight / total for option, weight in zip(options, weights, strict=False)}
    label = options[pick % len(options)]
    tokens = simulated_answer(truth, label, json=json, chance=random.Random(seed))  # noqa: S311 - a simulation
    text = "".join(each.token for each in tokens)
    reading = TaskReader(of).read(text)
    if not isinstance(reading, Reading) or reading.value != label:
        return
    confidence = ConfidenceEstimator(of).estimate(reading, text, tokens)
    assert isinstance(confidence, Confidence), confidence
    assert confidence.probabilities is not None
    assert math.fsum(confidence.probabilities.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in confidence.probabilities.values())
    assert set(confidence.probabilities) == set(options)
    assert confidence.value == pytest.approx(truth[label], abs=1e-6)


@tries(100)
@given(
    tokens=st.lists(
        st.tuples(
            st.sampled_from(["positive", "pos", "itive", '"', " ", "neg", "ative", "{", "not", "sentiment", ":", ""]),
            st.floats(-30, 0.1),
            st.lists(st.tuples(st.text(max_size=6), st.floats(allow_nan=True)), max_size=5),
        ),
        max_size=6,
    ),
    text=st.sampled_from(["positive", '{"sentiment": "positive"}', "**Positive**", " positive"]),
)
def test_nonsense_never_breaks_it(tokens: list[tuple[str, float, list[tuple[str, float]]]], text: str) -> None:
    reading = TaskReader(SENTIMENT).read(text)
    assert isinstance(reading, Reading)
    logprobs = [TokenLogprob(token=piece, logprob=p, top=tuple(top)) for piece, p, top in tokens]
    confidence = ConfidenceEstimator(SENTIMENT).estimate(reading, text, logprobs)
    if isinstance(confidence, Confidence):
        assert confidence.probabilities is not None
        assert math.fsum(confidence.probabilities.values()) == pytest.approx(1)
        assert 0 <= confidence.value <= 1
