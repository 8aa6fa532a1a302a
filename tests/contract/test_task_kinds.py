"""A new kind of task is noticed in each place that must know it: no code falls through silently.

Code asks `task.traits` where a fact of the kind is enough, and matches on the task where it needs its fields. Such a
match ends with `assert_never`, at which the type checker names what is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from sources import ROOT, SOURCES
from tandem.events.schema import TASK_KINDS

KINDS = {kind.__name__ for kind in TASK_KINDS.values()}


def silent(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and reason of each place where the source treats kinds of tasks apart and may miss one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, classes]) if KINDS & _names(classes):
                yield node.lineno, "isinstance: use task.traits, or match and assert_never"
            case ast.Match(cases=cases) if any(KINDS & _names(case.pattern) for case in cases):
                if "assert_never" not in _names(ast.Module(cases[-1].body, [])):
                    yield node.lineno, "match: end with `case _: assert_never(task)`"


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def test_no_code_misses_a_kind_silently() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {reason}" for file in SOURCES for line, reason in silent(file.read_text())
    ]
    assert not found


@pytest.mark.parametrize("kind", TASK_KINDS)
def test_every_kind_says_what_its_values_are(kind: str) -> None:
    traits = TASK_KINDS[kind].traits
    assert not (traits.has_parts and (traits.is_one_label or traits.is_free_text))


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(task, SpanTask)",
        "isinstance(task, NumberTask | TextTask)",
        "match task:\n  case SpanTask():\n    x = 1",
        "match task:\n  case SpanTask():\n    x = 1\n  case _:\n    x = 2",
    ],
)
def test_a_silent_place_is_found(source: str) -> None:
    assert list(silent(source))


def test_an_exhaustive_match_is_let_be() -> None:
    assert not list(silent("match task:\n  case SpanTask():\n    x = 1\n  case _:\n    assert_never(task)"))
