"""What is outstanding: every change makes a new value, so that one which was not saved is simply dropped."""

from __future__ import annotations

from tandem_api.dispatch.outstanding import Outstanding


def test_what_is_asked_for_is_void_until_it_is_published() -> None:
    asked = Outstanding().asked({1: 1, 2: 2})
    assert [(ask.seq, ask.number, ask.void) for ask in asked.overdue(0.0, 100)] == [(1, 1, True), (2, 2, True)]
    published = asked.published([2], due=30.0)
    assert published.void == [1]
    assert asked.void == [1, 2], "a step that was not saved leaves what was before"


def test_an_overdue_request_is_found_and_a_voided_one_keeps_its_number() -> None:
    outstanding = Outstanding().asked({1: 1}, due=10.0).asked({2: 2}, due=30.0)
    assert [(ask.seq, ask.void) for ask in outstanding.overdue(20.0, 100)] == [(1, False)]
    void = outstanding.all_void()
    assert [(ask.seq, ask.number, ask.void) for ask in void.overdue(0.0, 100)] == [(1, 1, True), (2, 2, True)]
    assert len(void.overdue(0.0, 1)) == 1


def test_ended_requests_are_forgotten_and_others_stay() -> None:
    outstanding = Outstanding().asked({seq: 1 + seq % 2 for seq in range(5)}, due=1.0)
    left = outstanding.without([0, 1, 99])
    assert (len(left), left.lowest, left.repeated) == (3, 2, {3: 2})
    assert left.without([0, 1]).seqs == left.seqs
    assert outstanding.seqs == list(range(5))


def test_requests_whose_deadline_is_before_a_time_are_counted_and_void_ones_are_not() -> None:
    outstanding = Outstanding().asked({1: 1, 2: 1, 3: 1}).published([1], due=10.0).published([2], due=30.0)
    assert [outstanding.due_before(time) for time in (10.0, 10.1, 31.0)] == [0, 1, 2]
