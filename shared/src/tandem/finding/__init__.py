"""Expressions that find records: a typed tree, its text form, and what they match. Pure; imports no I/O library.

    text contains "refund" and label = negative and confidence < 0.8 and not verified

`parse` reads the text form, `write` writes it, `matches` says whether a record matches.
"""

from tandem.finding.bound import UnknownNameError, bind, requires_annotation
from tandem.finding.expressions import (
    And,
    Compare,
    Contains,
    Differs,
    Exists,
    Expression,
    Field,
    Flag,
    Is,
    Matches,
    Not,
    Or,
    leaves,
)
from tandem.finding.matching import Subject, matched, matches
from tandem.finding.parsing import ExpressionError, parse
from tandem.finding.writing import write

__all__ = [
    "And",
    "Compare",
    "Contains",
    "Differs",
    "Exists",
    "Expression",
    "ExpressionError",
    "Field",
    "Flag",
    "Is",
    "Matches",
    "Not",
    "Or",
    "Subject",
    "UnknownNameError",
    "bind",
    "leaves",
    "matched",
    "matches",
    "parse",
    "requires_annotation",
    "write",
]
