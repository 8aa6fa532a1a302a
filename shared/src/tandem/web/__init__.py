"""Shared parts of the HTTP services: errors as problems, request metrics and spans, the caller, known parameters,
the services that endpoints ask for."""

from tandem.web.callers import Admin, Annotator, Viewer, current_caller
from tandem.web.errors import install_problems
from tandem.web.features import include_features
from tandem.web.middleware import MAX_JSON_BYTES, OWN_TELEMETRY, STREAMED_PATHS, RequestMiddleware
from tandem.web.parameters import known_parameters_alone
from tandem.web.problems import (
    PROBLEM_JSON,
    Problem,
    ProblemBody,
    differs_by_case,
    invalid_request,
    not_found,
    problem_responses,
)
from tandem.web.services import Services, provided

__all__ = [
    "MAX_JSON_BYTES",
    "OWN_TELEMETRY",
    "PROBLEM_JSON",
    "STREAMED_PATHS",
    "Admin",
    "Annotator",
    "Problem",
    "ProblemBody",
    "RequestMiddleware",
    "Services",
    "Viewer",
    "current_caller",
    "differs_by_case",
    "include_features",
    "install_problems",
    "invalid_request",
    "known_parameters_alone",
    "not_found",
    "problem_responses",
    "provided",
]
