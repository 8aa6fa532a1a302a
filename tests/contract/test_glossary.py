"""Names of functions and classes use the glossary's words: a homely synonym says nothing about what happens."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from sources import ROOT, SOURCES

HOMELY = {
    "hear": "on_report, observe or record",
    "heard": "reported or observed",
    "told": "described, stated or reported",
    "tell": "report or notify",
    "tells": "reports",
    "aside": "refused or paused",
    "nudge": "wake",
}
"""Each word with what to write instead."""
TO_BE_RENAMED = frozenset(
    {
        "all_heard",
        "aside",
        "heard",
        "heard_refused",
        "heard_taken",
        "hear_taken",
        "nudge",
        "NudgeOfJobs",
        "tell",
        "tell_again",
        "told",
        "_Told",
    }
)
"""Names from before this rule. Take a name out of the list when it is renamed; add none."""


def homely(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and word of each function or class that is named by such a word."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            words = re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", node.name).lower())
            for word in HOMELY.keys() & set(words):
                yield node.lineno, node.name, word


def test_names_are_the_glossarys() -> None:
    found = [(file, *place) for file in SOURCES for place in homely(file.read_text())]
    new = [
        f"{file.relative_to(ROOT)}:{line}: {name}: write {HOMELY[word]}"
        for file, line, name, word in found
        if name not in TO_BE_RENAMED
    ]
    assert not new
    assert {name for _, _, name, _ in found} == TO_BE_RENAMED, "take what was renamed out of the list"


def test_no_word_of_the_glossary_is_forbidden() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    assert len(rows) > 20
    assert not HOMELY.keys() & {word.strip() for word in rows}


@pytest.mark.parametrize("source", ["def hear(self): ...", "class Told: ...", "async def _tell_all(): ..."])
def test_a_homely_name_is_found(source: str) -> None:
    assert list(homely(source))


def test_words_that_only_begin_alike_are_let_be() -> None:
    assert not list(homely("def heartbeat(): ...\nclass Teller: ..."))
