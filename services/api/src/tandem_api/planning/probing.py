"""Findings from the answer to a probe. Pure."""

from __future__ import annotations

from tandem.events import ErrorKind, Outcome
from tandem.web.invalid_content import FieldProblem
from tandem_api.planning.tryouts.schemas import TriedRecord, Tryout

_OF_THE_RECORD = {kind.value for kind in (ErrorKind.REFUSAL, ErrorKind.CONTENT_FILTER, ErrorKind.TOO_LONG)}
"""Reasons that may hold for this record alone."""
_CURES = {
    ErrorKind.AUTHENTICATION.value: "Set a valid key for the provider in the llm-workers' environment.",
    ErrorKind.QUOTA_EXHAUSTED.value: "Add credit, or raise the account's limit.",
    ErrorKind.BAD_REQUEST.value: "Check that the model exists at the provider and accepts the agent's parameters.",
    ErrorKind.TRUNCATED.value: "Raise parameters.max_tokens.",
    ErrorKind.PROMPT.value: "Mend the agent's templates.",
}


def findings_of(probe: Tryout) -> tuple[list[FieldProblem], list[FieldProblem]]:
    """Return the problems and warnings that follow from the probe's answer."""
    problems = [probe.problem] if probe.problem is not None else []
    warnings: list[FieldProblem] = []
    for tried in probe.records:
        if tried.outcome is Outcome.FAILED:
            (warnings if tried.reason in _OF_THE_RECORD else problems).append(_failed(tried))
        elif tried.outcome is Outcome.INVALID:
            warnings.append(
                FieldProblem(
                    field="agent_id",
                    detail=f"The model's answer to the first record gives no label: {tried.detail or tried.reason}.",
                    cure="Read the answer, then state in the prompt more clearly what to answer.",
                )
            )
    return problems, warnings


def _failed(tried: TriedRecord) -> FieldProblem:
    return FieldProblem(
        field="agent_id",
        detail=f"The model was asked about the first record, and that failed ({tried.reason}): {tried.detail}.",
        cure=_CURES.get(tried.reason or "", "Look at what the provider says, then check again."),
    )
