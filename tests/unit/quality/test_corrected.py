"""Confidence corrected by blind decisions."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tandem.events import SingleChoiceTask
from tandem.quality.certificates.risk import log_odds
from tandem.quality.corrected import (
    AS_STATED,
    BIN_WIDTH,
    BlindDecisions,
    Correction,
    binned,
    correct,
    cutoff_for,
    scores_of,
)

OPTIONS = [{"value": value, "name": value, "description": ""} for value in ("a", "b", "c")]
TASK = SingleChoiceTask.model_validate(
    {"kind": "single_choice", "name": "topic", "question": "Which?", "options": OPTIONS}
)


def decisions(
    size: int, *, slope: float, harder: float = 0.0, noise: str = "confidence", seed: int = 1
) -> BlindDecisions:
    """Labels whose true log-odds of being wrong are `slope` times those of the score, and `harder` more for `b`."""
    random_ = random.Random(seed)  # noqa: S311 - a simulation, repeatable by its seed
    found = BlindDecisions()
    for seq in range(size):
        x, label = random_.gauss(-2, 1.5), random_.choice("ab")
        risk = 1 / (1 + np.exp(-(slope * x + harder * (label == "b"))))
        scores = {"confidence": x, "entropy": x}
        scores[noise] = x if noise == "confidence" else random_.gauss(-2, 1.5)
        found.see(scores, label, seq=seq, is_wrong=random_.random() < risk)
    return found


def test_an_overconfident_model_is_corrected_and_a_calibrated_one_is_left_alone() -> None:
    over = correct(decisions(2000, slope=0.4, harder=1.0))
    assert over is not None
    before, after = over.before.calibration().error, over.after.calibration().error
    assert before is not None
    assert after is not None
    assert after < before / 2
    assert over.correction.slope == pytest.approx(0.4, abs=0.1)
    assert over.correction.labels["b"] - over.correction.labels["a"] == pytest.approx(1.0, abs=0.3)
    right = correct(decisions(2000, slope=1.0))
    assert right is not None
    assert right.losses[AS_STATED] <= min(right.losses.values()) + 0.005
    kept = right.after.calibration().error
    assert kept is not None
    assert kept < 0.05


def test_without_priors_to_speak_of_the_fit_is_that_of_scikit_learn() -> None:
    given = decisions(20_000, slope=0.6, harder=0.8)
    found = correct(given)
    assert found is not None
    xs, labels, wrong, weights = [], [], [], []
    for point in given.points("confidence"):
        for is_wrong, count in ((1, point.wrong), (0, point.decided - point.wrong)):
            xs.append(point.place.x)
            labels.append(point.place.label == "b")
            wrong.append(is_wrong)
            weights.append(count)
    oracle = LogisticRegression(C=1e9).fit(np.column_stack([xs, labels]), wrong, sample_weight=weights)
    for x in (-4.0, -2.0, 0.0):
        for label in "ab":
            expected = oracle.predict_proba([[x, label == "b"]])[0][1]
            assert found.correction.risk(label, x) == pytest.approx(expected, abs=0.01)


def test_the_score_that_foretells_best_is_chosen() -> None:
    found = correct(decisions(1000, slope=1.0, noise="entropy"))
    assert found is not None
    assert found.correction.score == "confidence"
    noisy = BlindDecisions()
    random_ = random.Random(5)  # noqa: S311 - a simulation, repeatable by its seed
    for seq in range(1000):
        x = random_.gauss(-1, 1.5)
        scores = {"confidence": random_.gauss(-1, 1.5), "margin": x}
        noisy.see(scores, "a", seq=seq, is_wrong=random_.random() < 1 / (1 + np.exp(-x)))
    chosen = correct(noisy)
    assert chosen is not None
    assert chosen.correction.score == "margin"


def test_few_decisions_correct_nothing_and_those_of_people_who_saw_the_label_are_none() -> None:
    assert correct(decisions(49, slope=1.0)) is None
    unread = BlindDecisions()
    for seq in range(500):
        unread.see({"confidence": -2.0}, "a", seq=seq, is_wrong=None)
    assert correct(unread) is None
    assert sum(count for _, count in unread.places("confidence")) == 500


def test_sums_of_stretches_are_those_of_the_whole() -> None:
    whole, parts = BlindDecisions(), [BlindDecisions(), BlindDecisions()]
    for seq in range(300):
        for sums in (whole, parts[seq % 2]):
            sums.see({"confidence": -seq / 100}, "a\nb", seq=seq, is_wrong=seq % 7 == 0)
    parts[0].add(parts[1])
    assert parts[0] == whole
    assert sum(point.decided for point in whole.points("confidence")) == 300


def test_the_cutoff_keeps_the_expected_error_of_what_nobody_reads() -> None:
    sums = BlindDecisions()
    for seq in range(1000):
        sums.see({"confidence": log_odds(seq / 2000)}, "a", seq=seq, is_wrong=None)
    stated = Correction("confidence", 0.0, 1.0, {})
    found = cutoff_for(sums, stated, 0.1)
    risks = [stated.risk("a", binned(log_odds(seq / 2000))) for seq in range(1000)]
    kept = [risk for risk in risks if risk <= found.risk]
    assert (found.kept, found.labels) == (len(kept), 1000)
    assert sum(kept) <= 0.1 * len(kept)
    higher = sorted(risk for risk in risks if risk > found.risk)
    more = kept + [risk for risk in higher if risk == higher[0]]
    assert sum(more) > 0.1 * len(more), "one more place would be too many"
    assert cutoff_for(sums, Correction("confidence", 5.0, 0.0, {}), 0.1).kept == 0


def test_scores_are_log_odds_of_being_wrong() -> None:
    label = {"confidence": 0.9, "margin": 0.8, "entropy": 0.5}
    found = scores_of(TASK, label)
    assert found["confidence"] == pytest.approx(log_odds(0.1))
    assert found["margin"] == pytest.approx(log_odds(0.1))
    assert found["entropy"] < 0
    assert scores_of(TASK, {"confidence": None}) == {}
    assert binned(BIN_WIDTH * 3.4) == BIN_WIDTH * 3
