"""Expressions held against the tasks of a job."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from tandem.finding.expressions import ABOUT_JOB, And, Compare, Differs, Exists, Expression, Field, Flag, Not, Or

NO_STATE = "none"
"""State of a record on which nobody gave an opinion."""
_OF_TASKS = (Field.LABEL, Field.CONFIDENCE, Field.RULE)


class UnknownNameError(ValueError):
    """The expression reads something that is not there. The message says what there is."""


def bind(expression: Expression, tasks: Sequence[str] | None) -> Expression:
    """Check the names of tasks, and write `label` without a name for each task. `tasks` None: there is no job.

    Raises UnknownNameError.
    """
    match expression:
        case Not():
            return Not(of=bind(expression.of, tasks))
        case And() | Or():
            return type(expression)(of=tuple(bind(each, tasks) for each in expression.of))
        case Flag() if tasks is None:
            raise UnknownNameError(f"A data set has no {expression.flag}: find in one of its jobs.")
        case Differs():
            if tasks is None:
                raise UnknownNameError("A data set has no labels that differ: find in one of its jobs.")
            _check(expression.name, tasks)
        case Compare() | Exists() if expression.field in ABOUT_JOB:
            if tasks is None:
                raise UnknownNameError(f"A data set has no {expression.field.value}: find in one of its jobs.")
            if expression.field in _OF_TASKS:
                _check(expression.name, tasks)
            if expression.field is Field.LABEL and expression.name is None:
                each = tuple(expression.model_copy(update={"name": task}) for task in tasks)
                return each[0] if len(each) == 1 else Or(of=each)
        case _:
            pass
    return expression


def requires_annotation(expression: Expression) -> bool:  # noqa: PLR0911 - a case a kind
    """Say whether only records with an annotation in the job can match. False where that is not certain."""
    match expression:
        case And():
            return any(map(requires_annotation, expression.of))
        case Or():
            return all(map(requires_annotation, expression.of))
        case Compare(field=Field.STATE):
            return NO_STATE not in expression.values
        case Compare():
            return expression.field in ABOUT_JOB
        case Exists():
            return expression.field in ABOUT_JOB and expression.field is not Field.STATE
        case Flag() | Differs():
            return True
        case _:
            return False


def reads_values(expression: Expression) -> bool:
    """Say whether what matches tells something of the labels or of what people said: also by what is left out."""
    match expression:
        case Not():
            return reads_values(expression.of)
        case And() | Or():
            return any(map(reads_values, expression.of))
        case Compare() | Exists():
            return expression.field in ABOUT_JOB and expression.field is not Field.OUTCOME
        case Flag():
            return expression.flag == "verified"
        case Differs():
            return True
        case _:
            return False


def _check(name: str | None, tasks: Sequence[str]) -> None:
    if name is None or name in tasks:
        return
    near = difflib.get_close_matches(name, tasks, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(map(repr, tasks))}."
    raise UnknownNameError(f"The job has no task {name!r}. {hint}")
