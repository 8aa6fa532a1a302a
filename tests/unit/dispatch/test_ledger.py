"""What a budget sets aside: spent plus all that may still be answered never passes the limit."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tandem.pricing import in_dollars
from tandem_api.dispatch.ledger import BudgetLedger, at_least, at_most

DEADLINE = 10
SEQS = 6


@dataclass
class Copy:
    """A request as it is on its way: it may be answered, and paid, until its deadline."""

    seq: int
    most: int
    due: float


@dataclass
class Stored:
    """What the database knows: it outlives every dispatcher."""

    asked: dict[int, int] = field(default_factory=dict)
    """Of records that were asked for and have not ended: the bound, as it is found again from the record."""
    lingering: int = 0
    spent: int = 0


class Spending(RuleBasedStateMachine):
    """Requests, answers in any order and twice, repeats, crashes, a limit that is raised and lowered."""

    @initialize(limit=st.integers(0, 60))
    def open(self, limit: int) -> None:
        self.limit = self.highest = limit
        self.now = 0.0
        self.stored = Stored()
        self.under_way: list[Copy] = []
        self.ledger = BudgetLedger()
        self.answered: set[int] = set()

    @rule(seq=st.integers(0, SEQS - 1), most=st.integers(0, 20))
    def ask(self, seq: int, most: int) -> None:
        """For the first time, or again: overdue, handed back, after a new epoch."""
        if seq in self.answered:
            return
        most = self.stored.asked.get(seq, most)
        self.ledger.expire(self.now)
        if not self.ledger.fits(seq, most, spent=self.stored.spent, limit=self.limit, now=self.now):
            return
        self.ledger.hold(seq, most, due=self.now + DEADLINE, now=self.now)
        self.stored.asked[seq] = most
        self.stored.lingering = self.ledger.lingering
        self.under_way.append(Copy(seq, most, self.now + DEADLINE))

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """Any that is under way, for anything up to its bound; a later one for the same record is paid too."""
        copy = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        self.stored.spent += data.draw(st.integers(0, copy.most))
        self.answered.add(copy.seq)
        self.stored.asked.pop(copy.seq, None)
        self.ledger.settle([copy.seq])

    @rule()
    def an_answer_comes_twice(self) -> None:
        self.ledger.settle(self.answered)

    @rule(seconds=st.integers(1, DEADLINE))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.under_way = [copy for copy in self.under_way if copy.due > self.now]

    @rule()
    def crash(self) -> None:
        """Another one takes over: all that it has is in the database."""
        self.ledger = BudgetLedger()
        self.ledger.linger(self.stored.lingering, due=self.now + DEADLINE)
        for seq, most in self.stored.asked.items():
            self.ledger.hold(seq, most, due=self.now + DEADLINE, now=self.now)

    @rule(limit=st.integers(0, 60))
    def change_the_limit(self, limit: int) -> None:
        self.limit = limit
        self.highest = max(self.highest, limit)

    @invariant()
    def nothing_passes_the_highest_limit_there_was(self) -> None:
        may_be_paid = sum(copy.most for copy in self.under_way)
        assert may_be_paid <= self.ledger.reserved
        assert self.stored.spent + may_be_paid <= self.highest


TestSpending = Spending.TestCase


def test_what_lingers_is_free_after_its_deadline() -> None:
    ledger = BudgetLedger()
    ledger.hold(1, 5, due=10, now=0)
    ledger.hold(1, 5, due=14, now=4)
    assert (ledger.reserved, ledger.lingering) == (10, 5)
    ledger.settle([1])
    assert ledger.may_free(10)
    ledger.expire(10)
    assert (ledger.reserved, ledger.may_free(10)) == (0, False)


def test_a_request_that_is_overdue_makes_room_for_its_repeat() -> None:
    ledger = BudgetLedger()
    ledger.hold(1, 5, due=10, now=0)
    assert not ledger.fits(1, 5, spent=0, limit=5, now=9)
    assert ledger.fits(1, 5, spent=0, limit=5, now=10)


def test_a_copy_is_changed_without_the_ledger_that_it_is_of() -> None:
    ledger = BudgetLedger()
    ledger.hold(1, 5, due=10, now=0)
    copy = ledger.copy()
    copy.hold(1, 5, due=14, now=4)
    copy.hold(2, 7, due=14, now=4)
    copy.settle([1])
    assert (ledger.reserved, ledger.lingering, copy.reserved) == (5, 0, 12)


def test_what_may_be_spent_is_rounded_up_and_a_limit_down() -> None:
    assert (at_most(1e-10), at_least(1.9e-9)) == (1, 1)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0.00"), (5, "$5.00"), (1234.5, "$1,234.50"), (0.5, "$0.50"), (0.01234, "$0.0123"), (1e-6, "$0.000001")],
)
def test_sums_are_shown_with_the_digits_that_count(amount: float, text: str) -> None:
    assert in_dollars(amount) == text
