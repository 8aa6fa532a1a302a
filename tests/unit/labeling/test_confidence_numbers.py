"""How sure a number is: an option of its grid where that is small, else the text that was written."""

from __future__ import annotations

import pytest

from tandem.events import NumberTask, TextTask, TokenLogprob
from tandem.labeling.confidence import Assessment, Confidence, ConfidenceEstimator, UnknownReason
from tandem.labeling.extraction import TaskReader
from tandem.labeling.reading import Reading
from tandem.testing.known_model import TOKENIZERS, by_words, reported

STARS = NumberTask(name="stars", minimum=1, maximum=5, step=1)
PER_CENT = NumberTask(name="share", minimum=0, maximum=100, step=1)
PRICE = NumberTask(name="price", minimum=0, maximum=1e6)


def confidence_of(task: NumberTask, texts: dict[str, float], answer: str, tokenizer: str = "words") -> Assessment:
    reading = TaskReader(task).read(answer)
    assert isinstance(reading, Reading), reading
    return ConfidenceEstimator(task).estimate(reading, answer, reported(texts, answer, TOKENIZERS[tokenizer]))


def as_json(name: str, shares: dict[str, float]) -> dict[str, float]:
    return {f'{{"{name}": {number}}}': share for number, share in shares.items()}


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_number_of_a_small_grid_is_weighed_against_the_others(tokenizer: str) -> None:
    texts = as_json("stars", {"4": 0.6, "5": 0.3, "1": 0.1})
    found = confidence_of(STARS, texts, '{"stars": 4}', tokenizer)
    assert isinstance(found, Confidence)
    assert found.value <= 0.6 + 1e-6
    assert found.value > 0.55
    assert found.probabilities is not None
    assert set(found.probabilities) == set("12345")


def test_a_number_that_begins_another_is_told_by_what_ends_it() -> None:
    texts = as_json("share", {"4": 0.5, "45": 0.3, "100": 0.2})
    for answer, share in (('{"share": 4}', 0.5), ('{"share": 45}', 0.3), ('{"share": 100}', 0.2)):
        for tokenizer in ("characters", "words", "five characters"):
            found = confidence_of(PER_CENT, texts, answer, tokenizer)
            assert isinstance(found, Confidence)
            assert found.value == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_any_number_has_the_probability_of_its_digits_and_of_their_end(tokenizer: str) -> None:
    texts = as_json("price", {"129.5": 0.5, "129": 0.3, "1295": 0.2})
    for answer, share in zip(texts, (0.5, 0.3, 0.2), strict=True):
        found = confidence_of(PRICE, texts, answer, tokenizer)
        assert isinstance(found, Confidence)
        assert found.value == pytest.approx(share) or (tokenizer == "cut anywhere" and found.value <= 1)
        assert found.probabilities is None


def test_a_number_at_the_very_end_may_have_gone_on() -> None:
    assert confidence_of(PRICE, {"129": 0.6, "1295": 0.4}, "129", "characters") is UnknownReason.LABEL_END_NOT_SEEN
    assert confidence_of(PER_CENT, {"4": 0.6, "45": 0.4}, "4", "characters") is UnknownReason.LABEL_END_NOT_SEEN


def test_a_text_has_no_confidence_by_its_tokens() -> None:
    reading = TaskReader(TextTask(name="title")).read('{"title": "A sea"}')
    assert isinstance(reading, Reading)
    tokens = [TokenLogprob(token=piece, logprob=-0.1) for piece in by_words('{"title": "A sea"}')]
    estimator = ConfidenceEstimator(TextTask(name="title"))
    assert estimator.estimate(reading, '{"title": "A sea"}', tokens) is UnknownReason.FREE_TEXT
