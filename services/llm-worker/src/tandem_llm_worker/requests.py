"""The handler of annotation requests: answers each that is wanted and not answered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1, JobPublishedV1, JobState
from tandem.events.catalog import REQUESTS
from tandem.messaging import JobTable, Outgoing, Received
from tandem.observability.logs import get_logger
from tandem.observability.metrics import ANSWERS_REPEATED, SKIPPED
from tandem_llm_worker.answers import EffectKey, KeptAnswers
from tandem_llm_worker.asking import Asker
from tandem_llm_worker.providers.errors import AccountStopped

_log = get_logger(__name__)


class VoidRequestError(Exception):
    """The request is not to be answered; nothing was called."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Running:
    """A request under way; a later one for the same effect lends it its epoch and ask, and is skipped."""

    request: AnnotationRequestedV1

    def join(self, other: AnnotationRequestedV1) -> None:
        if (other.epoch, other.ask) > (self.request.epoch, self.request.ask):
            self.request = other


class RequestHandler:
    """`async (requests) -> answers`. Requests that are void are done without an answer; the metric says why.

    Void is what belongs to a job that does not run or is not known in time, or to an older epoch than the job's: those
    records are asked for again under the new one. A request for what is under way is left to the call that
    runs; one for what was answered lately gets the same answer again, unpaid.
    """

    def __init__(self, *, jobs: JobTable, asker: Asker, kept: KeptAnswers, job_wait_seconds: float) -> None:
        self._jobs = jobs
        self._asker = asker
        self._kept = kept
        self._job_wait_seconds = job_wait_seconds
        self._running: dict[EffectKey, _Running] = {}
        self.completed = 0
        """Answers given since the start, repeated ones left out."""

    async def __call__(self, batch: Sequence[Received[AnnotationRequestedV1]]) -> Sequence[Outgoing]:
        answers = []
        for received in batch:
            try:
                answers.append(Outgoing(await self._answer(received.event)))
            except VoidRequestError as void:
                SKIPPED.labels(REQUESTS.name, void.reason).inc()
            except AccountStopped as stopped:
                _log.error(
                    "worker.account.stopped",
                    provider=stopped.provider,
                    model=stopped.model,
                    kind=stopped.kind,
                    message=stopped.message,
                )
                SKIPPED.labels(REQUESTS.name, "account_stopped").inc()
        return answers

    async def _answer(self, request: AnnotationRequestedV1) -> AnnotationRespondedV1:
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
            return repeated
        running = self._running[key] = _Running(request)
        try:
            answer, encoded = await self._asker.ask(
                request,
                job,
                check_wanted=lambda: check_not_void(running.request, self._jobs.get(request.job_id) or job),
            )
        finally:
            del self._running[key]
        self._kept.keep(key, encoded)
        self.completed += 1
        return answer


def check_not_void(request: AnnotationRequestedV1, job: JobPublishedV1) -> None:
    """Raises VoidRequestError when, by what is known of its job, the request is not to be answered.

    A request of a higher epoch than the job's was made later than the state known here, when the job ran: news of that
    are on their way, and the request holds.
    """
    if request.epoch < job.epoch:
        raise VoidRequestError("stale_epoch")
    if request.epoch == job.epoch and job.state is not JobState.RUNNING:
        raise VoidRequestError(f"job_{job.state}")
