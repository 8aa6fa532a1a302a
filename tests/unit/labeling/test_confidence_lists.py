"""Several labels, several spans: what is told of each and of all, on models whose probabilities are known."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import some_options
from drawing import tries
from tandem.events import LabelOption, MultipleChoiceTask, Span, SpanTask, TokenLogprob
from tandem.labeling.confidence import Confidence, ConfidenceEstimator, Method, Partial, UnknownReason
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading, Rule
from tandem.quality.calibration import calibration
from tandem.testing.known_lists import (
    LIST_LAYOUTS,
    LIST_TOKENIZERS,
    SPAN_LAYOUTS,
    KnownList,
    drawn_sets,
    drawn_spans,
)
from tandem.testing.known_model import LABELS, TOKENIZERS, by_surroundings, by_words, error_against, reported

OPTIONS = some_options(*LABELS)
SETS = ConfidenceEstimator(MultipleChoiceTask(name="labels", options=OPTIONS))
SPANS = ConfidenceEstimator(SpanTask(name="spans", options=OPTIONS))
USUAL = [name for name in LIST_TOKENIZERS if name in TOKENIZERS]
Draw = Callable[..., Iterator[KnownList]]


def answers(draw: Draw, layouts: Mapping[str, object], tokenizer: str, *, each: int, top: int = 20) -> list[KnownList]:
    return [
        known
        for seed, layout in enumerate(layouts)
        for known in draw(each, tokenizer=LIST_TOKENIZERS[tokenizer], layout=layout, top=top, seed=seed)
    ]


def of(estimator: ConfidenceEstimator, known: KnownList) -> Confidence | None:
    """None: nothing is told, which is only so where no list is to be found."""
    found = estimator.estimate(known.reading, known.answer, known.tokens)
    if not isinstance(found, Confidence):
        assert found is UnknownReason.LABEL_NOT_LOCATED
        assert not known.said
        assert not known.reading.in_json
        return None
    return found


def error_of(judged: Sequence[tuple[float, bool]]) -> float:
    error = calibration(judged).error
    assert error is not None
    return error


@pytest.mark.parametrize("tokenizer", LIST_TOKENIZERS)
def test_the_confidence_of_a_set_is_its_true_probability_or_less(tokenizer: str) -> None:
    for known in answers(drawn_sets, LIST_LAYOUTS, tokenizer, each=60, top=32):
        found = of(SETS, known)
        if found is None:
            continue
        assert found.value <= known.probability + 1e-4
        if found.method is Method.TOKEN_PROBABILITY:
            assert found.value >= known.probability * 0.9


LISTED = [(name, top) for name in LIST_TOKENIZERS for top in (32, 10, 3)]


@pytest.mark.parametrize(("tokenizer", "top"), LISTED)
def test_sets_and_their_labels_are_calibrated_whatever_the_tokenizer_and_however_little_is_listed(
    tokenizer: str, top: int
) -> None:
    exact, each = [], []
    for known in answers(drawn_sets, LIST_LAYOUTS, tokenizer, each=80, top=top):
        if (found := of(SETS, known)) is None:
            continue
        assert found.value <= known.probability + 1e-4
        if found.method is Method.TOKEN_PROBABILITY:
            exact.append((found.value, known.probability))
        assert found.probabilities is not None
        assert (found.entropy is None) == (len(found.probabilities) < len(LABELS))
        each += [(share, known.truth[0][label]) for label, share in found.probabilities.items()]
    assert error_against(exact) <= 0.02
    assert error_against(each) <= 0.02
    assert all(abs(told - truth) <= 0.025 for told, truth in each)
    if top == 32:
        assert len(each) > 500 if tokenizer in USUAL else each


@pytest.mark.parametrize("dependence", [0.5, 1, 2])
@pytest.mark.parametrize("tokenizer", ["one token", "words"])
def test_labels_that_depend_on_one_another_are_calibrated_too(tokenizer: str, dependence: float) -> None:
    """How the model would have gone on after another label is not seen, so where that is most they are not told."""
    each = []
    for layout in LIST_LAYOUTS:
        cut = LIST_TOKENIZERS[tokenizer]
        for known in drawn_sets(150, tokenizer=cut, layout=layout, top=32, seed=4, dependence=dependence):
            if (found := of(SETS, known)) is not None and found.probabilities is not None:
                assert found.value <= known.probability + 1e-4
                each += [(share, known.truth[0][label]) for label, share in found.probabilities.items()]
    assert len(each) > 1000
    assert error_against(each) <= 0.02


@pytest.mark.parametrize("tokenizer", LIST_TOKENIZERS)
def test_sets_are_calibrated_on_what_is_drawn_as_right(tokenizer: str) -> None:
    judged = [
        (found.value, known.said == known.right)
        for known in answers(drawn_sets, LIST_LAYOUTS, tokenizer, each=700, top=32)
        if (found := of(SETS, known)) is not None
    ]
    assert len(judged) > 2500
    assert error_of(judged) <= 0.02


@pytest.mark.parametrize(("tokenizer", "top"), LISTED)
def test_each_span_is_calibrated_whatever_the_tokenizer_and_however_little_is_listed(tokenizer: str, top: int) -> None:
    exact = []
    for known in answers(drawn_spans, SPAN_LAYOUTS, tokenizer, each=80, top=top):
        found = of(SPANS, known)
        assert found is not None
        assert found.spans is not None
        assert len(found.spans) == len(known.said)
        if known.said:
            assert found.value == min(share for share in found.spans if share is not None)
        for share, label, truth in zip(found.spans, known.said, known.truth, strict=False):
            assert share is not None
            assert share <= truth[label] + 1e-4
            if found.method is Method.TOKEN_PROBABILITY:
                exact.append((share, truth[label]))
    assert error_against(exact) <= 0.02
    assert exact or top < 32


@pytest.mark.parametrize("tokenizer", LIST_TOKENIZERS)
def test_that_there_is_no_span_has_its_own_probability(tokenizer: str) -> None:
    empty = [known for known in answers(drawn_spans, SPAN_LAYOUTS, tokenizer, each=60, top=32) if not known.said]
    assert len(empty) > 10
    for known in empty:
        found = of(SPANS, known)
        assert found is not None
        assert found.value <= known.probability + 1e-4
        if found.method is Method.TOKEN_PROBABILITY:
            assert found.value == pytest.approx(known.probability, abs=0.01)
        assert found.spans == ()


words = st.text(alphabet="abno_ ", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


@tries(100)
@given(
    options=st.lists(words, min_size=2, max_size=4, unique=True),
    shares=st.lists(st.floats(0.01, 0.99), min_size=4, max_size=4),
    pick=st.integers(0, 15),
    seed=st.integers(0, 2**16),
    top=st.sampled_from([None, 4, 2, 1]),
)
def test_whatever_the_labels_and_the_tokenizer_a_set_is_never_overstated(
    *, options: list[str], shares: list[float], pick: int, seed: int, top: int | None
) -> None:
    truth = dict(zip(options, shares, strict=False))
    sets = [each for size in range(len(options) + 1) for each in combinations(options, size)]
    texts = {
        json.dumps({"labels": each}): math.prod(share if o in each else 1 - share for o, share in truth.items())
        for each in sets
    }
    said = sets[pick % len(sets)]
    answer = json.dumps({"labels": said})
    task = MultipleChoiceTask(name="labels", options=some_options(*options))
    reading = TaskReader(task).read(answer)
    assert isinstance(reading, Reading)
    assert reading.value == said
    tokens = reported(texts, answer, partial(by_surroundings, seed=seed), top=top)
    found = ConfidenceEstimator(task).estimate(reading, answer, tokens)
    if isinstance(found, Confidence):
        assert found.value <= texts[answer] * (1 + 1e-3) + 1e-6
        assert found.probabilities is not None
        assert set(found.probabilities) <= set(options)
        assert all(0 <= share <= 1 for share in found.probabilities.values())


TOPICS = MultipleChoiceTask(name="topics", options=some_options("art", "war", "sea"))


def set_of(
    texts: Mapping[str, float], answer: str, task: MultipleChoiceTask = TOPICS
) -> Confidence | Partial | UnknownReason:
    reading = TaskReader(task).read(answer)
    assert isinstance(reading, Reading), reading
    return ConfidenceEstimator(task).estimate(reading, answer, reported(texts, answer, by_words))


def test_labels_that_alternatives_do_not_tell_apart_are_left_out() -> None:
    """Behind the first label a comma may begin either of the two others."""
    texts = {'{"topics": ["art"]}': 0.5, '{"topics": ["art", "sea"]}': 0.3, '{"topics": ["war"]}': 0.2}
    found = set_of(texts, '{"topics": ["art"]}')
    assert isinstance(found, Confidence)
    assert found.value == pytest.approx(0.5)
    assert found.probabilities == pytest.approx({"art": 0.8})
    assert found.entropy is None
    assert found.margin is not None
    assert found.margin < 0.6


def test_labels_that_were_not_chosen_have_the_probability_seen_at_each_place() -> None:
    texts = {'{"topics": ["art"]}': 0.5, '{"topics": ["art","sea"]}': 0.3, '{"topics": ["war"]}': 0.2}
    ends = (["art", '"]}'], ["art", '","sea', '"]}'], ["war", '"]}'])
    pieces = {text: ['{"topics": ["', *end] for text, end in zip(texts, ends, strict=True)}
    reading = TaskReader(TOPICS).read('{"topics": ["art"]}')
    assert isinstance(reading, Reading)
    tokens = reported(texts, '{"topics": ["art"]}', pieces.__getitem__)
    found = ConfidenceEstimator(TOPICS).estimate(reading, '{"topics": ["art"]}', tokens)
    assert isinstance(found, Confidence)
    assert found.probabilities == pytest.approx({"art": 0.8, "war": 0.2, "sea": 0.375})
    assert found.margin == pytest.approx(0.25)


def test_labels_listed_in_another_order_are_told_by_a_bound() -> None:
    texts = {'{"topics": ["sea", "art"]}': 0.6, '{"topics": ["art", "sea"]}': 0.3, '{"topics": ["war"]}': 0.1}
    found = set_of(texts, '{"topics": ["sea", "art"]}')
    assert isinstance(found, Confidence)
    assert found.method is Method.TOKEN_PROBABILITY_BOUND
    assert found.value == pytest.approx(0.6)
    assert found.probabilities is not None
    assert found.probabilities["sea"] <= 0.9 + 1e-9
    assert found.probabilities["art"] <= 0.9 + 1e-9


def test_that_no_label_fits_has_its_probability_too() -> None:
    found = set_of({'{"topics": []}': 0.7, '{"topics": ["art"]}': 0.2, '{"topics": ["war"]}': 0.1}, '{"topics": []}')
    assert isinstance(found, Confidence)
    assert found.value == pytest.approx(0.7)
    assert found.margin is not None
    assert found.margin <= 1 - 2 * 0.2


def test_an_empty_list_is_not_looked_for_in_another_task() -> None:
    answer = '{"topics": null, "names": []}'
    reading = TaskReader(TOPICS).read('{"topics": null}')
    assert isinstance(reading, Reading)
    tokens = [TokenLogprob(token=piece, logprob=-0.2, top=((piece, -0.2),)) for piece in by_words(answer)]
    assert ConfidenceEstimator(TOPICS).estimate(reading, answer, tokens) is UnknownReason.LABEL_NOT_LOCATED


@pytest.mark.parametrize("logprob", [-9999.0, math.nan])
def test_a_token_between_two_labels_that_has_no_probability_leaves_the_set_without(logprob: float) -> None:
    texts = {'{"topics": ["art", "sea"]}': 0.6, '{"topics": ["war", "sea"]}': 0.4}
    answer = next(iter(texts))
    tokens = reported(texts, answer, by_words)
    at = [each.token for each in tokens].index('",')
    tokens[at] = tokens[at].model_copy(update={"logprob": logprob, "top": (('"]', -0.1),)})
    reading = TaskReader(TOPICS).read(answer)
    assert isinstance(reading, Reading)
    found = ConfidenceEstimator(TOPICS).estimate(reading, answer, tokens)
    assert found in (UnknownReason.LABEL_NOT_IN_ALTERNATIVES, UnknownReason.MALFORMED_LOGPROBS)


def test_a_list_in_text_that_ends_with_the_answer_has_no_confidence() -> None:
    assert set_of({"topics: art, sea": 0.7, "topics: art": 0.3}, "topics: art, sea") is UnknownReason.LABEL_END_NOT_SEEN


def test_tokens_without_alternatives_tell_nothing() -> None:
    tokens = [TokenLogprob(token=piece, logprob=-0.1) for piece in by_words('{"topics": ["art"]}')]
    reading = TaskReader(TOPICS).read('{"topics": ["art"]}')
    assert isinstance(reading, Reading)
    assert SETS.estimate(reading, '{"topics": ["art"]}', None) is UnknownReason.NO_LOGPROBS
    found = ConfidenceEstimator(TOPICS).estimate(reading, '{"topics": ["art"]}', tokens)
    assert found is UnknownReason.NO_ALTERNATIVES


def span(label: str, start: int = 0) -> Span:
    return Span(field="text", start=start, end=start + 3, text="Ada", label=label)


def test_one_label_for_all_spans_leaves_nothing_to_weigh() -> None:
    task = SpanTask(name="names", options=(LabelOption(value="name"),))
    answer = '{"names": [{"text": "Ada", "label": "name"}]}'
    reading = Reading((span("name"),), Rule.STRUCTURED, ((34, 38),), in_json=True)
    tokens = [TokenLogprob(token=answer, logprob=-0.1, top=((answer, -0.1),))]
    assert ConfidenceEstimator(task).estimate(reading, answer, tokens) is UnknownReason.ONE_OPTION


def test_spans_of_which_one_is_not_located_keep_what_is_known_of_the_others() -> None:
    task = SpanTask(name="spans", options=some_options("who", "where"))
    texts = {
        f'{{"spans": [{{"text": "Ada", "label": "{label}"}}]}}': share
        for label, share in (("who", 0.8), ("where", 0.2))
    }
    answer = next(iter(texts))
    place = (answer.index("who"), answer.index("who") + 3)
    reading = Reading((span("who"), span("who", 9)), Rule.STRUCTURED, (place, None), in_json=True)
    found = ConfidenceEstimator(task).estimate(reading, answer, reported(texts, answer, by_words))
    assert isinstance(found, Partial)
    assert found.reason is UnknownReason.LABEL_NOT_LOCATED
    assert found.spans is not None
    known, unknown = found.spans
    assert known == pytest.approx(0.8)
    assert unknown is None


@tries(100)
@given(
    tokens=st.lists(
        st.tuples(
            st.sampled_from(["[", '"', "art", '", "', '"]', "]}", '{"topics": ', "sea", " ", ""]),
            st.floats(-30, 0.1),
            st.lists(st.tuples(st.text(max_size=6), st.floats(allow_nan=True)), max_size=5),
        ),
        max_size=9,
    ),
    answer=st.sampled_from(['{"topics": ["art", "sea"]}', '{"topics": []}', "topics: art, sea", "art"]),
)
def test_nonsense_never_breaks_it(tokens: list[tuple[str, float, list[tuple[str, float]]]], answer: str) -> None:
    reading = TaskReader(TOPICS).read(answer)
    assert isinstance(reading, Reading)
    logprobs = [TokenLogprob(token=piece, logprob=p, top=tuple(top)) for piece, p, top in tokens]
    found = ConfidenceEstimator(TOPICS).estimate(reading, answer, logprobs)
    if isinstance(found, Confidence):
        assert 0 <= found.value <= 1
        assert all(0 <= share <= 1 for share in (found.probabilities or {}).values())
