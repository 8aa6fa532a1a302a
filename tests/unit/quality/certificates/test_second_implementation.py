"""A stranger who has docs/certificates.md alone comes to the same numbers."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import second_implementation
from certified import Certified, certified


def told(made: Certified) -> str:
    return str(second_implementation.main(b"".join(made.export), json.dumps(made.certificate).encode()))  # type: ignore[no-untyped-call]  # kept free of everything of ours


@pytest.mark.parametrize(
    "options",
    [{}, {"confidence": False}, {"claimed": (0.0,), "size": 60}, {"error": 0.15, "seed": 3}, {"error": 0.002}],
    ids=["good confidence", "no confidence", "all read", "many errors", "few errors"],
)
def test_it_finds_the_same_orders_and_the_same_figures(options: dict[str, Any]) -> None:
    made = certified(**options)
    claim = made.certificate["claims"][0]
    expected = f"at most {claim['tolerated']} of {claim['size']} labels are missed; {claim['wrong_beyond_cut']} audits"
    assert told(made).startswith(expected) or claim["read_whole"]


def test_it_refuses_a_cut_that_leaves_too_many_wrong_audits_beyond_it() -> None:
    made = certified()
    made.certificate["claims"][0]["cut"] -= 40
    with pytest.raises(AssertionError):
        told(made)


def test_it_is_short_and_imports_nothing_of_the_project() -> None:
    source = Path(second_implementation.__file__).read_text(encoding="utf-8")
    assert len([line for line in source.splitlines() if line.strip()]) <= 125
    imported = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= {"hashlib", "hmac", "json", "math", "sys", "numpy"}
