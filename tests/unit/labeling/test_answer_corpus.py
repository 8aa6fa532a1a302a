"""The corpus of answers: what can be read is read right, nothing wrong is read, each on the rung that is expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from tandem.labeling.reading import Reading, Rule, Unreadable
from tandem.labeling.values import problem_with
from tandem.testing.answer_corpus import Case, cases

HERE = Path(__file__).parent
CORPUS = list(cases(HERE / "corpus"))
BLIND = {name: list(cases(HERE / "blind" / name)) for name in ("first", "second")}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{folder}-{case.source}")
        for folder, found in {"corpus": CORPUS, **BLIND}.items()
        for case in found
    ],
)
def test_an_answer_is_read_as_it_should_be(case: Case) -> None:
    found = case.read()
    if case.invalid is not None:
        assert isinstance(found, Unreadable), f"{case.answer!r}: {case.why}"
        assert case.invalid in (found.reason, "any"), found.detail
        assert found.detail
        return
    assert isinstance(found, Reading), f"{case.answer!r}: {case.why}; {found}"
    assert case.is_right(found), f"{case.answer!r}: {case.why}; {found}"
    assert case.rule is None or found.rule == case.rule
    assert problem_with(case.task, found.value, case.fields) is None
    assert all(place is None or 0 <= place[0] < place[1] <= len(case.answer) for place in found.places)


def test_every_rung_is_tried_by_the_corpus() -> None:
    assert {case.rule for case in CORPUS if case.rule} == {rule.value for rule in Rule}
    assert len(CORPUS) > 700


def test_the_blind_sets_are_whole() -> None:
    assert {name: len(found) for name, found in BLIND.items()} == {"first": 884, "second": 198}
