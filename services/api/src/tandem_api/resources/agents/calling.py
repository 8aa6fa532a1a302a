"""Checks of how an agent's model is called: samples and fallback."""

from __future__ import annotations

from collections.abc import Iterator

from tandem.events import ErrorKind
from tandem.web.invalid_content import FieldProblem
from tandem_api.resources.agents.schemas import AgentCreate
from tandem_api.resources.providers.service import ProviderService

FALLBACK_OUTCOMES = (
    *(kind.value for kind in ErrorKind if kind not in (ErrorKind.PROMPT, ErrorKind.TOO_LARGE, ErrorKind.UNDELIVERED)),
    "invalid",
)
"""Outcomes for which the fallback model may be called."""


def calling_problems(body: AgentCreate, providers: ProviderService) -> Iterator[FieldProblem]:
    """Report everything that is wrong with samples and fallback, each with its cure."""
    if body.parameters.samples > 1 and body.parameters.temperature == 0:
        yield FieldProblem(
            field="parameters.samples",
            detail="At temperature 0 all samples are alike, and each is paid.",
            cure="Set parameters.temperature above 0, e.g. 0.7, or ask for one sample.",
        )
    fallback = body.fallback
    if fallback is None:
        return
    if unknown := sorted(set(fallback.on) - set(FALLBACK_OUTCOMES)):
        yield FieldProblem(
            field="fallback.on",
            detail=f"{', '.join(unknown)} is no outcome that a fallback model can mend.",
            cure=f"Use some of: {', '.join(FALLBACK_OUTCOMES)}.",
        )
    if (fallback.provider, fallback.model) == (body.provider, body.model):
        yield FieldProblem(
            field="fallback.model",
            detail="The fallback is the model that was asked first.",
            cure="Name another model, or leave the fallback out; failed calls are retried in any case.",
        )
    if problem := providers.problem_with(fallback.provider, fallback.model):
        yield problem.model_copy(update={"field": f"fallback.{problem.field}"})
