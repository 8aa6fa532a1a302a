"""The topic catalogue: the one place that says which topics exist, what they carry and who reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tandem.events.annotations import (
    AnnotationHandedBackV1,
    AnnotationLabeledV1,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
)
from tandem.events.certificates import CertificateCommittedV1
from tandem.events.envelope import Event
from tandem.events.jobs import JobPublishedV1
from tandem.events.reviews import ReviewAskedV1, ReviewRequestedV1, VerificationDecidedV1
from tandem.events.workers import WorkerReportedV1

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's contract. `event` is None for the dead letter, which carries others' bytes as they were."""

    name: str
    event: type[Event] | None
    partitions: int
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    retention_ms: int | None = 7 * DAY_MS
    compacted: bool = False
    config: dict[str, str] = field(default_factory=dict)
    group: str = ""
    """Ending of the readers' consumer groups. A service that reads several topics has a group for each, so that no
    topic's consumers wait for another's in a rebalance; the topic without an ending is its main one."""

    def group_of(self, service: str) -> str:
        """Return the consumer group in which the service reads the topic, e.g. "postprocessor-decisions". Raises
        ValueError for a service that the catalogue does not name as a reader."""
        if service not in self.readers:
            raise ValueError(f"{service} is no reader of {self.name}: add it to `readers` in tandem.events.catalog.")
        return f"{service}-{self.group}" if self.group else service

    def broker_config(self) -> dict[str, str]:
        """Return the broker's topic configuration, by Apache Kafka's names."""
        config = {"cleanup.policy": "compact" if self.compacted else "delete", **self.config}
        if self.retention_ms is not None and not self.compacted:
            config["retention.ms"] = str(self.retention_ms)
        return config


WORK_PARTITIONS = 24
"""At least as many as the most worker replicas the autoscaler may start (k8s/base)."""

JOBS = Topic(
    "annotation.jobs",
    JobPublishedV1,
    1,
    ("api",),
    ("llm-worker", "postprocessor", "verification-ui"),
    compacted=True,
)
REQUESTS = Topic("annotation.requests", AnnotationRequestedV1, WORK_PARTITIONS, ("api",), ("llm-worker",))
RESPONSES = Topic(
    "annotation.responses", AnnotationRespondedV1, WORK_PARTITIONS, ("llm-worker", "api"), ("postprocessor",)
)
HANDED_BACK = Topic(
    "annotation.handed-back",
    AnnotationHandedBackV1,
    4,
    ("llm-worker",),
    ("llm-worker", "postprocessor"),
    group="handed-back",
)
LABELED = Topic("annotation.labeled", AnnotationLabeledV1, WORK_PARTITIONS, ("postprocessor",), ())
REVIEW_ASKED = Topic(
    "annotation.review-asked", ReviewAskedV1, WORK_PARTITIONS, ("api",), ("postprocessor",), group="asked"
)
LOW_CONFIDENCE = Topic(
    "annotation.low-confidence", ReviewRequestedV1, WORK_PARTITIONS, ("postprocessor",), ("verification-ui",)
)
DECIDED = Topic(
    "verification.decided",
    VerificationDecidedV1,
    WORK_PARTITIONS,
    ("verification-ui",),
    ("postprocessor",),
    group="decisions",
)
CERTIFICATES = Topic("certificate.committed", CertificateCommittedV1, 1, ("api",), (), compacted=True)
"""Kept for good, for whoever wants to show later that a certificate was opened before anybody read."""
HEARTBEATS = Topic(
    "worker.heartbeats", WorkerReportedV1, 1, ("llm-worker",), ("llm-worker", "api"), retention_ms=HOUR_MS
)
DEAD_LETTER = Topic(
    "annotation.dead-letter",
    None,
    4,
    ("llm-worker", "postprocessor", "verification-ui"),
    (),
    retention_ms=30 * DAY_MS,
)

CATALOG: tuple[Topic, ...] = (
    JOBS,
    REQUESTS,
    RESPONSES,
    HANDED_BACK,
    LABELED,
    REVIEW_ASKED,
    LOW_CONFIDENCE,
    DECIDED,
    CERTIFICATES,
    HEARTBEATS,
    DEAD_LETTER,
)

_BY_EVENT = {topic.event: topic for topic in CATALOG if topic.event is not None}


def topic_of(event: type[Event]) -> Topic:
    """Return the topic that carries this event. Raises KeyError for an event that is not in the catalogue."""
    return _BY_EVENT[event]
