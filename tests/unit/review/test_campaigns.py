"""Strategies of review campaigns, and what becomes of their picks."""

from __future__ import annotations

from typing import Any, cast

import pytest

from builders import a_schema, some_options
from tandem.events import (
    CampaignOrder,
    CampaignTerms,
    Outcome,
    ReviewPolicy,
    ReviewReason,
    SingleChoiceTask,
    TaskLabel,
    TaskReviewPolicy,
)
from tandem.labeling.review import review_of
from tandem.review.campaigns.moves import MOVES, CampaignMove, CampaignState, StopRule, is_due
from tandem.review.campaigns.placing import AskingCampaign, Placed, place
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.review.campaigns.strategies.thresholds import picked
from tandem.review.campaigns.strategy import AnnotationBlock, CampaignScope, Candidate, Pick
from tandem.review.campaigns.terms import is_blind, priority_under

SCHEMA = a_schema(*tuple(SingleChoiceTask(name=name, options=some_options("good", "bad")) for name in ("mood", "tone")))


def candidate(seq: int, confidence: float | None = 0.9, value: str = "good", **more: Any) -> Candidate:
    found: dict[str, Any] = {
        "seq": seq,
        "record_id": f"r{seq}",
        "attempt": 1,
        "outcome": "labeled",
        "labels": [{"task": "mood", "value": value, "confidence": confidence, "rule": "exact"}],
        "needs_review": False,
        "campaign_id": "other",
        "is_decided": False,
    }
    return cast("Candidate", found | more)


def block(*candidates: Candidate) -> AnnotationBlock:
    return AnnotationBlock([{each["seq"]: each for each in candidates}])


def picks(strategy: str, parameters: dict[str, Any], scope: CampaignScope, of: AnnotationBlock) -> list[Pick]:
    found = STRATEGIES[strategy]
    return list(found.picker(found.parameters.model_validate(parameters), scope)(of))


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("confidence", [None, 0.0, 0.5, 0.7, 1.0])
@pytest.mark.parametrize(
    "policy",
    [
        ReviewPolicy(),
        ReviewPolicy(threshold=0.5, review_failed=True),
        ReviewPolicy(review_without_confidence=False, review_invalid=False),
        ReviewPolicy(tasks={"mood": TaskReviewPolicy(threshold=1.0, review_without_confidence=False)}),
    ],
)
def test_a_walk_by_thresholds_picks_what_is_picked_when_an_annotation_is_written(
    outcome: Outcome, confidence: float | None, policy: ReviewPolicy
) -> None:
    labels = (
        ()
        if outcome is Outcome.FAILED
        else (TaskLabel(task="mood", value="good", confidence=confidence, rule="exact"),)
    )
    each = candidate(7, outcome=outcome.value, labels=[each.model_dump() for each in labels])
    at_write = picked(policy, 7, outcome, labels)
    assert picks("thresholds", policy.model_dump(mode="json"), CampaignScope(("a",)), block(each)) == (
        [] if at_write is None else [at_write]
    )
    review = review_of(policy, outcome, labels)
    assert (at_write and at_write.reason) == review.reason
    if at_write is not None:
        assert (at_write.priority, at_write.causes) == (review.priority, review.causes)


def test_a_random_audit_draws_that_many_labeled_records_whatever_the_blocks_are() -> None:
    scope = CampaignScope(("a",), (SCHEMA,), key="secret", labeled=range(0, 1000, 2))
    blocks = [block(*(candidate(seq) for seq in range(low, low + 100))) for low in range(0, 1000, 100)]
    drawn = [pick.seq for each in blocks for pick in picks("random_audit", {"records": 60}, scope, each)]
    whole = picks("random_audit", {"records": 60}, scope, block(*(candidate(seq) for seq in range(1000))))
    assert (len(drawn), drawn) == (60, [pick.seq for pick in whole])
    assert all(seq % 2 == 0 for seq in drawn)
    assert {pick.reason for pick in whole} == {ReviewReason.AUDIT}
    more = picks("random_audit", {"records": 90}, scope, block(*(candidate(seq) for seq in range(1000))))
    assert set(drawn) < {pick.seq for pick in more}, "a larger audit keeps what was drawn"
    other = CampaignScope(("a",), (SCHEMA,), key="another", labeled=range(0, 1000, 2))
    assert {pick.seq for pick in picks("random_audit", {"records": 60}, other, blocks[0])} != set(drawn[:6])


