"""Tandem from Python: import data, describe agents, run jobs, export labels, over the public API."""

from tandem_client.client import Tandem
from tandem_client.errors import JobNotFinishedError, TandemError, UnreachableError
from tandem_client.models import (
    Agent,
    Annotation,
    Dataset,
    ImportResult,
    Job,
    JobCounts,
    Label,
    LabelOption,
    LabelSchema,
    LoginLink,
    Project,
    SingleChoice,
)
from tandem_client.quality import Combination, Comparison, Difference, JobReport

__all__ = [
    "Agent",
    "Annotation",
    "Combination",
    "Comparison",
    "Dataset",
    "Difference",
    "ImportResult",
    "Job",
    "JobCounts",
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
    "UnreachableError",
]
