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
    "making": "what is made, or how: records, rollback, validation",
    "ontology": "label schema",
    "taxonomy": "label schema",
    "sureness": "confidence",
    "hands": "in-flight limit",
}
"""Each word with what to write instead, in names of files, classes and functions."""
PHRASES = {
    "second model": "fallback model",
    "ground truth": "gold",
    "dataset item": "record",
}
"""Each phrase with what to write instead, in sentences that people see."""


def homely(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and word of each function or class that is named by such a word."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from ((node.lineno, node.name, word) for word in HOMELY.keys() & set(_words(node.name)))


def phrases(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and phrase of each string, docstrings included, that has such a phrase."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = " ".join(node.value.lower().split())
            yield from ((node.lineno, phrase) for phrase in PHRASES if phrase in text)


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())


def test_names_are_the_glossarys() -> None:
    named = [(file, *place) for file in SOURCES for place in homely(file.read_text())]
    named += [(file, 1, file.name, word) for file in SOURCES for word in HOMELY.keys() & set(_words(file.stem))]
    assert not [f"{file.relative_to(ROOT)}:{line}: {name}: write {HOMELY[word]}" for file, line, name, word in named]


def test_sentences_use_the_glossarys_words() -> None:
    found = [(file, *place) for file in SOURCES for place in phrases(file.read_text())]
    assert not [f"{file.relative_to(ROOT)}:{line}: write {PHRASES[phrase]}" for file, line, phrase in found]


def test_no_two_classes_have_one_name() -> None:
    """The HTTP models (`schemas.py`, `measures.py`) and the client's mirror the classes that they show."""
    places: dict[str, list[str]] = {}
    for file in SOURCES:
        if file.name in ("schemas.py", "measures.py") or (ROOT / "client") in file.parents:
            continue
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert len(places) > 500
    assert not {name: twice for name, twice in places.items() if len(twice) > 1}, "name each by what it is"


def test_no_word_of_the_glossary_is_forbidden() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    assert len(rows) > 20
    assert not (HOMELY.keys() | PHRASES.keys()) & {word.strip() for word in rows}


@pytest.mark.parametrize("source", ["def hear(self): ...", "class Told: ...", "async def _tell_all(): ..."])
def test_a_homely_name_is_found(source: str) -> None:
    assert list(homely(source))


def test_words_that_only_begin_alike_are_let_be() -> None:
    assert not list(homely("def heartbeat(): ...\nclass Teller: ..."))
