"""Conditions in Python, and the text form that they print as."""

from __future__ import annotations

import pytest

from tandem.finding import parse, write
from tandem_client.expressions import Condition, confidence, field, label, needs_review, text, verified


@pytest.mark.parametrize(
    ("condition", "form"),
    [
        ((field("confidence") < 0.9) & ~verified, "confidence < 0.9 and not verified"),
        (
            (label == "very positive") | (text.contains('a "b"') & needs_review),
            'label = "very positive" or (text contains "a \\"b\\"" and needs_review)',
        ),
        (~((field("label.mood") != "in") | verified), 'not (not label.mood = "in" or verified)'),
        (field("metadata", "my column") >= 3, 'metadata."my column" >= 3'),
        (field("id").one_of(["t1", 2, True]), "id in (t1, 2, true)"),
        (field("text", "title").matches(r"\d+\b"), r'text.title matches "\\d+\\b"'),
        (field("label", "mood").differs_from("j-1") & confidence.exists(), None),
        (((confidence > 0.1) & (confidence <= 0.2)) & verified, None),
    ],
)
def test_a_condition_prints_as_what_the_api_reads(condition: Condition, form: str | None) -> None:
    read = parse(str(condition))
    assert parse(write(read)) == read
    if form is not None:
        assert write(read) == write(parse(form))


def test_and_between_conditions_is_refused() -> None:
    with pytest.raises(TypeError, match="combine conditions with &"):
        bool(verified)
