"""Answers made to be costly are read with work that is bounded, counted in characters and places."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from builders import some_options
from tandem.events.schema import SpanTask
from tandem.labeling.extraction.kinds import options
from tandem.labeling.extraction.kinds.quotes import MOST_PLACES, SearchedText, within
from tandem.labeling.extraction.ladder import AnswerReader
from tandem.labeling.reading import Unreadable, UnreadableReason

TASK = SpanTask(name="entities", options=some_options("PERSON", "ORG"))


@pytest.fixture
def characters(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the texts are that are brought into a form to compare them with labels."""
    lengths: list[int] = []

    def counted(form: Callable[[str], str]) -> Callable[[str], str]:
        def counting(text: str) -> str:
            lengths.append(len(text))
            return form(text)

        return counting

    for name in ("fold", "normalize"):
        monkeypatch.setattr(options, name, counted(getattr(options, name)))
    return lengths


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many places of quotes are weighed at a time."""
    counts: list[int] = []
    weigh = SearchedText.weigh

    def counting(self: SearchedText, places: int) -> None:
        counts.append(places)
        weigh(self, places)

    monkeypatch.setattr(SearchedText, "weigh", counting)
    return counts


@pytest.mark.parametrize("piece", ["a, ", "a: ", "a and "])
def test_a_list_that_goes_on_and_on_is_not_brought_into_the_form_of_labels(piece: str, characters: list[int]) -> None:
    reader = AnswerReader([TASK])
    characters.clear()
    answer = piece * (6000 // len(piece))

    (found,) = reader.read(answer, {"text": "a man is here"})

    assert isinstance(found, Unreadable)
    assert sum(characters) < 10 * len(answer)


@pytest.mark.parametrize("told", [{"context": "a, a"}, {"before": "a, "}, {}])
def test_places_that_are_weighed_are_bounded(told: dict[str, str], weighed: list[int]) -> None:
    quotes = ["a, " * number + "a" for number in range(100)]
    answer = json.dumps([{"text": quote, "label": "PERSON"} | told for quote in quotes])

    (found,) = AnswerReader([TASK]).read(answer, {"text": "a, " * 10_000})

    assert isinstance(found, Unreadable)
    assert found.reason is UnreadableReason.OUT_OF_RANGE
    assert "places" in found.detail
    assert sum(weighed) <= MOST_PLACES + 10_000


def test_a_context_is_not_held_against_every_place() -> None:
    compared = 0

    class Counted(int):
        def __lt__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) < other

        def __le__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) <= other

    places = [(Counted(at), Counted(at + 1)) for at in range(0, 3000, 3)]
    around = [(at, at + 2) for at in range(0, 3000, 6)]

    found = within(places, around)

    assert [int(start) for start, _ in found] == list(range(0, 3000, 6))
    assert compared < 20 * len(places)