def test_what_somebody_chose_is_picked_whole_the_least_sure_first() -> None:
    sure = candidate(3, labels=[{"task": "mood", "value": "good", "confidence": 0.9, "rule": "exact"}])
    found = picks(
        "chosen", {}, CampaignScope(("a",), (SCHEMA,)), block(sure, candidate(7, outcome="failed", labels=[]))
    )
    assert [(pick.seq, round(pick.priority, 3)) for pick in found] == [(3, 0.1), (7, 1.0)]
    assert {pick.reason for pick in found} == {ReviewReason.CHOSEN}


def test_terms_say_the_order_and_who_reads_blind() -> None:
    pick = Pick(3, ReviewReason.LOW_CONFIDENCE, priority=0.4)
    assert priority_under(CampaignTerms(), pick) == 0.4
    assert priority_under(CampaignTerms(order=CampaignOrder.SEQ), pick) == 0.0
    shuffled = CampaignTerms(order=CampaignOrder.RANDOM, key="k", blind_share=0.25)
    ranks = [priority_under(shuffled, Pick(seq, ReviewReason.AUDIT)) for seq in range(4000)]
    assert 0.47 < sum(ranks) / 4000 < 0.53
    assert len(set(ranks)) == 4000
    blind = {seq for seq in range(4000) if is_blind(shuffled, seq)}
    assert 900 < len(blind) < 1100
    assert blind < {seq for seq in range(4000) if is_blind(shuffled.model_copy(update={"blind_share": 0.5}), seq)}
    assert not any(is_blind(CampaignTerms(key="k"), seq) for seq in range(100))
    assert all(is_blind(CampaignTerms(key="k", blind_share=1.0), seq) for seq in range(100))


def placed(of: AnnotationBlock, *seqs: int) -> Placed:
    asking = AskingCampaign("mine", "p", ("a",), CampaignTerms())
    return place(asking, of, [Pick(seq, ReviewReason.AUDIT) for seq in seqs])


def test_only_what_this_campaign_asked_for_and_nobody_decided_is_withdrawn() -> None:
    mine: dict[str, Any] = {"needs_review": True, "campaign_id": "mine"}
    of = block(
        candidate(0),
        candidate(1, **mine),
        candidate(2, **mine, is_decided=True),
        candidate(3, needs_review=True),
    )
    nothing = placed(of)
    assert [(each.seq, each.wanted) for each in nothing.requests] == [(1, False)]
    assert nothing.withdraws
    everything = placed(of, 0, 1, 2, 3)
    assert [(each.seq, each.wanted) for each in everything.requests] == [(0, True)]
    assert everything.counts == {"picked": 3, "queued": 1, "waiting": 1, "decided": 1, "asked": 2}


def test_the_table_of_moves_reaches_every_state_and_closed_opens_again() -> None:
    assert {to for _, to in MOVES.values()} == set(CampaignState)
    assert MOVES[CampaignMove.OPEN][0] == {CampaignState.PAUSED, CampaignState.CLOSED}
    assert CampaignState.CLOSED not in MOVES[CampaignMove.PAUSE][0] | MOVES[CampaignMove.CLOSE][0]


@pytest.mark.parametrize(
    ("rule", "after", "queue", "ended", "due"),
    [
        (StopRule.NEVER, None, (5, 0, 5), True, False),
        (StopRule.ALL, None, (5, 0, 5), True, True),
        (StopRule.ALL, None, (5, 0, 5), False, False),
        (StopRule.ALL, None, (5, 0, 3), True, False),  # two are not in the queue yet
        (StopRule.ALL, None, (5, 1, 4), True, False),
        (StopRule.DECIDED, 3, (5, 2, 3), False, True),
        (StopRule.DECIDED, 3, (5, 3, 2), True, False),
    ],
)
def test_a_stop_rule_is_due_when_its_records_are_decided(
    rule: StopRule, after: int | None, queue: tuple[int, int, int], ended: bool, due: bool
) -> None:
    asked, waiting, decided = queue
    assert is_due(rule, after, asked=asked, waiting=waiting, decided=decided, jobs_ended=ended) is due


def test_parameters_are_held_to_the_label_schema() -> None:
    scope = CampaignScope(("a", "b"), (SCHEMA, SCHEMA))
    thresholds, disagreement = (STRATEGIES[name].parameters for name in ("thresholds", "disagreement"))
    wrong = thresholds.model_validate({"tasks": {"taste": {"threshold": 0.5}}})
    assert wrong.problem(scope) == ("tasks.taste", "The label schema has no task 'taste'; it has mood, tone.")
    other = disagreement.model_validate({"jobs": ["b"], "task": "taste"})
    assert (other.problem(scope) or ("", ""))[0] == "task"
    assert disagreement.model_validate({"jobs": ["b"], "task": "tone"}).problem(scope) is None
    with pytest.raises(ValueError, match="threshhold"):
        thresholds.model_validate({"threshhold": 0.5})
