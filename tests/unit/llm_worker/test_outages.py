"""What stops an account and what ends a record, told by how calls end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from llm_worker_line import agent
from tandem.events import AccountState, ErrorKind, Fallback
from tandem_llm_worker.providers.answers import Answer
from tandem_llm_worker.providers.errors import CallFailed
from virtual_worker import Call, Outcome, error, good, lost, timeout, unreachable, work_through

DOWN_FROM, DOWN_UNTIL = 1.2, 300.0


def reasons(ended: Outcome) -> list[str]:
    return [reason for _, state, reason, _ in ended.stops if state is AccountState.STOPPED]


def messages(ended: Outcome) -> list[str]:
    return [message for _, state, _, message in ended.stops if state is AccountState.STOPPED]


@pytest.mark.parametrize(
    ("failure", "reason", "words"),
    [
        pytest.param(unreachable, "connection", "connection refused", id="refused"),
        pytest.param(lost, "connection", "the connection failed", id="every connection breaks off"),
        pytest.param(error, "server_error", "503: Loading model", id="503"),
        pytest.param(timeout, "timeout", "no complete answer", id="timeouts"),
    ],
)
@pytest.mark.parametrize("records", [1, 2, 100])
def test_a_provider_that_is_down_fails_no_record_and_stops_the_account_until_it_is_back(
    failure: Callable[[], CallFailed], reason: str, words: str, records: int
) -> None:
    down_from = DOWN_FROM if records > 2 else 0.0

    def serve(call: Call) -> Answer:
        if down_from <= call.at < DOWN_UNTIL:
            raise failure()
        return good()

    ended = work_through(serve, records=records, timeout_seconds=20)

    assert not ended.errors
    assert ended.answered == records
    assert set(reasons(ended)) == {reason}
    assert words in messages(ended)[0]
    assert DOWN_UNTIL < ended.seconds < DOWN_UNTIL + 60  # probed within half a minute
    assert ended.longest_held < 240  # the second time that it is asked for, of three


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (lambda: error(500, "The server had an error."), ErrorKind.SERVER_ERROR),
        (timeout, ErrorKind.TIMEOUT),
        (lost, ErrorKind.CONNECTION),
    ],
)
@pytest.mark.parametrize("records", [1, 5, 200])
def test_a_record_that_always_fails_ends_and_the_others_are_labeled(
    failure: Callable[[], CallFailed], kind: ErrorKind, records: int
) -> None:
    def serve(call: Call) -> Answer:
        if call.is_of(0):
            raise failure()
        return good()

    ended = work_through(serve, records=records, timeout_seconds=30)

    assert ended.failed == {0}
    assert ended.errors == {kind: 1}
    assert not ended.stops


@pytest.mark.parametrize("failure", [error, timeout, lost])
def test_many_records_that_always_fail_end_although_nothing_else_is_asked(failure: Callable[[], CallFailed]) -> None:
    def serve(call: Call) -> Answer:
        if call.is_probe:
            return good()
        raise failure()

    ended = work_through(serve, records=12, timeout_seconds=30)

    assert ended.failed == set(range(12))


def test_a_record_that_brings_the_server_down_ends_and_the_others_are_labeled() -> None:
    up_at = 0.0

    def serve(call: Call) -> Answer:
        nonlocal up_at
        if call.at < up_at:
            raise unreachable()
        if call.is_of(7):
            up_at = call.at + 20.0
            raise lost()
        return good()

    ended = work_through(serve, records=60)

    assert ended.failed == {7}
    assert ended.answered >= 59


def test_a_short_hiccup_is_bridged_by_retries() -> None:
    def serve(call: Call) -> Answer:
        if 3.0 <= call.at < 3.7:
            raise error()
        return good()

    ended = work_through(serve, records=500)

    assert not ended.errors
    assert not ended.stops


def test_answers_that_began_in_better_times_do_not_speak_for_the_provider() -> None:
    def serve(call: Call) -> Answer:
        if 0.7 < call.at < 60.0:
            raise error()
        return good()

    ended = work_through(serve, records=40)

    assert not ended.errors
    assert set(reasons(ended)) == {"server_error"}


def test_a_server_that_answers_few_calls_at_once_is_asked_few_at_once() -> None:
    def serve(call: Call) -> Answer:
        if call.in_flight > 6 and not call.is_probe:
            raise timeout()
        return good()

    ended = work_through(serve, records=300, timeout_seconds=20)

    assert not ended.errors
    late = [count for at, count in ended.most_in_flight if at > ended.seconds - 10]
    assert max(late) <= 16


@pytest.mark.parametrize("failure", [unreachable, error, timeout])
def test_the_second_model_answers_while_the_first_is_down(failure: Callable[[], CallFailed]) -> None:
    fallback = Fallback(provider="simulated", model="second", on=("connection", "server_error", "timeout"))

    def serve(call: Call) -> Answer:
        if call.model == "simulated":
            raise failure()
        return good()

    ended = work_through(serve, records=100, agent=agent(fallback=fallback), timeout_seconds=20)

    assert not ended.errors
    assert all(answer.fallback_used for answer in ended.answers.values())
    assert ended.answered == 100
    assert ended.seconds < 60
