"""The course of a claim, with truths drawn at random: it ends, it is true, and it sees nothing that it must not see."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tandem.quality.certificates.corrections import CorrectionOrder
from tandem.quality.certificates.course import PILOT, Course, Phase
from tandem.quality.certificates.opening import tolerated_of
from tandem.quality.certificates.simulate import KnownLabels, run_course, simulate

CONFIDENCES = ("good", "useless", "inverted", "absent", "coarse")


def known_labels(size: int, error: float, confidence: str, seed: int) -> KnownLabels:
    """Draw a data set whose labels are wrong with probability `error` on average."""
    random_ = random.Random(seed)
    truth = [min(0.9, error * random_.expovariate(1)) for _ in range(size)]
    wrong = [random_.random() < risk for risk in truth]
    stated: list[float | None]
    match confidence:
        case "good":
            stated = list(truth)
        case "useless":
            stated = random_.sample(truth, size)
        case "inverted":
            stated = [max(truth) - risk for risk in truth]
        case "absent":
            stated = [None] * size
        case _:
            stated = [round(risk * 5) / 5 for risk in truth]
    return KnownLabels(wrong, stated, [random_.randrange(3) for _ in range(size)])


def missed(labels: KnownLabels, course: Course) -> int:
    return sum(labels.wrong) - sum(labels.wrong[i] for i in course.read)


@pytest.mark.parametrize(
    ("error", "confidence"), [(0.002, "good"), (0.05, "absent"), (0.05, "coarse"), (0.2, "useless"), (0.2, "inverted")]
)
def test_few_certificates_are_false(confidence: str, error: float) -> None:
    """A small part of the simulation of docs/certificates.md."""
    labels, runs = known_labels(600, error, confidence, 3), 12
    found = simulate(labels, error=0.05, alpha=0.05, runs=runs, seed=4)["tandem"]
    assert found.certified == runs
    assert found.false <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def test_a_simulation_is_repeated_by_its_seed() -> None:
    labels = known_labels(400, 0.08, "good", 3)
    first, again, other = (simulate(labels, error=0.05, alpha=0.05, runs=4, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@settings(max_examples=50)
@given(st.integers(1, 120), st.floats(0, 1), st.sampled_from(CONFIDENCES), st.sampled_from([0.0, 0.02, 0.1, 0.5]))
def test_tiny_populations_come_to_an_end(size: int, error: float, confidence: str, claimed: float) -> None:
    labels = known_labels(size, error, confidence, 1)
    tolerated = tolerated_of(claimed, size)
    keys = random.Random(2).sample(range(size), size)
    course = run_course(labels, tolerated=tolerated, alpha=0.05, keys=keys, ties=keys)
    assert course.phase is Phase.CLOSED
    if tolerated == 0:
        assert missed(labels, course) == 0


def closed(labels: KnownLabels, seed: int, answered: Sequence[int] = ()) -> tuple[Course, list[list[int]]]:
    """A closed course, and what it wanted at each step; `answered` are decided on before it asks."""
    random_ = random.Random(seed)
    size = len(labels.wrong)
    order, ties = random_.sample(range(size), size), random_.sample(range(size), size)
    course = Course(labels.risks, labels.groups, order, ties, tolerated=tolerated_of(0.05, size), alpha=0.05)
    for place in answered:
        course.decide(place, wrong=labels.wrong[place])
    asked = []
    course.advance()
    while wanted := course.wanted():
        asked.append(wanted)
        for place in wanted:
            course.decide(place, wrong=labels.wrong[place])
        course.advance()
    return course, asked


@pytest.mark.parametrize("confidence", ["good", "inverted", "absent"])
def test_what_is_beyond_the_cut_and_not_audited_never_matters(confidence: str) -> None:
    """Turning every label round that nobody read changes no question and no number."""
    labels = known_labels(1500, 0.08, confidence, 5)
    course, asked = closed(labels, 6)
    turned = KnownLabels(
        [wrong if place in course.read else not wrong for place, wrong in enumerate(labels.wrong)],
        labels.risks,
        labels.groups,
    )
    other, asked_of_other = closed(turned, 6)
    assert asked == asked_of_other
    assert (course.look, course.cut, course.wrong_beyond) == (other.look, other.cut, other.wrong_beyond)


@pytest.mark.parametrize("confidence", ["good", "inverted", "absent"])
def test_decisions_told_early_and_in_any_order_change_nothing(confidence: str) -> None:
    """What is decided on before its time, e.g. an audit beyond the next look, is not looked at before its time."""
    labels = known_labels(1500, 0.08, confidence, 5)
    course, _ = closed(labels, 6)
    early, _ = closed(labels, 6, answered=random.Random(7).sample(range(1500), 1500))
    assert (course.look, course.cut, course.wrong_beyond, course.schedule) == (
        early.look,
        early.cut,
        early.wrong_beyond,
        early.schedule,
    )


def test_an_audit_beyond_the_cut_never_changes_the_correction_order() -> None:
    labels = known_labels(900, 0.1, "good", 5)
    order = CorrectionOrder(labels.risks, labels.groups, range(900))
    walked = [order.advance(wrong=labels.wrong[order.next or 0]) for _ in range(200)]
    again = CorrectionOrder(labels.risks, labels.groups, range(900))
    assert [again.advance(wrong=labels.wrong[again.next or 0]) for _ in range(200)] == walked
    assert len(set(walked)) == 200


def test_a_pilot_sample_leaves_the_population() -> None:
    labels = known_labels(1500, 0.08, "absent", 5)
    course, asked = closed(labels, 6)
    assert course.pilot == PILOT == len(asked[0])
    assert course.order.size == 1500 - PILOT


def test_inverted_confidences_are_found_out() -> None:
    """The slope turns round, and the records that the model is surest of come first."""
    labels = known_labels(2000, 0.08, "inverted", 5)
    course, _ = closed(labels, 6)
    assert course.order.fit.slope < 0
