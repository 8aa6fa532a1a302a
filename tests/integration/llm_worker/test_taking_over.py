"""A worker that takes over another's partitions pays for nothing that was answered."""

from __future__ import annotations

from typing import Any

import pytest

from llm_worker_line import Line, StartWorker, published, request
from tandem.events import AnnotationRespondedV1, ReadyLabels
from tandem.events.catalog import REQUESTS, RESPONSES
from tandem.messaging import Connection, PartitionEnds
from tandem.runtime.processes import LOOPBACK, free_port
from tandem.testing.brokers import Broker
from tandem.testing.waiting import eventually
from tandem_llm_worker.answering.kept_answers import KeptAnswers
from tandem_llm_worker.settings import KeptAnswersSettings
from tandem_llm_worker.takeover.tail import AnswerTail


@pytest.fixture
def broker(each_broker: Broker) -> Broker:
    """Both: where a log ends, and who has a partition when, is where they differ."""
    return each_broker


async def test_what_a_killed_worker_answered_behind_a_slow_call_is_not_paid_again(
    line: Line, start_worker: StartWorker
) -> None:
    first = start_worker(worker="first")
    await line.publish(published(), request(0))
    await line.answered(1)
    await line.all_committed()
    line.provider.change(hold=True)
    await line.publish(*(request(seq) for seq in range(1, 5)))
    await eventually(lambda: line.provider.score().in_flight == 4)
    line.provider.change(first_calls=[], hold=False)
    await line.answered(5)
    await first.kill()  # within the moment before it would have committed, or not: either way nothing is paid again

    start_worker(worker="second")
    await line.publish(*(request(seq) for seq in range(5, 10)))

    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(10)), timeout=40)
    await line.all_committed()
    assert line.provider.score().answered_repeatedly == 0


@pytest.mark.parametrize("behind", [{0: 3, 1: 3, 2: 3, 3: 3}, {2: 1}])
async def test_the_tail_is_as_long_as_it_must_be(line: Line, start_worker: StartWorker, behind: dict[int, int]) -> None:
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(60)))
    await line.answered(60)
    settings = KeptAnswersSettings()
    kept = KeptAnswers(settings)

    await AnswerTail(ends(line.connection), kept, settings, in_flight_limit=2)(behind)

    # brokers whose ends are too low make it longer, never shorter
    assert min(60, 1 + 2) <= len(kept) <= 60
    few = sum(count + 2 for count in behind.values())
    assert len(kept) >= min(few, 60) - 2 * len(behind)


async def test_answers_are_found_behind_labels_that_were_ready_without_a_call(
    line: Line, start_worker: StartWorker
) -> None:
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.answered(20)
    ready = {"epoch": 1, "project_id": "p", "ready": ReadyLabels()}
    carried = [AnnotationRespondedV1(job_id="other", seq=seq, record_id="r", **ready) for seq in range(5000)]
    await line.publish(*carried)
    settings = KeptAnswersSettings()
    kept = KeptAnswers(settings)

    await AnswerTail(ends(line.connection), kept, settings, in_flight_limit=2)(dict.fromkeys(range(4), 20))

    assert len(kept) == 20


async def test_topics_that_are_cut_unlike_are_read_whole(line: Line, start_worker: StartWorker) -> None:
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.answered(20)
    settings = KeptAnswersSettings()
    kept = KeptAnswers(settings)
    tail = AnswerTail(ends(_Uneven(line.connection)), kept, settings, in_flight_limit=100)

    await tail({0: 1})

    assert len(kept) == 20


async def test_the_tail_is_read_once_the_broker_is_back_however_often_it_was_tried(
    line: Line, start_worker: StartWorker
) -> None:
    start_worker()
    await line.publish(published(), *(request(seq) for seq in range(20)))
    await line.answered(20)
    settings = KeptAnswersSettings()
    kept = KeptAnswers(settings)
    away = _AwayAtFirst(line.connection, tries=4)
    tail = AnswerTail(ends(away), kept, settings, in_flight_limit=100)

    await tail({0: 20, 1: 20, 2: 20, 3: 20})

    assert away.tries == 0
    assert len(kept) == 20


def ends(connection: Any) -> PartitionEnds:
    return PartitionEnds(connection, RESPONSES, keyed_like=REQUESTS)


class _AwayAtFirst:
    """A connection to a broker that is away for the first tries, while the group has not noticed yet."""

    def __init__(self, connection: Connection, tries: int) -> None:
        self._connection = connection
        self.tries = tries
        self.topic = connection.topic

    @property
    def options(self) -> dict[str, Any]:
        options = self._connection.options
        if self.tries == 0:
            return options
        self.tries -= 1
        return options | {"bootstrap_servers": f"{LOOPBACK}:{free_port()}"}


class _Uneven:
    """A connection on whose broker the requests have one partition: that of the jobs stands for them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.options = connection.options

    def topic(self, topic: Any) -> str:
        name = "annotation.jobs" if topic.name == "annotation.requests" else topic.name
        return f"{self._connection.settings.prefix}{name}"


async def test_a_worker_that_joins_waits_for_calls_under_way_and_takes_what_waits_and_nothing_is_paid_twice(
    line: Line, start_worker: StartWorker
) -> None:
    line.provider.change(hold=True)
    one = start_worker(worker="one", provider={"max_in_flight": 12, "timeout_seconds": 60})
    await line.publish(published(), *(request(seq) for seq in range(12)))
    await eventually(lambda: line.provider.score().in_flight == 12, timeout=30)
    await eventually(lambda: line.reports[-1].holding == (0, 1, 2, 3), timeout=30)
    await line.publish(*(request(seq) for seq in range(12, 32)))

    start_worker(worker="two", handover_seconds=60, provider={"timeout_seconds": 60})
    await eventually(lambda: {report.worker for report in line.reports[-20:]} == {"one", "two"}, timeout=30)
    later = len(line.reports)

    def shared_out() -> bool:
        generations = {report.worker: report.generation for report in line.reports[later:]}
        return len(generations) == 2 and set(generations.values()) == {max(r.generation for r in line.reports)}

    await eventually(shared_out, timeout=40)
    assert line.provider.score().received == 12  # whoever has the partitions now, no call is made again
    line.provider.change(hold=False)

    await line.all_committed()
    await eventually(lambda: {answer.seq for answer in line.answers} == set(range(32)), timeout=30)
    score = line.provider.score()
    assert (score.received, score.repeated) == (32, 0)
    assert {answer.worker for answer in line.answers} == {"one", "two"}
    await one.stop()
