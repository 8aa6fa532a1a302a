"""A dispatcher that takes its turns one by one, on a clock of the test's own, while any call of it may fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dispatch_world import FAST, WORKER, World
from faults import Faults
from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, JobPublishedV1, JobState, WorkerReportedV1
from tandem.jobs.moves import Move
from tandem.messaging import BrokerUnavailableError
from tandem.store.database import StoreUnavailableError
from tandem.store.jobs.documents import JobDocument
from tandem.store.jobs.writer import JobWriter
from tandem_api.dispatch.dispatcher import Dispatcher

SIZE = 7
USD = 0.5
TURN_SECONDS = 0.1
SETTINGS = FAST.model_copy(
    update={
        "min_window": 3,
        "max_window": 3,
        "lease_seconds": 60,
        "ask_anew_seconds": 0.0,
        "look_seconds": 2.5 * TURN_SECONDS,
    }
)
MOST_TURNS = 100
"""Far less time than a deadline takes, so a job that ended in so many turns waited for none."""
TWO_SLOTS = WORKER.model_copy(update={"slots": 2})


@dataclass
class Stage:
    """One job from its start to its end, and everything around the dispatcher: workers, people, a postprocessor."""

    inside: World
    """As the dispatcher sees it: calls fail."""
    outside: World
    """The same database; nothing fails."""
    faults: Faults
    job_id: str
    now: float = 1000.0
    holders: int = 0
    dispatcher: Dispatcher | None = None
    known: JobPublishedV1 | None = None
    seen: int = 0
    pending: list[AnnotationRequestedV1] = field(default_factory=list)
    asked: Counter[tuple[int, int]] = field(default_factory=Counter)
    """By seq and epoch."""
    answered: set[int] = field(default_factory=set)
    """Records that ended in the pass under way."""
    failing: set[int] = field(default_factory=set)
    """Records whose first attempt fails."""
    attempt: int = 1
    answering: bool = True
    excused: bool = False
    """Whether a publication failed: nobody knows whether it took place, so it may be there twice."""

    async def job(self, *, budget_usd: float | None = None, **more: Any) -> None:
        self.inside.workers[:] = [TWO_SLOTS]
        await self.outside.job(SIZE, job_id=self.job_id, budget_usd=budget_usd, **more)
        self.start()

    def start(self) -> None:
        """Begin with a dispatcher that knows nothing."""
        self.holders += 1
        self.dispatcher = self.inside.dispatcher(f"{self.job_id}-{self.holders}", SETTINGS, lambda: self.now)

    async def killed(self) -> None:
        """End the dispatcher without a hand-over; its lease has run out, and another one begins."""
        lease = {"$set": {"dispatch.lease.until": datetime.now(UTC) - timedelta(seconds=1)}}
        await self.outside.database["jobs"].update_one({"_id": self.job_id, "dispatch.lease": {"$ne": None}}, lease)
        self.start()

    async def handed_over(self) -> None:
        """Stop the dispatcher as its process does, and begin with another."""
        assert self.dispatcher is not None
        with suppress(BrokerUnavailableError), self.faults.watched():
            running = asyncio.create_task(self.dispatcher.run())
            await self.dispatcher.stop()
            await running
        self.heard()
        await self.killed()  # where a call failed; else there is no lease left that could run out

    async def turn(self) -> None:
        """One turn of the dispatcher, then one of everything around it."""
        assert self.dispatcher is not None
        self.now += TURN_SECONDS
        try:
            with self.faults.watched():
                await self.dispatcher.tick()
        except StoreUnavailableError:
            pass  # its loop waits a moment and takes the next turn
        except BrokerUnavailableError:
            await self.killed()  # its process ends, and is started again
        self.heard()
        if self.answering:
            await self.answer()

    async def turns(self, number: int) -> None:
        for _ in range(number):
            await self.turn()

    def heard(self) -> None:
        """Take in what was published since the last look, and check it."""
        self.excused = self.excused or self.faults.unknown_send
        events = self.inside.producer.handed_over
        for event in events[self.seen :]:
            if isinstance(event, JobPublishedV1):
                if self.known is None or (event.epoch, event.revision) > (self.known.epoch, self.known.revision):
                    self.known = event
            elif isinstance(event, AnnotationRequestedV1):
                assert self.known is not None
                assert event.epoch <= self.known.epoch, "a request of an epoch that nobody was told of"
                assert event.seq not in self.answered, f"record {event.seq} is asked for though it was answered"
                assert event.attempt == self.attempt, f"attempt {event.attempt} of record {event.seq} is asked for"
                assert event.ask == 1, f"record {event.seq} waited for a deadline"
                self.asked[event.seq, event.epoch] += 1
                self.pending.append(event)
            else:
                assert not isinstance(event, AnnotationRespondedV1), "a record was given up"
        self.seen = len(events)

    async def answer(self, most: int | None = None) -> None:
        """Answer what is not void, as the workers do, and write it down, as the postprocessor does."""
        assert self.known is not None or not self.pending
        pending, self.pending = self.pending[:most], self.pending[len(self.pending) if most is None else most :]
        if self.known is None or self.known.state is not JobState.RUNNING:
            return
        seqs = [request.seq for request in pending if request.epoch == self.known.epoch]
        self.answered |= set(seqs)
        for outcome, those in (("failed", self.failing), ("labeled", set(seqs) - self.failing)):
            ended = [seq for seq in seqs if seq in those]
            await self.outside.annotate(ended, job_id=self.job_id, usd=USD, outcome=outcome, attempt=self.attempt)

    async def run_again(self, seqs: Sequence[int]) -> None:
        """Begin another pass, as a person does; every record succeeds in it."""
        self.attempt += 1
        self.failing.clear()
        self.answered -= set(seqs)
        await self.outside.run_again(seqs, job_id=self.job_id)

    def report(self, *workers: WorkerReportedV1) -> None:
        self.inside.workers[:] = workers

    async def document(self) -> JobDocument:
        return await self.outside.document(self.job_id)

    async def moved(self, move: Move) -> None:
        """Make a person's move."""
        await JobWriter(self.outside.database).move(self.job_id, move, reason="by a person")

    async def until(self, state: JobState, *, unless_excused: bool = False) -> JobDocument:
        """Take turns until the job is in this state, or a publication failed."""
        for _ in range(MOST_TURNS):
            document = await self.document()
            if document["state"] == state or (unless_excused and self.excused):
                return document
            await self.turn()
        raise AssertionError(f"the job is not {state} after {MOST_TURNS} turns")

    async def until_announced(self, state: JobState) -> JobDocument:
        """Take turns until nothing is left to do for a job that ended so."""
        await self.until(state)
        for _ in range(MOST_TURNS):
            document = await self.document()
            if document["dispatch"]["announced"]:
                return document
            await self.turn()
        raise AssertionError("the end of the job is not published")

    async def completed(self) -> None:
        """Take turns to the end of the job, and check that it adds up."""
        document = await self.until_announced(JobState.COMPLETED)
        dispatch = document["dispatch"]
        assert dispatch["totals"] == {"labeled": SIZE, "invalid": 0, "failed": 0, "needs_review": 0}
        assert await self.outside.database["annotations"].count_documents({"job_id": self.job_id}) == SIZE
        assert sum(row["amount"] for row in dispatch.get("spend", ())) == SIZE * USD
        self.nothing_is_reserved(document)
        assert {seq for seq, _ in self.asked} == set(range(SIZE))
        if not self.excused:
            assert set(self.asked.values()) == {1}, "a record was asked for twice in one epoch"
        assert self.known is not None
        assert self.known.state is JobState.COMPLETED

    @staticmethod
    def nothing_is_reserved(document: JobDocument) -> None:
        assert document["dispatch"].get("reserved_usd", 0.0) == 0.0
        assert document["dispatch"].get("lingering_usd", 0.0) == 0.0
