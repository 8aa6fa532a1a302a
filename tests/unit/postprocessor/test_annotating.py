"""Which labels the job's policy sends to a person, and how urgently."""

from __future__ import annotations

import pytest

from tandem.events import Outcome, ReviewPolicy, ReviewReason, TaskLabel
from tandem_postprocessor.annotating import review_of


def label(confidence: float | None, spans: tuple[float | None, ...] | None = None) -> TaskLabel:
    return TaskLabel(task="t", value="v", confidence=confidence, span_confidences=spans, rule="exact")


@pytest.mark.parametrize(
    ("confidence", "reason"),
    [
        (0.69, ReviewReason.LOW_CONFIDENCE),
        (0.7, None),
        (1.0, None),
        (0.0, ReviewReason.LOW_CONFIDENCE),
        (None, ReviewReason.NO_CONFIDENCE),
    ],
)
def test_labels_below_the_threshold_go_to_review(confidence: float | None, reason: ReviewReason | None) -> None:
    assert review_of(ReviewPolicy(threshold=0.7), Outcome.LABELED, [label(confidence)])[0] is reason


def test_the_less_sure_the_label_the_sooner_it_is_shown() -> None:
    policy = ReviewPolicy()
    unknown, unsure, sure = (review_of(policy, Outcome.LABELED, [label(c)])[1] for c in (None, 0.4, 0.9))
    assert unknown > unsure > sure


def test_what_is_invalid_or_failed_goes_to_review_as_the_policy_says() -> None:
    assert review_of(ReviewPolicy(), Outcome.INVALID, []) == (ReviewReason.INVALID, 1.0)
    assert review_of(ReviewPolicy(review_invalid=False), Outcome.INVALID, [])[0] is None
    assert review_of(ReviewPolicy(), Outcome.FAILED, [])[0] is None
    assert review_of(ReviewPolicy(review_failed=True), Outcome.FAILED, [])[0] is ReviewReason.FAILED


def test_a_label_without_confidence_is_left_alone_where_the_policy_says_so() -> None:
    assert review_of(ReviewPolicy(review_without_confidence=False), Outcome.LABELED, [label(None)])[0] is None


def test_the_least_sure_of_all_tasks_and_of_all_spans_decides() -> None:
    policy = ReviewPolicy(threshold=0.7)
    assert review_of(policy, Outcome.LABELED, [label(0.9), label(0.4)]) == (ReviewReason.LOW_CONFIDENCE, 0.6)
    assert review_of(policy, Outcome.LABELED, [label(0.9), label(0.8, (0.95, 0.25))]) == (
        ReviewReason.LOW_CONFIDENCE,
        0.75,
    )
    assert review_of(policy, Outcome.LABELED, [label(0.9, (0.95, 0.9))])[0] is None
    assert review_of(policy, Outcome.LABELED, [label(0.9, ())])[0] is None


def test_a_span_or_task_without_confidence_counts_as_one_of_low_confidence() -> None:
    policy = ReviewPolicy(threshold=0.7)
    assert review_of(policy, Outcome.LABELED, [label(0.9), label(None)]) == (ReviewReason.NO_CONFIDENCE, 1.0)
    assert review_of(policy, Outcome.LABELED, [label(0.9, (0.9, None))]) == (ReviewReason.NO_CONFIDENCE, 1.0)


def test_where_labels_without_confidence_are_left_alone_the_others_still_count() -> None:
    policy = ReviewPolicy(threshold=0.7, review_without_confidence=False)
    assert review_of(policy, Outcome.LABELED, [label(None), label(0.4)])[0] is ReviewReason.LOW_CONFIDENCE
    assert review_of(policy, Outcome.LABELED, [label(None), label(0.9)])[0] is None


def test_what_a_person_decided_on_in_another_job_asks_for_nobody() -> None:
    verified = TaskLabel(task="t", value="v", rule="carried_over", confidence_missing_reason="verified")
    assert review_of(ReviewPolicy(), Outcome.LABELED, [verified]) == (None, 0.0)
    assert review_of(ReviewPolicy(), Outcome.LABELED, [verified, label(0.4)])[0] is ReviewReason.LOW_CONFIDENCE
    assert review_of(ReviewPolicy(), Outcome.LABELED, [verified, label(None)])[0] is ReviewReason.NO_CONFIDENCE
