"""Events read back as they were written, whoever wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tandem import events
from tandem.events import (
    CATALOG,
    AnnotationLabeledV1,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    Event,
    ResponseError,
    TokenLogprob,
    Usage,
    VerificationDecidedV1,
    WorkerReportedV1,
    topic_of,
)
from tandem.events.catalog import DECIDED
from tandem.events.json_schemas import drift

SCHEMAS = Path(__file__).parents[3] / "shared" / "event-schemas"

requests = st.builds(
    AnnotationRequestedV1,
    type=st.just("AnnotationRequestedV1"),
    job_id=st.text(min_size=1),
    project_id=st.text(),
    seq=st.integers(0, 2**53),
    record_id=st.text(),
    epoch=st.integers(1, 1000),
    content_hash=st.text(),
    fields=st.dictionaries(st.text(), st.text()),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
    examples=st.just(()),
    deadline=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(requests)
def test_any_request_reads_back_as_it_was(event: AnnotationRequestedV1) -> None:
    assert AnnotationRequestedV1.from_json(event.to_json()) == event


def test_an_answer_reads_back_with_its_log_probabilities() -> None:
    event = AnnotationRespondedV1(
        job_id="job",
        project_id="project",
        seq=7,
        record_id="r7",
        epoch=2,
        completions=(
            Completion(
                text="good",
                finish_reason="stop",
                logprobs=(TokenLogprob(token="good", logprob=-0.1, top=(("good", -0.1), ("bad", -2.4))),),  # noqa: S106 - tokens of a model
            ),
        ),
        usage=Usage(prompt_tokens=10, completion_tokens=1),
    )

    assert AnnotationRespondedV1.from_json(event.to_json()) == event


def test_unknown_fields_of_a_newer_writer_are_ignored_at_every_depth() -> None:
    event = AnnotationRespondedV1(
        job_id="job",
        project_id="project",
        seq=1,
        record_id="1",
        epoch=1,
        error=ResponseError(kind=ErrorKind.TIMEOUT, message="no answer"),
    )
    newer = json.loads(event.to_json())
    newer["from_the_future"] = {"a": [1, 2]}
    newer["error"]["retried"] = True

    assert AnnotationRespondedV1.from_json(json.dumps(newer).encode()) == event


def test_another_event_s_type_is_refused() -> None:
    report = WorkerReportedV1(worker="w", slots=1, in_flight=0)

    with pytest.raises(ValidationError, match="this is a WorkerReportedV2, not a WorkerReportedV1"):
        WorkerReportedV1.from_json(report.to_json().replace(b"ReportedV1", b"ReportedV2"))


def test_an_undone_decision_reads_back_as_undone() -> None:
    undone = VerificationDecidedV1(
        job_id="job",
        project_id="project",
        dataset_id="dataset",
        seq=1,
        record_id="1",
        revision=2,
        values=None,
        shown_attempt=1,
        decided_by="ada",
        decided_at=datetime.now(UTC),
    )

    assert VerificationDecidedV1.from_json(undone.to_json()) == undone


def test_events_are_frozen() -> None:
    report = WorkerReportedV1(worker="w", slots=1, in_flight=0)

    with pytest.raises(ValidationError, match="frozen"):
        report.worker = "other"  # type: ignore[misc]  # the point of the test


def test_each_emission_has_its_own_id_and_says_its_type() -> None:
    first, second = (WorkerReportedV1(worker="w", slots=1, in_flight=0) for _ in range(2))

    assert first.event_id != second.event_id
    assert json.loads(first.to_json())["type"] == "WorkerReportedV1"
    assert first.occurred_at.tzinfo is UTC


def test_every_event_has_one_topic_and_every_topic_one_name() -> None:
    public = [
        kind for name in events.__all__ if isinstance(kind := getattr(events, name), type) and issubclass(kind, Event)
    ]

    assert {topic_of(kind).event for kind in public if kind is not Event} == {t.event for t in CATALOG if t.event}
    assert len({topic.name for topic in CATALOG}) == len(CATALOG)
    assert topic_of(AnnotationLabeledV1).name == "annotation.labeled"


def test_the_committed_json_schemas_are_what_the_code_says() -> None:
    assert drift(SCHEMAS) == []


def test_drift_names_changed_missing_and_foreign_files(tmp_path: Path) -> None:
    for path in SCHEMAS.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "JobPublishedV1.json").write_text("{}")
    (tmp_path / "WorkerReportedV1.json").unlink()
    (tmp_path / "Foreign.json").write_text("{}")

    assert sorted(problem.split()[0] for problem in drift(tmp_path)) == [
        "Foreign.json",
        "JobPublishedV1.json",
        "WorkerReportedV1.json",
    ]


def test_consumer_groups_keep_their_names() -> None:
    """Offsets are committed under these names: a group by another name would read its topic from the beginning."""
    assert {(topic.name, topic.group_of(reader)) for topic in CATALOG for reader in topic.readers} >= {
        ("annotation.requests", "llm-worker"),
        ("annotation.responses", "postprocessor"),
        ("annotation.handed-back", "postprocessor-handed-back"),
        ("annotation.review-asked", "postprocessor-asked"),
        ("annotation.low-confidence", "verification-ui"),
        ("verification.decided", "postprocessor-decisions"),
    }


def test_no_service_reads_two_topics_in_one_group() -> None:
    """Consumers of one group that want different topics would share partitions out anew all the time. Topics of one
    partition are read whole by everyone, without a group."""
    groups = [topic.group_of(reader) for topic in CATALOG if topic.partitions > 1 for reader in topic.readers]
    assert len(groups) == len(set(groups))


def test_a_service_that_is_no_reader_has_no_group() -> None:
    with pytest.raises(ValueError, match=r"llm-worker is no reader of verification\.decided"):
        DECIDED.group_of("llm-worker")
