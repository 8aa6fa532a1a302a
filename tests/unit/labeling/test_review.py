"""Which labels the job's policy sends to a person, and how urgently."""

from __future__ import annotations

import pytest

from builders import a_schema, some_options
from tandem.events import (
    ConfidenceStrategy,
    JobPublishedV1,
    LabelOption,
    Outcome,
    ReviewCause,
    ReviewPolicy,
    ReviewReason,
    ReviewRequestedV1,
    SingleChoiceTask,
    SpanTask,
    TaskLabel,
    TaskReviewPolicy,
    TextTask,
)
from tandem.labeling.review import review_of, settled, unmeasurable

TOKENS = (ConfidenceStrategy.TOKEN_PROBABILITY,)
ONE, TWO = (LabelOption(value="a"),), some_options("a", "b")
CHOICE = SingleChoiceTask(name="choice", options=TWO)
SUMMARY = TextTask(name="summary")


def label(confidence: float | None, spans: tuple[float | None, ...] | None = None, *, task: str = "t") -> TaskLabel:
    return TaskLabel(task=task, value="v", confidence=confidence, span_confidences=spans, rule="exact")


def reason_of(policy: ReviewPolicy, *labels: TaskLabel) -> ReviewReason | None:
    return review_of(policy, Outcome.LABELED, labels).reason


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
    assert reason_of(ReviewPolicy(threshold=0.7), label(confidence)) is reason


def test_the_less_sure_the_label_the_sooner_it_is_shown() -> None:
    policy = ReviewPolicy()
    unknown, unsure, sure = (review_of(policy, Outcome.LABELED, [label(c)]).priority for c in (None, 0.4, 0.9))
    assert unknown > unsure > sure


def test_what_is_invalid_or_failed_goes_to_review_as_the_policy_says() -> None:
    invalid = review_of(ReviewPolicy(), Outcome.INVALID, [])
    assert (invalid.reason, invalid.priority, invalid.causes) == (ReviewReason.INVALID, 1.0, ())
    assert review_of(ReviewPolicy(review_invalid=False), Outcome.INVALID, []).reason is None
    assert review_of(ReviewPolicy(), Outcome.FAILED, []).reason is None
    assert review_of(ReviewPolicy(review_failed=True), Outcome.FAILED, []).reason is ReviewReason.FAILED


def test_a_label_without_confidence_is_left_alone_where_the_policy_says_so() -> None:
    assert reason_of(ReviewPolicy(review_without_confidence=False), label(None)) is None


def test_the_least_sure_of_all_tasks_and_of_all_spans_decides() -> None:
    policy = ReviewPolicy(threshold=0.7)
    tasks = review_of(policy, Outcome.LABELED, [label(0.9), label(0.4)])
    assert (tasks.reason, tasks.priority) == (ReviewReason.LOW_CONFIDENCE, 0.6)
    spans = review_of(policy, Outcome.LABELED, [label(0.9), label(0.8, (0.95, 0.25))])
    assert (spans.reason, spans.priority) == (ReviewReason.LOW_CONFIDENCE, 0.75)
    assert reason_of(policy, label(0.9, (0.95, 0.9))) is None
    assert reason_of(policy, label(0.9, ())) is None


def test_a_span_or_task_without_confidence_counts_as_one_of_low_confidence() -> None:
    for labels in ([label(0.9), label(None)], [label(0.9, (0.9, None))]):
        review = review_of(ReviewPolicy(threshold=0.7), Outcome.LABELED, labels)
        assert (review.reason, review.priority) == (ReviewReason.NO_CONFIDENCE, 1.0)


def test_where_labels_without_confidence_are_left_alone_the_others_still_count() -> None:
    policy = ReviewPolicy(threshold=0.7, review_without_confidence=False)
    review = review_of(policy, Outcome.LABELED, [label(None, task="text"), label(0.4)])
    assert (review.reason, review.priority) == (ReviewReason.LOW_CONFIDENCE, 0.6)
    assert reason_of(policy, label(None), label(0.9)) is None
    assert reason_of(policy, label(None, (0.3, None))) is ReviewReason.LOW_CONFIDENCE


