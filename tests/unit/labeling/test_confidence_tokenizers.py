"""The label's true probability comes out, or less of it but never more, however a tokenizer cuts the answers."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_choice
from drawing import tries
from tandem.events import NumberTask
from tandem.events.schema import LabelTask
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, Method
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading
from tandem.quality.calibration import calibration
from tandem.testing.known_model import (
    GRID,
    LABELS,
    LAYOUTS,
    NUMBER_LAYOUTS,
    NUMBERS,
    TOKENIZERS,
    Tokenizer,
    at_random,
    drawn,
    error_against,
    merging,
    reported,
)

words = st.text(alphabet="abno_ ", min_size=1, max_size=8).filter(lambda text: text.strip() == text)
weights = st.lists(st.floats(0.001, 1), min_size=6, max_size=6)


def confidence_of(
    options: Sequence[str], answers: Mapping[str, float], chosen: str, tokenizer: Tokenizer, top: int | None = None
) -> tuple[str, Confidence] | None:
    of = a_choice("label", *options)
    tokens = reported(answers, chosen, tokenizer, top=top)
    text = "".join(token.token for token in tokens)
    assert text == chosen
    reading = TaskReader(of).read(text)
    if not isinstance(reading, Reading):
        return None
    confidence = ConfidenceEstimator(of).estimate(reading, text, tokens)
    if not isinstance(confidence, Confidence):
        return None
    assert confidence.probabilities is not None
    assert math.fsum(confidence.probabilities.values()) == pytest.approx(1)
    return str(reading.value), confidence


def truth_of(options: Sequence[str], shares: Sequence[float]) -> dict[str, float]:
    total = math.fsum(shares[: len(options)])
    return {option: share / total for option, share in zip(options, shares, strict=False)}


TRICKY = ("not_entailment", "not_positive", "positive", "not", "very positive", "pos")


@pytest.mark.parametrize("form", LAYOUTS)
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_usual_tokenizers_and_forms_give_the_true_probability(form: str, tokenizer: str) -> None:
    truth = truth_of(TRICKY, (0.3, 0.25, 0.2, 0.1, 0.1, 0.05))
    answers = {LAYOUTS[form](option): share for option, share in truth.items()}
    for option in TRICKY:
        found = confidence_of(TRICKY, answers, LAYOUTS[form](option), TOKENIZERS[tokenizer])
        if found is None:
            assert form in ("bare", "line"), "the end of an answer is not always seen in text"
            continue
        assert found[0] == option
        assert found[1].value <= truth[option] + 1e-9
        if found[1].method is Method.TOKEN_PROBABILITY:
            assert found[1].value == pytest.approx(truth[option])


@tries(120)
@given(
    options=st.lists(words, min_size=2, max_size=6, unique=True),
    shares=weights,
    pick=st.integers(0, 5),
    form=st.sampled_from(sorted(LAYOUTS)),
    seed=st.integers(0, 2**16),
    merges=st.booleans(),
)
def test_whatever_the_tokenizer_the_probability_is_true_or_a_bound_from_below(
    *, options: list[str], shares: list[float], pick: int, form: str, seed: int, merges: bool
) -> None:
    truth = truth_of(options, shares)
    answers = {LAYOUTS[form](option): share for option, share in truth.items()}
    tokenizer = merging(list(answers), seed=seed) if merges else partial(at_random, seed=seed)
    label = options[pick % len(options)]
    found = confidence_of(options, answers, LAYOUTS[form](label), tokenizer)
    if found is None or found[0] != label:
        return
    assert found[1].value <= truth[label] + 1e-6
    if found[1].method is Method.TOKEN_PROBABILITY:
        assert found[1].value >= truth[label] * 0.985


@tries(120)
@given(
    options=st.lists(words, min_size=2, max_size=6, unique=True),
    shares=weights,
    pick=st.integers(0, 5),
    form=st.sampled_from(sorted(LAYOUTS)),
    seed=st.integers(0, 2**16),
    top=st.integers(1, 4),
)
def test_what_the_provider_does_not_list_never_overstates(
    *, options: list[str], shares: list[float], pick: int, form: str, seed: int, top: int
) -> None:
    truth = truth_of(options, shares)
    answers = {LAYOUTS[form](option): share for option, share in truth.items()}
    label = options[pick % len(options)]
    found = confidence_of(options, answers, LAYOUTS[form](label), partial(at_random, seed=seed), top)
    if found is not None and found[0] == label:
        assert found[1].value <= truth[label] + 1e-6


@tries(80)
@given(
    shares=weights,
    variants=st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3),
    pick=st.integers(0, 2),
    seed=st.integers(0, 2**16),
)
def test_a_model_that_lays_its_answer_out_in_two_ways_is_read_as_well(
    shares: list[float], variants: list[float], pick: int, seed: int
) -> None:
    """The way does not depend on the label, so either tells the label's probability."""
    options = ("positive", "negative", "neutral")
    truth = truth_of(options, shares)
    dense = variants[0]
    answers = {}
    for option, share in truth.items():
        answers[LAYOUTS["json"](option)] = share * (1 - dense)
        answers[LAYOUTS["json over lines"](option)] = share * dense
    form = random.Random(seed).choice(["json", "json over lines"])  # noqa: S311 - a simulation
    for tokenizer in ("words", "characters", "marks stick to words"):
        found = confidence_of(options, answers, LAYOUTS[form](options[pick]), TOKENIZERS[tokenizer])
        assert found is not None
        assert found[1].value == pytest.approx(truth[options[pick]], abs=1e-6)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_confidence_is_calibrated_on_a_model_whose_probabilities_are_known(tokenizer: str) -> None:
    of = a_choice("label", *LABELS)
    reader, estimator = TaskReader(of), ConfidenceEstimator(of)
    judged = []
    for number, layout in enumerate(("json", "dense json", "json over lines", "line")):
        for known in drawn(1250, tokenizer=TOKENIZERS[tokenizer], layout=LAYOUTS[layout], top=10, seed=number):
            reading = reader.read(known.answer)
            assert isinstance(reading, Reading)
            assert reading.value == known.label
            confidence = estimator.estimate(reading, known.answer, known.tokens)
            if isinstance(confidence, Confidence):
                judged.append((confidence.value, known.label == known.right))
    assert len(judged) > 4000
    error = calibration(judged).error
    assert error is not None
    assert error <= 0.02


