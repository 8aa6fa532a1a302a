"""What a consumer holds, over changes of ownership and over logs that begin anew."""

from __future__ import annotations

from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from tandem.messaging.in_flight import InFlight, MessageVerdict

HERE = TopicPartition("topic", 0)
THERE = TopicPartition("topic", 1)


def record(offset: int, value: bytes = b"value", timestamp: int = 1) -> Any:
    return ConsumerRecord("topic", 0, offset, timestamp, 0, b"key", value, None, 3, 5, ())


def taken(*partitions: TopicPartition, offsets: range = range(3)) -> tuple[InFlight, dict[int, Any]]:
    in_flight = InFlight()
    in_flight.assign(partitions or (HERE,))
    records = {offset: record(offset) for offset in offsets}
    for one in records.values():
        assert in_flight.fetched(HERE, one) == (MessageVerdict.START, False)
        in_flight.started(HERE, one)
    return in_flight, records


def test_the_watermark_of_each_partition_is_what_is_to_be_committed() -> None:
    in_flight, records = taken(HERE, THERE)
    in_flight.finished(HERE, records[1])
    assert in_flight.to_commit() == {}
    in_flight.finished(HERE, records[0])
    assert in_flight.to_commit() == {HERE: 2}
    in_flight.committed({HERE: 2})
    assert in_flight.to_commit() == {}
    assert in_flight.running == 1


def test_a_message_still_running_is_attached_again_and_not_started_again() -> None:
    in_flight, records = taken()
    in_flight.finished(HERE, records[0])
    in_flight.release()
    in_flight.assign([HERE])

    assert in_flight.fetched(HERE, record(1)) == (MessageVerdict.RUNNING, False)
    in_flight.finished(HERE, records[1])

    assert in_flight.to_commit() == {HERE: 2}


def test_a_message_that_ended_while_its_partition_was_away_is_done() -> None:
    in_flight, records = taken()
    in_flight.release()
    in_flight.finished(HERE, records[0])
    in_flight.assign([HERE])

    assert in_flight.fetched(HERE, record(0)) == (MessageVerdict.DONE, False)
    assert in_flight.to_commit() == {HERE: 1}


def test_a_message_done_and_not_committed_when_its_partition_left_is_done_when_it_comes_back() -> None:
    in_flight, records = taken()
    in_flight.finished(HERE, records[2])
    in_flight.release()
    in_flight.assign([HERE])

    verdicts = [in_flight.fetched(HERE, record(offset))[0] for offset in range(3)]

    assert verdicts == [MessageVerdict.RUNNING, MessageVerdict.RUNNING, MessageVerdict.DONE]


def test_other_bytes_under_the_same_offset_are_another_message() -> None:
    in_flight, records = taken()
    in_flight.finished(HERE, records[0])
    in_flight.release()
    in_flight.assign([HERE])
    anew = [record(0, b"other"), record(1, timestamp=2)]

    assert [in_flight.fetched(HERE, one) for one in anew] == [(MessageVerdict.START, False)] * 2
    for one in anew:
        in_flight.started(HERE, one)
    in_flight.finished(HERE, records[1])  # the old log's call ends late

    assert in_flight.to_commit() == {}
    for one in anew:
        in_flight.finished(HERE, one)
    assert in_flight.to_commit() == {HERE: 2}


def test_offsets_that_go_back_tell_that_the_log_began_anew() -> None:
    in_flight, records = taken(offsets=range(5, 8))
    for one in records.values():
        in_flight.finished(HERE, one)

    assert in_flight.fetched(HERE, record(0, b"new")) == (MessageVerdict.START, True)
    assert in_flight.fetched(HERE, record(1, b"new")) == (MessageVerdict.START, False)


def test_a_cut_off_message_is_started_again() -> None:
    in_flight, records = taken()
    in_flight.abandoned(HERE, records[0])
    in_flight.release()
    in_flight.assign([HERE])

    assert in_flight.fetched(HERE, record(0)) == (MessageVerdict.START, False)


def test_nothing_is_remembered_of_what_was_committed_or_went_to_others() -> None:
    in_flight, records = taken(HERE, THERE)
    for one in records.values():
        in_flight.finished(HERE, one)
    in_flight.committed({HERE: 3})
    assert in_flight._done[HERE] == {}

    in_flight.release()
    in_flight.assign([THERE])
    assert HERE not in in_flight._done


def test_a_message_that_is_let_go_is_for_whoever_fetches_it_next() -> None:
    in_flight, records = taken()
    in_flight.release()

    assert in_flight.abandoned(HERE, records[1]) is False
    in_flight.assign([HERE])

    assert in_flight.fetched(HERE, record(1)) == (MessageVerdict.START, False)


def test_a_message_that_is_let_go_after_it_was_fetched_again_is_handled_again_and_holds_the_commit_until_then() -> None:
    in_flight, records = taken(offsets=range(1))
    in_flight.release()
    in_flight.assign([HERE])
    again = record(0)
    assert in_flight.fetched(HERE, again) == (MessageVerdict.RUNNING, False)

    assert in_flight.abandoned(HERE, records[0]) is True
    assert in_flight.to_commit() == {}
    in_flight.started(HERE, again)
    in_flight.finished(HERE, again)

    assert in_flight.to_commit() == {HERE: 1}
