"""The events that flow through Kafka, and the catalogue of topics that carry them.

MongoDB is the truth, Kafka is the flow: every event here can be made again from the database. Models are frozen;
consumers ignore unknown fields; within a version (the `V1` in the name) only optional fields may be added.
"""

from tandem.events.annotations import (
    AnnotationLabeledV1,
    AnnotationRequestedV1,
    AnnotationRespondedV1,
    Completion,
    ErrorKind,
    ModelCall,
    Price,
    ReadyLabels,
    ResponseError,
    TokenLogprob,
    Usage,
)
from tandem.events.catalog import CATALOG, Topic, topic_of
from tandem.events.envelope import Event
from tandem.events.jobs import (
    AgentSpec,
    ConfidenceStrategy,
    DrawnBy,
    DrawnExamples,
    Fallback,
    JobKind,
    JobPublishedV1,
    JobState,
    ModelParameters,
    ReviewPolicy,
    TaskReviewPolicy,
)
from tandem.events.outcomes import Example, LabelValue, Outcome, Span, TaskLabel
from tandem.events.reviews import ReviewAskedV1, ReviewCause, ReviewReason, ReviewRequestedV1, VerificationDecidedV1
from tandem.events.schema import (
    AnyTask,
    LabelOption,
    LabelSchemaSpec,
    LabelTask,
    MultipleChoiceTask,
    NumberTask,
    SingleChoiceTask,
    SpanAttribute,
    SpanTask,
    TextTask,
    options_of,
)
from tandem.events.workers import AccountReported, AccountState, WorkerReportedV1

__all__ = [
    "CATALOG",
    "AccountReported",
    "AccountState",
    "AgentSpec",
    "AnnotationLabeledV1",
    "AnnotationRequestedV1",
    "AnnotationRespondedV1",
    "AnyTask",
    "Completion",
    "ConfidenceStrategy",
    "DrawnBy",
    "DrawnExamples",
    "ErrorKind",
    "Event",
    "Example",
    "Fallback",
    "JobKind",
    "JobPublishedV1",
    "JobState",
    "LabelOption",
    "LabelSchemaSpec",
    "LabelTask",
    "LabelValue",
    "ModelCall",
    "ModelParameters",
    "MultipleChoiceTask",
    "NumberTask",
    "Outcome",
    "Price",
    "ReadyLabels",
    "ResponseError",
    "ReviewAskedV1",
    "ReviewCause",
    "ReviewPolicy",
    "ReviewReason",
    "ReviewRequestedV1",
    "SingleChoiceTask",
    "Span",
    "SpanAttribute",
    "SpanTask",
    "TaskLabel",
    "TaskReviewPolicy",
    "TextTask",
    "TokenLogprob",
    "Topic",
    "Usage",
    "VerificationDecidedV1",
    "WorkerReportedV1",
    "options_of",
    "topic_of",
]
