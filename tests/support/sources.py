"""The project's own source files, and what they call: for tests that hold every package to a rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file
    for folder in ("shared/src", "client/src", "local/src", "services/*/src")
    for path in ROOT.glob(folder)
    for file in path.rglob("*.py")
)


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call with the full name of what is called, e.g. 'httpx.AsyncClient', however it was imported."""
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, _name(node.func, names)


def imported(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name stands for, e.g. {'Client': 'httpx.Client'}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _name(func: ast.expr, names: dict[str, str]) -> str:
    match func:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=value, attr=attribute):
            return f"{_name(value, names)}.{attribute}"
        case _:
            return ""
