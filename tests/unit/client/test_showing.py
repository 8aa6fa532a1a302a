"""`tandem show`: all that is known of a record, in lines for a person."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from tandem_client.cli.opinions import opinion_lines
from tandem_client.cli.review_policy import review_policy
from tandem_client.cli.showing import detail_lines
from tandem_client.models import AnnotationDetail, Opinions

WHEN = "2026-01-02T03:04:05Z"
SPAN = {"field": "text", "start": 4, "end": 7, "text": "Ada", "label": "person", "attributes": {}}
CALL = {"started_at": WHEN, "seconds": 0.5, "provider": "p", "model": "m"}


def detail(**more: Any) -> AnnotationDetail:
    return AnnotationDetail.model_validate(
        {
            "seq": 7,
            "record_id": "r[7]",
            "attempt": 2,
            "outcome": "labeled",
            "provider": "p",
            "model": "m",
            "created_at": WHEN,
            "record": {"seq": 7, "record_id": "r[7]", "fields": {"text": "See Ada"}, "gold": {"tone": "warm"}},
            **more,
        }
    )


def told(**more: Any) -> str:
    return "\n".join(detail_lines(detail(**more)))


def test_labels_come_with_how_sure_they_are_or_why_that_is_not_known() -> None:
    labels: list[dict[str, Any]] = [
        {
            "task": "tone",
            "value": "warm",
            "confidence": 0.75,
            "confidence_method": "token_probability",
            "probabilities": {"cold": 0.25, "warm": 0.75},
            "margin": 0.5,
            "entropy": 0.5623,
            "rule": "structured",
        },
        {"task": "who", "value": [SPAN], "span_confidences": [None], "confidence_missing_reason": "no_logprobs"},
        {"task": "topics", "value": [], "confidence": 1, "confidence_method": "agreement", "rule": "exact"},
        {"task": "stars", "value": 4.0, "confidence_missing_reason": "not_stated", "rule": "exact"},
    ]
    lines = told(labels=labels, needs_review=True, review_causes=[{"task": "who", "reason": "no_confidence"}])
    for line in (
        "record r[7] (seq 7)",
        "  text: See Ada",
        "  tone: warm",
        "    confidence 0.7500 (token_probability), read by structured, margin 0.5000, entropy 0.5623",
        "    warm 0.7500, cold 0.2500",
        "  who: person 'Ada' (text 4 to 7)",
        "    no confidence (no_logprobs), read by ",
        "    spans: unknown",
        "  topics: none",
        "  stars: 4",
        "  to review: who (no confidence)",
    ):
        assert line in lines.splitlines(), lines


def test_how_it_came_and_what_people_decided_is_told_in_order() -> None:
    first = {"attempt": 1, "outcome": "invalid", "reason": "ambiguous", "raw": "warm or\ncold", "provider": "p"}
    lines = told(
        raw='{"tone": "warm"}',
        usage={"prompt_tokens": 40, "completion_tokens": 5},
        price={"amount": 0.0005, "currency": "USD"},
        seconds=1.25,
        fallback_used=True,
        samples=[{"values": {"tone": "warm"}}, {"reason": "ambiguous", "detail": "may be either"}, {"left_out": True}],
        calls=[{**CALL, "error": "timeout"}, {**CALL, "status": 200, "prompt_tokens": 40, "completion_tokens": 5}],
        paid=[{"provider": "p", "model": "m", "calls": 2, "prompt_tokens": 80, "completion_tokens": 5}],
        decisions=[
            {
                "revision": 1,
                "kind": "corrected",
                "values": {"tone": "cold"},
                "shown_values": {"tone": "warm"},
                "decided_by": "Ada",
                "decided_at": WHEN,
            },
            {"revision": 2, "kind": "undone", "decided_by": "Ada", "decided_at": WHEN},
        ],
        history=[first],
    ).splitlines()
    assert "attempt 2, labeled, p m, the agent's fallback model, 40 + 5 tokens, 0.000500 USD, 1.25 s" in lines
    expected = [
        "  answer 1: tone warm",
        "  answer 2: ambiguous; may be either",
        "  answer 3: not kept, for want of room",
        "  call 1: 2026-01-02 03:04:05, p m, 0.50 s, timeout",
        "  call 2: 2026-01-02 03:04:05, p m, 0.50 s, answered, 40 + 5 tokens",
        '    {"tone": "warm"}',
        "  paid to p m: 2 calls, 80 + 5 tokens, price unknown",
        "  2026-01-02 03:04 Ada corrected: tone cold (shown: tone warm)",
        "  2026-01-02 03:04 Ada undone",
        "attempt 1, invalid: ambiguous, p",
        "    warm or",
        "    cold",
    ]
    assert [line for line in lines if line in expected] == expected


def test_opinions_are_told_with_what_holds_and_who_settled_it() -> None:
    said = {"revision": 1, "kind": "corrected", "values": {"tone": "warm"}, "decided_at": "2026-01-02T03:04:05Z"}
    found = detail(
        opinions={
            "number": 2,
            "state": "disputed",
            "tasks": {"tone": {"state": "disputed", "why": "differ"}},
        },
        decisions=[
            {**said, "decided_by": "Ann", "decided_by_id": "a", "active_seconds": 2.5, "flags": ["not_covered"]},
            {
                **said,
                "revision": 2,
                "values": {"tone": "cold"},
                "decided_by": "Ben",
                "decided_by_id": "b",
                "blind": True,
            },
        ],
    )
    assert list(opinion_lines(found)) == [
        "disputed, 2 opinions",
        "  tone: disputed (differ)",
        "  2026-01-02 03:04 Ann corrected: tone warm [not covered, 2.5 s]",
        "  2026-01-02 03:04 Ben corrected: tone cold [blind]",
    ]
    settled = found.model_copy(
        update={
            "opinions": Opinions(number=1, state="settled", people=("a",), settled_by=("a",)),
            "verification": {"values": {"tone": "warm"}},
            "decisions": found.decisions[:1],
        }
    )
    assert list(opinion_lines(settled))[:2] == ["settled, 1 opinion, settled by Ann", "  tone: warm"]
    assert list(opinion_lines(detail())) == ["Nobody has given an opinion."]


def test_long_texts_are_cut_and_say_so() -> None:
    lines = told(raw="x" * 3000)
    assert "x … (3,000 characters; --json has all)" in lines
    assert "x" * 2001 not in lines


def test_a_review_policy_is_said_for_all_tasks_or_for_one() -> None:
    policy = review_policy(["0.6", "tone=0.9", "my task = 0"], ["ignore", "tone=review"])
    assert policy is not None
    assert policy.model_dump(exclude_unset=True) == {
        "threshold": 0.6,
        "review_without_confidence": False,
        "tasks": {"tone": {"threshold": 0.9, "review_without_confidence": True}, "my task": {"threshold": 0.0}},
    }
    assert review_policy(None, []) is None


@pytest.mark.parametrize(("threshold", "without"), [("tone=", None), ("nan", None), ("1.1", None), ("0.5", "tone")])
def test_a_policy_that_cannot_be_read_is_refused(threshold: str, without: str | None) -> None:
    with pytest.raises(typer.BadParameter):
        review_policy([threshold], [without] if without else None)
