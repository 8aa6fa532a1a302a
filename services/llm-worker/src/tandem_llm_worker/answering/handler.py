"""Handler of annotation requests: answers each one that is wanted and not answered already."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Protocol

from tandem.events import AnnotationRequestedV1, JobPublishedV1, JobState, ReceivedAnswers
from tandem.events.catalog import REQUESTS
from tandem.messaging import JobTable, LetGo, Outgoing, Received
from tandem.observability.metrics import (
    ANSWERS_REPEATED,
    ANSWERS_RESUMED,
    HANDED_BACK,
    SKIPPED,
)
from tandem.observability.series import start_at_zero
from tandem.rendering.pool import RenderersBusyError
from tandem.rendering.refusals import PromptRefusedError
from tandem_llm_worker.accounts.account import ACCOUNT_STOPPED, CROWDED, LIMITED, NOT_STARTED, Account, Accounts
from tandem_llm_worker.answering.asker import Asker
from tandem_llm_worker.answering.crowding import find_crowding
from tandem_llm_worker.answering.handed_back import HandedBackAnswers
from tandem_llm_worker.answering.in_hand import ANOTHERS, InHand
from tandem_llm_worker.answering.kept_answers import EffectKey, KeptAnswers
from tandem_llm_worker.calling.question import CallHistory, NotCertain
from tandem_llm_worker.providers.errors import AccountStopped
from tandem_llm_worker.providers.waits import StillLimited

UNKNOWN_PROVIDER = "unknown_provider"
PROMPT_REFUSED = "prompt_refused"
LOOK_SECONDS = 0.5
SKIPPED_FOR = (
    ACCOUNT_STOPPED,
    CROWDED,
    LIMITED,
    NOT_STARTED,
    PROMPT_REFUSED,
    UNKNOWN_PROVIDER,
    "in_flight",
    "stale_epoch",
    "unknown_job",
    *(f"job_{state}" for state in JobState if state is not JobState.RUNNING),
)


class VoidRequestError(Exception):
    """The request is not to be answered now."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Lease(Protocol):
    """Tells whether the group still counts on this worker."""

    @property
    def holds(self) -> bool: ...

    async def changed(self) -> None:
        """Return when the lease was next renewed or ended."""


