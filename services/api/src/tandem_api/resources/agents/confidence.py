"""Checks of where an agent's confidence comes from: what each strategy needs of the calls and of the label schema."""

from __future__ import annotations

from collections.abc import Iterator

from tandem.events import ConfidenceStrategy, LabelSchemaSpec
from tandem.labeling.confidence.stated import PROPERTY
from tandem.web.invalid_content import FieldProblem
from tandem_api.resources.agents.schemas import AgentCreate


def strategy_problems(body: AgentCreate) -> Iterator[FieldProblem]:
    """Report what the strategy lacks in the parameters, each with its cure."""
    parameters = body.parameters
    if body.confidence_strategy is ConfidenceStrategy.AGREEMENT and parameters.samples < 2:
        yield FieldProblem(
            field="parameters.samples",
            detail="Agreement compares several answers to each record, and one is asked for.",
            cure="Set parameters.samples to 3 or more, at a temperature above 0; each sample is paid.",
        )
    if body.confidence_strategy is ConfidenceStrategy.TOKEN_PROBABILITY:
        if not parameters.logprobs:
            yield FieldProblem(
                field="parameters.logprobs",
                detail="The probability of tokens is not asked for, so no label would have a confidence.",
                cure="Set parameters.logprobs to true, or confidence_strategy to agreement or stated.",
            )
        elif not parameters.top_logprobs:
            yield FieldProblem(
                field="parameters.top_logprobs",
                detail="Without alternatives to the tokens there is nothing to weigh a label against.",
                cure="Set parameters.top_logprobs to 5 or more, or confidence_strategy to agreement or stated.",
            )


def stated_problems(body: AgentCreate, label_schema: LabelSchemaSpec) -> Iterator[FieldProblem]:
    """Report what keeps the model from stating its confidence beside the tasks of this schema."""
    if body.confidence_strategy is not ConfidenceStrategy.STATED:
        return
    for task in label_schema.tasks:
        if task.name.strip().casefold() == PROPERTY:
            yield FieldProblem(
                field="confidence_strategy",
                detail=f"The label schema has a task named {task.name!r}, the name under which a model states it.",
                cure="Rename the task, or set confidence_strategy to token_probability or agreement.",
            )
