"""Tandem from Python: import data, describe agents, run jobs, export labels, over the public API.

Names are imported when they are asked for: the command line starts without the models that it does not use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "tandem_client.aio.client": ("AsyncTandem",),
    "tandem_client.certifying": (
        "Certificate",
        "CertificatePlan",
    ),
    "tandem_client.checks": (
        "JobCheck",
        "JobEstimate",
        "Tryout",
    ),
    "tandem_client.client": ("Tandem",),
    "tandem_client.errors": (
        "JobNotFinishedError",
        "ReviewNotFinishedError",
        "TandemError",
        "UnreachableError",
    ),
    "tandem_client.models": (
        "Agent",
        "Annotation",
        "AnnotationDetail",
        "CarryOver",
        "CarryOverReport",
        "Dataset",
        "ImportResult",
        "Job",
        "JobCounts",
        "Label",
        "LabelSchema",
        "Opinions",
        "Project",
    ),
    "tandem_client.people": (
        "ApiKey",
        "LoginLink",
        "NewApiKey",
        "Person",
    ),
    "tandem_client.quality": (
        "Combination",
        "Comparison",
        "Difference",
        "JobReport",
    ),
    "tandem_client.resources.subsets": ("Subset",),
    "tandem_client.reviewing": (
        "Campaign",
        "CampaignCount",
        "ReviewPolicy",
        "TaskReview",
    ),
    "tandem_client.tasks": (
        "LabelOption",
        "MultipleChoice",
        "Number",
        "SingleChoice",
        "Span",
        "SpanAttribute",
        "Spans",
        "Text",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import the module that has the name."""
    if (module := _HOME.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(module), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