def test_what_a_person_decided_on_in_another_job_asks_for_nobody() -> None:
    verified = TaskLabel(task="t", value="v", rule="carried_over", confidence_missing_reason="verified")
    review = review_of(ReviewPolicy(), Outcome.LABELED, [verified])
    assert (review.reason, review.priority) == (None, 0.0)
    assert reason_of(ReviewPolicy(), verified, label(0.4)) is ReviewReason.LOW_CONFIDENCE
    assert reason_of(ReviewPolicy(), verified, label(None)) is ReviewReason.NO_CONFIDENCE


def test_each_task_is_held_to_its_own_threshold_and_named_as_the_cause() -> None:
    policy = ReviewPolicy(threshold=0.7, tasks={"strict": TaskReviewPolicy(threshold=0.95)})
    labels = [label(0.9, task="strict"), label(0.9, task="loose"), label(0.5, task="unsure")]

    review = review_of(policy, Outcome.LABELED, labels)

    assert review.causes == tuple(
        ReviewCause(task=task, reason=ReviewReason.LOW_CONFIDENCE) for task in ("strict", "unsure")
    )
    lenient = ReviewPolicy(threshold=0.7, tasks={"t": TaskReviewPolicy(threshold=0.2)})
    assert reason_of(lenient, label(0.4)) is None


def test_a_task_says_for_itself_what_an_absent_confidence_means() -> None:
    policy = ReviewPolicy(tasks={"text": TaskReviewPolicy(review_without_confidence=False)})
    assert reason_of(policy, label(0.9), label(None, task="text")) is None
    assert reason_of(policy, label(None), label(None, task="text")) is ReviewReason.NO_CONFIDENCE
    against = ReviewPolicy(
        review_without_confidence=False, tasks={"t": TaskReviewPolicy(review_without_confidence=True)}
    )
    review = review_of(against, Outcome.LABELED, [label(None), label(None, task="text")])
    assert review.causes == (ReviewCause(task="t", reason=ReviewReason.NO_CONFIDENCE),)


def test_by_default_free_text_is_left_to_the_tasks_that_can_have_a_confidence() -> None:
    policy = settled(ReviewPolicy(), a_schema(CHOICE, SUMMARY), TOKENS)
    assert not policy.reviews_without_confidence("summary")
    assert policy.reviews_without_confidence("choice"), "its absence is a loss, and no matter of its kind"
    spans = a_schema(CHOICE, SpanTask(name="one", options=ONE), SpanTask(name="two", options=TWO))
    assert unmeasurable(spans, TOKENS) == ("one",)


def test_where_no_task_can_have_a_confidence_every_record_is_reviewed() -> None:
    policy = settled(ReviewPolicy(), a_schema(SUMMARY), TOKENS)
    assert policy == ReviewPolicy()
    assert reason_of(policy, label(None, task="summary")) is ReviewReason.NO_CONFIDENCE


def test_the_default_gives_way_to_what_is_said_of_the_task_and_to_strategies_that_measure_text() -> None:
    said = ReviewPolicy(tasks={"summary": TaskReviewPolicy(review_without_confidence=True)})
    assert settled(said, a_schema(CHOICE, SUMMARY), TOKENS) == said
    partly = ReviewPolicy(tasks={"summary": TaskReviewPolicy(threshold=0.3)})
    assert settled(partly, a_schema(CHOICE, SUMMARY), TOKENS).tasks["summary"] == TaskReviewPolicy(
        threshold=0.3, review_without_confidence=False
    )
    for strategy in (ConfidenceStrategy.AGREEMENT, ConfidenceStrategy.STATED):
        assert settled(ReviewPolicy(), a_schema(CHOICE, SUMMARY), (strategy,)) == ReviewPolicy()


def test_a_policy_and_a_request_of_an_older_writer_mean_what_they_meant() -> None:
    written = b'{"threshold":0.6,"review_without_confidence":true,"review_invalid":true,"review_failed":false}'
    policy = ReviewPolicy.model_validate_json(written)
    assert reason_of(policy, label(0.9), label(None, task="summary")) is ReviewReason.NO_CONFIDENCE
    request = ReviewRequestedV1(
        job_id="j", project_id="p", dataset_id="d", seq=1, record_id="1",
        outcome=Outcome.LABELED, reason=ReviewReason.LOW_CONFIDENCE,
    )  # fmt: skip
    older = request.model_dump_json(exclude={"causes"}).encode()
    assert ReviewRequestedV1.from_json(older) == request
    assert "tasks" not in JobPublishedV1.model_json_schema()["$defs"]["ReviewPolicy"].get("required", [])