SENTIMENTS = a_choice("label", *LABELS)
ONE_VALUE: dict[str, tuple[LabelTask, Sequence[str], Mapping[str, Callable[[str], str]]]] = {
    "single choice": (SENTIMENTS, LABELS, LAYOUTS),
    "number of a grid": (NumberTask(name="label", minimum=1, maximum=5, step=0.5), GRID, NUMBER_LAYOUTS),
    "number": (NumberTask(name="label", minimum=0, maximum=1e6), NUMBERS, NUMBER_LAYOUTS),
}


@pytest.mark.parametrize("top", [10, 3, 1])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kind", ONE_VALUE)
def test_what_is_told_as_exact_is_calibrated_and_a_bound_is_never_too_high(kind: str, tokenizer: str, top: int) -> None:
    of, labels, layouts = ONE_VALUE[kind]
    reader, estimator = TaskReader(of), ConfidenceEstimator(of)
    exact = []
    for seed, layout in enumerate(layouts.values()):
        for known in drawn(50, tokenizer=TOKENIZERS[tokenizer], layout=layout, top=top, seed=seed, labels=labels):
            reading = reader.read(known.answer)
            assert isinstance(reading, Reading)
            found = estimator.estimate(reading, known.answer, known.tokens)
            if isinstance(found, Confidence):
                assert found.value <= known.probability + 1e-4
                if found.method is Method.TOKEN_PROBABILITY:
                    exact.append((found.value, known.probability))
    assert error_against(exact) <= 0.02
    assert len(exact) > 50 or tokenizer == "cut anywhere" or top < 10
