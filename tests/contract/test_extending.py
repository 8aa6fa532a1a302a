"""The recipes of docs/extending name files that exist, in which the example to imitate is found."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from contract.test_task_kinds import KINDS
from sources import ROOT, SOURCES

PAGES = sorted((ROOT / "docs" / "extending").glob("*.md"))
STEP = re.compile(r"^(\d+)\. `([^`]+)`(?: \(`([^`]+)`\))?: ", re.MULTILINE)
PATH = re.compile(r"`((?:shared|services|client|local|tests|docs|scripts|bench)/[^`*]+)`")
RECIPES = [page for page in PAGES if page.name != "README.md"]


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_each_step_names_a_file_that_holds_its_example(page: Path) -> None:
    steps = STEP.findall(page.read_text())
    assert [int(number) for number, _, _ in steps] == list(range(1, len(steps) + 1)), "steps are numbered in order"
    assert len(steps) >= 3
    wrong = [
        f"{path} lacks {word!r}" if (ROOT / path).is_file() else f"{path} is no file"
        for _, path, word in steps
        if not (ROOT / path).is_file() or word not in (ROOT / path).read_text()
    ]
    assert not wrong
    assert "```" in page.read_text(), "a recipe shows an example"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_of_a_page_exists(page: Path) -> None:
    assert [path for path in PATH.findall(page.read_text()) if not (ROOT / path).exists()] == []


def test_the_index_lists_every_recipe() -> None:
    index = (ROOT / "docs" / "extending" / "README.md").read_text()
    assert set(re.findall(r"\]\(([a-z-]+\.md)\)", index)) == {page.name for page in RECIPES}


def test_the_recipe_of_a_task_kind_names_each_file_that_treats_kinds_apart() -> None:
    named = {path for _, path, _ in STEP.findall((ROOT / "docs" / "extending" / "task-kind.md").read_text())}
    matching = {str(file.relative_to(ROOT)) for file in SOURCES if _matches_kinds(file.read_text())}
    assert matching <= named


def _matches_kinds(source: str) -> bool:
    return any(
        isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name) and node.cls.id in KINDS
        for node in ast.walk(ast.parse(source))
    )