class RequestHandler:
    """`async (requests) -> answers`. Requests that are void are done without an answer; the metric says why.

    Void is what belongs to a job that does not run or is not known in time, or to an older epoch than the job's: those
    records are asked for again under the new one. A request for what is under way is left to the call that runs; one
    for what was answered lately gets the same answer again, unpaid. A request is handed back, unanswered and counted,
    when its account is stopped or paused, when its first call could not start in time, or when it waited too long for
    the rate; the dispatcher asks anew.
    What is not begun when its partition goes to another worker is left to that one (`LetGo`), and so is what would have
    to be called again, while nothing was paid for it.

    A worker that was silent for longer than its session was dropped by the group, and others have its partitions
    without having waited for it. So no call starts while `lease` does not hold; once the group is known to have dropped
    this worker, all that it had in hand is left to the others, after telling them what was paid for it.
    """

    def __init__(
        self,
        *,
        jobs: JobTable,
        asker: Asker,
        kept: KeptAnswers,
        handed_back: HandedBackAnswers,
        accounts: Accounts,
        lease: Lease,
        job_wait_seconds: float,
        in_flight_limit: int = 256,
        start_seconds: float = 30.0,
        crowded_seconds: float = 2.0,
    ) -> None:
        """Take the parts. `in_flight_limit`: the number of requests that this handler is given at once."""
        start_at_zero(SKIPPED, [REQUESTS.name], SKIPPED_FOR)
        self._jobs = jobs
        self._asker = asker
        self._kept = kept
        self._before = handed_back
        self._accounts = accounts
        self._lease = lease
        self._job_wait_seconds = job_wait_seconds
        self._in_flight_limit = in_flight_limit
        self._start_seconds = start_seconds
        self._crowded_seconds = crowded_seconds
        self._running: dict[EffectKey, InHand] = {}
        self._crowding: dict[str, int] = {}
        self._owned: Collection[int] | None = None
        self._times_dropped = 0
        self.completed = 0
        """Number of answers given since the start, repeated ones left out."""
        accounts.on_change.append(self._account_changed)

    async def __call__(self, batch: Sequence[Received[AnnotationRequestedV1]]) -> Sequence[Outgoing]:
        answers = []
        for received in batch:
            try:
                answers.append(await self._answer(received.event, received.partition))
            except VoidRequestError as void:
                SKIPPED.labels(REQUESTS.name, void.reason).inc()
            except PromptRefusedError:  # this worker's reports say so, and the dispatcher stops the job
                SKIPPED.labels(REQUESTS.name, PROMPT_REFUSED).inc()
            except RenderersBusyError:
                SKIPPED.labels(REQUESTS.name, NOT_STARTED).inc()
        return answers

    def own(self, partitions: Collection[int]) -> None:
        """Own these partitions of requests from now on, and no others."""
        self._owned = frozenset(partitions)
        for running in self._running.values():
            if running.partition not in self._owned:
                running.leave()

    def dropped(self) -> None:
        """Leave everything in flight to others: the group dropped this worker, and they did not wait for it."""
        self._times_dropped += 1
        self._owned = frozenset()
        for running in self._running.values():
            running.forsake()

    async def watch(self) -> None:
        """Keep any job from crowding out the requests of others, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._lease.holds:
                self._wait_on()
                continue
            self._crowding = find_crowding(
                self._running.values(),
                in_flight_limit=self._in_flight_limit,
                jobs=[job.job_id for job in self._jobs.live() if job.state is JobState.RUNNING and job.asks_model],
                before=self._crowding,
                late=asyncio.get_running_loop().time() - self._crowded_seconds,
            )
            for job, most in self._crowding.items():
                waiting = [each for each in self._running.values() if each.request.job_id == job and not each.started]
                for each in waiting[most:]:
                    each.give_up(CROWDED)

    def _wait_on(self) -> None:
        """Extend the waits of requests: that no call starts while the lease does not hold is no fault of an account."""
        now = asyncio.get_running_loop().time()
        for each in self._running.values():
            each.wait_until(now + self._start_seconds, since=now)

    async def _answer(self, request: AnnotationRequestedV1, partition: int) -> Outgoing:
        times_dropped = self._times_dropped
        job = self._jobs.get(request.job_id) or await self._jobs.wait_for(request.job_id, self._job_wait_seconds)
        if job is None:
            raise VoidRequestError("unknown_job")
        check_not_void(request, job)
        key = request.effect_key
        if (running := self._running.get(key)) is not None:
            running.join(request)
            raise VoidRequestError("in_flight")
        if (repeated := self._kept.answer(request)) is not None:
            ANSWERS_REPEATED.inc()
            return Outgoing(repeated)
        account = self._accounts.of(job.agent.provider, job.agent.model)
        if account is None:  # the dispatcher sees it by this worker's reports, and has the job wait
            raise VoidRequestError(UNKNOWN_PROVIDER)
        self._check_account(account, job)
        if times_dropped != self._times_dropped or not self._owns(partition):
            raise LetGo
        now = asyncio.get_running_loop().time()
        limit = asyncio.timeout(self._start_seconds)
        before = self._before.received(request)
        history = CallHistory.after(before)
        running = self._running[key] = InHand(request, partition, account, limit, now, history)

        try:
            async with limit:
                wanted = partial(self._check_wanted, running, job)
                answer, encoded = await self._asker.ask(request, job, check_wanted=wanted, history=history)
        except (AccountStopped, StillLimited) as reason:
            return self._hand_back_paid(running, self._given_up(account, reason))
        except VoidRequestError as void:
            return self._hand_back_paid(running, void)
        except LetGo:
            raise self._left(running) from None
        except TimeoutError as error:
            raise self._timed_out(running, error) from None
        except BaseException:
            running.count_untold()
            raise
        finally:
            del self._running[key]
        self._answered(key, encoded, before)
        return Outgoing(answer, encoded=encoded)

    def _check_wanted(self, running: InHand, job: JobPublishedV1) -> None:
        """Raise what keeps the next call for a request from being made: VoidRequestError, LetGo or NotCertain."""
        if running.forsaken:
            raise LetGo
        if not self._lease.holds:
            raise NotCertain(self._lease.changed)
        current = self._jobs.get(running.request.job_id) or job
        check_not_void(running.request, current)
        if self._accounts.standing_in_the_way(current.agent) is not None:
            raise self._handed_back(running.account, ACCOUNT_STOPPED)
        if not self._owns(running.partition) and running.is_free:
            raise LetGo
        running.start()

    def _answered(self, key: EffectKey, encoded: bytes, before: Sequence[ReceivedAnswers]) -> None:
        self._kept.keep(key, encoded)
        self._before.forget(key)
        ANSWERS_RESUMED.inc(sum(len(each.completions) for each in before))
        self.completed += 1

    def _hand_back_paid(self, running: InHand, void: VoidRequestError) -> Outgoing:
        """Return the event that reports what was paid for a request that is given up. Raises `void` if nothing was."""
        event = self._asker.handed_back(running.request, running.history, reason=void.reason)
        if event is None:
            raise void
        SKIPPED.labels(REQUESTS.name, void.reason).inc()
        self._before.keep(event)
        return Outgoing(event)

    def _timed_out(self, running: InHand, error: TimeoutError) -> Exception:
        """Return the error to raise for a request whose time ran out, or was ended early."""
        if running.given_up == ANOTHERS:
            return self._left(running)
        if running.started:
            return error
        return self._handed_back(running.account, running.given_up or NOT_STARTED)

    def _left(self, running: InHand) -> LetGo:
        """Return the error that leaves a request to the new owner of its partition; it reports what was paid for it."""
        event = self._asker.handed_back(running.request, running.history, reason=ANOTHERS)
        if event is None:
            return LetGo()
        self._before.keep(event)
        return LetGo([Outgoing(event)])

    def _owns(self, partition: int) -> bool:
        return self._owned is None or partition in self._owned

    def _check_account(self, account: Account, job: JobPublishedV1) -> None:
        """Raise VoidRequestError for a request whose account cannot answer it now."""
        if self._accounts.standing_in_the_way(job.agent) is not None:
            raise self._handed_back(account, ACCOUNT_STOPPED)
        most = self._crowding.get(job.job_id)
        if most is not None and self._waiting(job.job_id) >= most:
            raise self._handed_back(account, CROWDED)

    def _handed_back(self, account: Account, reason: str) -> VoidRequestError:
        account.handed_back += 1
        HANDED_BACK.labels(*account.key, reason).inc()
        return VoidRequestError(reason)

    def _given_up(self, account: Account, reason: AccountStopped | StillLimited) -> VoidRequestError:
        if isinstance(reason, StillLimited):
            return self._handed_back(account, LIMITED)
        self._accounts.stopped(reason)
        return self._handed_back(account, ACCOUNT_STOPPED)

    def _waiting(self, job: str) -> int:
        return sum(each.request.job_id == job and not each.started for each in self._running.values())

    def _account_changed(self, account: Account) -> None:
        if not account.is_ok:
            for running in list(self._running.values()):
                job = self._jobs.get(running.request.job_id)
                if job is not None and self._accounts.standing_in_the_way(job.agent) is not None:
                    running.give_up(ACCOUNT_STOPPED)


def check_not_void(request: AnnotationRequestedV1, job: JobPublishedV1) -> None:
    """Raise VoidRequestError if, by what is known of its job, the request must not be answered.

    A request of a higher epoch than the job's was made later than the state known here, when the job ran: news of that
    are on their way, and the request holds.
    """
    if request.epoch < job.epoch:
        raise VoidRequestError("stale_epoch")
    if request.epoch == job.epoch and job.state is not JobState.RUNNING:
        raise VoidRequestError(f"job_{job.state}")
