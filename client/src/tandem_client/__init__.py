"""Tandem from Python: import data, describe agents, run jobs, export labels, over the public API."""

from tandem_client.checks import JobCheck, JobEstimate, Tryout
from tandem_client.client import Tandem
from tandem_client.errors import JobNotFinishedError, TandemError, UnreachableError
from tandem_client.models import (
    Agent,
    Annotation,
    Dataset,
    ImportResult,
    Job,
    JobCounts,
    JobReport,
    Label,
    LabelOption,
    LabelSchema,
    LoginLink,
    Project,
    SingleChoice,
)

__all__ = [
    "Agent",
    "Annotation",
    "Dataset",
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
    "Project",
    "SingleChoice",
    "Tandem",
    "TandemError",
    "Tryout",
    "UnreachableError",
]
