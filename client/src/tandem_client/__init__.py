"""Tandem from Python: import data, describe agents, run jobs, export labels, over the public API."""

from tandem_client.aio.client import AsyncTandem
from tandem_client.certifying import Certificate, CertificatePlan
from tandem_client.checks import JobCheck, JobEstimate, Tryout
from tandem_client.client import Tandem
from tandem_client.errors import JobNotFinishedError, ReviewNotFinishedError, TandemError, UnreachableError
from tandem_client.models import (
    Agent,
    Annotation,
    AnnotationDetail,
    CarryOver,
    CarryOverReport,
    Dataset,
    ImportResult,
    Job,
    JobCounts,
    Label,
    LabelSchema,
    Opinions,
    Project,
)
from tandem_client.people import ApiKey, LoginLink, NewApiKey, Person
from tandem_client.quality import Combination, Comparison, Difference, JobReport
from tandem_client.resources.subsets import Subset
from tandem_client.reviewing import Campaign, CampaignCount, ReviewPolicy, TaskReview
from tandem_client.tasks import LabelOption, MultipleChoice, Number, SingleChoice, Span, SpanAttribute, Spans, Text

__all__ = [
    "Agent",
    "Annotation",
    "AnnotationDetail",
    "ApiKey",
    "AsyncTandem",
    "Campaign",
    "CampaignCount",
    "CarryOver",
    "CarryOverReport",
    "Certificate",
    "CertificatePlan",
    "Combination",
    "Comparison",
    "Dataset",
    "Difference",
    "ImportResult",
    "Job",
    "JobCheck",
    "JobCounts",
    "JobEstimate",
    "JobNotFinishedError",
    "JobReport",
    "Label",
    "LabelOption",
    "LabelSchema",
    "LoginLink",
    "MultipleChoice",
    "NewApiKey",
    "Number",
    "Opinions",
    "Person",
    "Project",
    "ReviewNotFinishedError",
    "ReviewPolicy",
    "SingleChoice",
    "Span",
    "SpanAttribute",
    "Spans",
    "Subset",
    "Tandem",
    "TandemError",
    "TaskReview",
    "Text",
    "Tryout",
    "UnreachableError",
]
