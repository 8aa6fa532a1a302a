"""What several answers to a record leave in its annotation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from builders import a_choice, a_job, a_schema, an_agent
from tandem.events import (
    AnnotationRespondedV1,
    Completion,
    ConfidenceStrategy,
    SingleChoiceTask,
    TextTask,
)
from tandem.labeling.labeler import Labeler
from tandem.store.annotations.documents import SAMPLES_LIMIT, AnnotationDocument
from tandem_postprocessor.annotating import annotation_of

MOOD = a_choice()


def annotated(*texts: str, task: SingleChoiceTask | TextTask = MOOD) -> AnnotationDocument:
    label_schema = a_schema(task)
    agent = an_agent(confidence_strategy=ConfidenceStrategy.AGREEMENT)
    job = a_job(agent=agent, label_schema=label_schema)
    answer = AnnotationRespondedV1(
        job_id="job", project_id="p", seq=1, record_id="r", epoch=1,
        completions=tuple(Completion(text=text) for text in texts),
    )  # fmt: skip
    now = datetime(2026, 1, 1, tzinfo=UTC)
    document, labels = annotation_of(answer, job, Labeler(label_schema, agent.confidence_strategy), fields={}, now=now)
    assert document["labels"] == [label.model_dump() for label in labels]
    return document


def sample(value: str) -> dict[str, Any]:
    return {"values": {"mood": value}, "reason": None, "detail": None}


def test_each_sample_is_kept_as_it_was_read() -> None:
    document = annotated("good", "perhaps", "good", "bad")
    assert document["labels"][0]["confidence"] == 0.5
    good, unreadable, again, bad = document["samples"]
    assert [good, again, bad] == [sample("good"), sample("good"), sample("bad")]
    assert unreadable["values"] == {}
    assert unreadable["reason"] == "no_option"


def test_samples_none_of_which_can_be_read_are_kept_too() -> None:
    document = annotated("perhaps", "who knows")
    assert document["outcome"] == "invalid"
    assert [one["reason"] for one in document["samples"]] == ["no_option", "no_option"]


def test_one_answer_is_no_sample() -> None:
    assert "samples" not in annotated("good")


def test_samples_take_up_a_bounded_room() -> None:
    long = "x" * 5000
    document = annotated(*[long] * 20, task=TextTask(name="title", max_length=5000))
    kept = [one for one in document["samples"] if not one.get("left_out")]
    assert len(document["samples"]) == 20
    assert 0 < len(kept) <= SAMPLES_LIMIT // 5000
