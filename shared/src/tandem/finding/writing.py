"""Writes expressions in their text form, which `parse` reads back as the same tree."""

from __future__ import annotations

from typing import assert_never

from tandem.finding.expressions import (
    And,
    Compare,
    Contains,
    Differs,
    Exists,
    Expression,
    Flag,
    Is,
    Matches,
    Not,
    Or,
    Scalar,
)
from tandem.finding.lexing import PLAIN_WORD, quoted
from tandem.finding.parsing import RESERVED


def write(expression: Expression) -> str:  # noqa: PLR0911 - a case a kind
    """Return the expression's text form."""
    match expression:
        case Compare():
            field = expression.field.value + _name(expression.name)
            if expression.operator is Is.EQUAL and len(expression.values) > 1:
                return f"{field} in ({', '.join(map(_value, expression.values))})"
            return f"{field} {expression.operator.value} {_value(expression.values[0])}"
        case Exists():
            return f"{expression.field.value}{_name(expression.name)} exists"
        case Contains():
            return f"text{_name(expression.field)} contains {quoted(expression.words)}"
        case Matches():
            return f"text{_name(expression.field)} matches {quoted(expression.pattern)}"
        case Flag():
            return expression.flag
        case Differs():
            label = "" if expression.name is None else f"label{_name(expression.name)} "
            return f"{label}differs from {quoted(expression.job_id)}"
        case Not():
            return f"not {_inner(expression.of)}"
        case And():
            return " and ".join(map(_inner, expression.of))
        case Or():
            return " or ".join(f"({write(each)})" if isinstance(each, Or) else write(each) for each in expression.of)
        case _:
            assert_never(expression)


def _inner(expression: Expression) -> str:
    return f"({write(expression)})" if isinstance(expression, And | Or) else write(expression)


def _name(name: str | None) -> str:
    if name is None:
        return ""
    return f".{name}" if PLAIN_WORD.fullmatch(name) else f".{quoted(name)}"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        plain = PLAIN_WORD.fullmatch(value) and value.lower() not in RESERVED
        return value if plain else quoted(value)
    return repr(value)
