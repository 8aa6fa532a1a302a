"""What expressions match."""

from __future__ import annotations

import pytest

from tandem.finding import Subject, UnknownNameError, bind, matched, matches, parse, write
from tandem.finding.bound import reads_values

SUBJECT = Subject(
    record_id="t1",
    fields={"title": "Money  back!", "body": "The café would not REFUND me. 我要退款"},
    metadata={"country": "DE", "stars": "4", "age": 31, "member": True, "gone": None},
    outcome="labeled",
    labels=[
        {"task": "mood", "value": "negative", "confidence": 0.4, "rule": "exact"},
        {"task": "topics", "value": ["price", "staff"], "confidence": 0.9, "rule": "json_in_text"},
        {"task": "score", "value": 3, "confidence": None, "rule": "exact"},
    ],
    values={"mood": "positive", "topics": ["price", "staff"], "score": 3},
    verified=True,
    state="settled",
    decided_by=("p1", "Ada"),
    others={"j2": {"mood": "negative", "topics": ["staff", "price"]}, "j3": None},
)

TRUE = [
    'text contains "refund"',
    'text contains "money back"',
    'text.title contains "MONEY"',
    'text contains "cafe\u0301"',
    'text contains "退款"',
    r'text matches "(?i)ref[a-z]+d\b"',
    "metadata.country = DE",
    "metadata.stars >= 4",
    "metadata.stars = 4",
    "metadata.member = true",
    "metadata.age < 31.5",
    "metadata.country exists",
    "label.mood = positive",
    "label = staff",
    "label.score = 3",
    "label.score > 2",
    "label in (nothing, price)",
    "confidence < 0.5",
    "confidence.topics > 0.8",
    "rule = json_in_text",
    "outcome = labeled",
    "verified and not needs_review",
    "state = settled",
    "decided_by = Ada",
    "decided_by = p1",
    "id in (t0, t1)",
    "differs from j2",
    "not label.topics differs from j2",
    "not differs from j3",
]
FALSE = [
    'text contains "fund"',
    'text contains "back money"',
    'text.body contains "money"',
    'text.nothing contains "money"',
    "metadata.gone exists",
    "metadata.country > 3",
    "metadata.age = true",
    "label.mood = negative",
    "confidence > 0.5",
    "confidence.score < 1",
    "confidence.score exists",
    "rule.mood = json_in_text",
    "reason exists",
    "verified and needs_review",
    "not verified or state in (none, open, disputed)",
]


@pytest.mark.parametrize("text", TRUE)
def test_it_matches(text: str) -> None:
    assert matches(parse(text), SUBJECT)


@pytest.mark.parametrize("text", FALSE)
def test_it_does_not_match(text: str) -> None:
    assert not matches(parse(text), SUBJECT)


def test_what_matched_names_the_tests_that_hold() -> None:
    found = matched(parse('(label.mood = negative or text contains "refund") and not needs_review'), SUBJECT)
    assert [write(each) for each in found] == ['text contains "refund"']


def test_names_are_held_against_the_job() -> None:
    assert write(bind(parse("label = a"), ["mood", "topics"])) == "label.mood = a or label.topics = a"
    with pytest.raises(UnknownNameError, match="Did you mean 'mood'"):
        bind(parse("not label.moot = a"), ["mood", "topics"])
    with pytest.raises(UnknownNameError, match="find in one of its jobs"):
        bind(parse("text contains a and verified"), None)


@pytest.mark.parametrize("text", TRUE)
def test_what_reads_no_values_matches_whatever_the_labels_are(text: str) -> None:
    expression = parse(text)
    other = Subject("t1", SUBJECT.fields, SUBJECT.metadata, outcome="labeled")
    if not reads_values(expression):
        assert matches(expression, other) == matches(expression, SUBJECT)
