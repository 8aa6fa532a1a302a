"""What confidence and extraction come to on recorded answers of real models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tandem.testing.real_answers import AnswerScores, AskedRecord, area_under_curve, asked, scores

ANSWERS = Path(__file__).parent / "real_answers" / "answers.jsonl.gz"
DEFAULT_PROMPT = ("a-structured-t0", "default-structured-t1")


@cache
def everything() -> tuple[AskedRecord, ...]:
    return tuple(asked(ANSWERS))


def of(chosen: Callable[[AskedRecord], bool]) -> AnswerScores:
    return scores(each for each in everything() if chosen(each))


def test_confidence_tells_right_from_wrong_when_a_grammar_forced_the_format() -> None:
    """The model wanted a sentence: `{` had 0.004 at the start, and no label was likely where one had to stand."""
    found = of(lambda each: each.run in DEFAULT_PROMPT)
    assert found.calibration_error is not None
    assert found.calibration_error <= 0.10
    assert found.auc is not None
    assert found.auc >= 0.70
    assert found.with_confidence == found.asked


def test_a_grammar_turns_no_margin_at_temperature_0() -> None:
    """Before the rule, 102 of 121 were negative: unseen options had more than the label."""
    found = of(lambda each: each.run == "a-structured-t0")
    assert found.negative_margins <= 0.05 * found.asked


@pytest.mark.parametrize(
    ("run", "error", "auc"),
    [
        ("qwen-default-structured-t0", 0.30, 0.84),
        ("qwen-default-unstructured-t0", 0.26, 0.80),
        ("qwen-fewshot-structured-t0", 0.22, 0.88),
        ("qwen-word-structured-t0", 0.18, 0.88),
    ],
)
def test_confidence_stays_as_good_where_the_model_writes_the_format_itself(run: str, error: float, auc: float) -> None:
    """Few answers each, so that the errors are mostly chance: what is held is that they do not grow."""
    found = of(lambda each: each.run == run)
    assert found.calibration_error is not None
    assert found.calibration_error <= error
    assert found.auc is not None
    assert found.auc >= auc


def test_a_label_that_was_forced_letter_by_letter_is_as_likely_as_the_others() -> None:
    """`n` had 0.002, and behind it `eu`, `tr` and `al` had less than 0.001: the model meant no `neutral`."""
    found = [each.label for each in everything() if each.run == "nli-structured"]
    assert found
    assert all(label is not None and label.confidence == pytest.approx(1 / 3) for label in found)


def test_a_model_that_would_say_other_words_is_not_overconfident() -> None:
    """SmolLM2 wrote the format itself, but 0.03 and more at the label were no option's; half is right."""
    found = of(lambda each: each.run == "fewshot-structured-t0")
    assert found.calibration_error is not None
    assert found.calibration_error <= 0.25


def test_every_structured_answer_that_was_not_cut_is_read() -> None:
    whole = [each for each in everything() if each.structured and not each.labeling.problem]
    cut = [each for each in everything() if each.structured and each.labeling.problem]
    assert len(cut) <= 0.01 * len(whole)


@pytest.mark.parametrize(
    ("known", "area"),
    [
        ([(0.9, 1.0), (0.1, 0.0)], 1.0),
        ([(0.1, 1.0), (0.9, 0.0)], 0.0),
        ([(0.5, 1.0), (0.5, 0.0)], 0.5),
        ([(0.5, 1.0)], None),
    ],
)
def test_the_area_is_the_share_of_pairs_in_order(known: list[tuple[float, float]], area: float | None) -> None:
    assert area_under_curve(known) == area


def test_the_methods_that_are_told_are_known() -> None:
    methods: Mapping[str | None, int] = {each.label.confidence_method: 1 for each in everything() if each.label}
    assert set(methods) <= {
        None,
        "agreement",
        "token_probability",
        "token_probability_bound",
        "token_probability_estimate",
    }
