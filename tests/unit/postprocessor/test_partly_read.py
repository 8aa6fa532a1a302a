"""An answer of which one task cannot be read: the labels of the others hold, and people are asked for the one."""

from __future__ import annotations

from datetime import UTC, datetime

from tandem.events import (
    AgentSpec,
    AnnotationRespondedV1,
    Completion,
    JobPublishedV1,
    JobState,
    LabelOption,
    LabelSchemaSpec,
    NumberTask,
    SingleChoiceTask,
    TaskLabel,
)
from tandem.labeling.labeler import Labeler
from tandem.quality.comparing import given
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.annotations.final import final_labels, final_values
from tandem_api.resources.exports.filters import final_values as exported
from tandem_postprocessor.annotating import annotation_of

MOOD = SingleChoiceTask(name="mood", options=(LabelOption(value="good"), LabelOption(value="bad")))
TOPIC = SingleChoiceTask(name="topic", options=(LabelOption(value="food"), LabelOption(value="staff")))
STARS = NumberTask(name="stars", minimum=1, maximum=5)
SCHEMA = LabelSchemaSpec(label_schema_id="s", version=1, name="s", tasks=(MOOD, TOPIC, STARS))


def annotated(text: str) -> tuple[AnnotationDocument, tuple[TaskLabel, ...]]:
    agent = AgentSpec(
        agent_id="a", version=1, name="a", provider="p", model="m", system_template="s",
        user_template="{{ fields.text }}", fingerprint="f",
    )  # fmt: skip
    job = JobPublishedV1(
        job_id="job", project_id="p", dataset_id="d", revision=1, epoch=1, state=JobState.RUNNING, agent=agent,
        label_schema=SCHEMA,
    )  # fmt: skip
    answer = AnnotationRespondedV1(
        job_id="job", project_id="p", seq=1, record_id="r", epoch=1, completions=(Completion(text=text),)
    )
    labeler = Labeler(SCHEMA, agent.confidence_strategy)
    return annotation_of(answer, job, labeler, fields={}, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_one_task_that_cannot_be_read_leaves_the_labels_of_the_others() -> None:
    kept, labels = annotated('{"mood": "good", "topic": "the weather", "stars": 4}')
    assert (kept["outcome"], kept["reason"]) == ("invalid", "not_in_schema")
    assert final_values(kept) == exported(kept) == {"mood": "good", "stars": 4}
    assert final_labels(kept) == labels
    told = {"outcome": "invalid", "labels": kept["labels"]}
    assert [given(told, task) is not None for task in SCHEMA.tasks] == [True, False, True]  # type: ignore[arg-type]  # two keys are read
    assert kept["review_reason"] == "invalid"
    assert kept["review_causes"][0] == {"task": "topic", "reason": "invalid"}
    assert {cause["task"] for cause in kept["review_causes"][1:]} == {"mood", "stars"}  # without log-probabilities


def test_an_answer_of_which_nothing_is_read_is_invalid_as_a_whole() -> None:
    kept, labels = annotated("I like it.")
    assert (labels, final_values(kept), kept["review_reason"]) == ((), None, "invalid")
    assert "review_causes" not in kept
