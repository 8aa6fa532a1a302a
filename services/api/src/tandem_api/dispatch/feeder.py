"""Feeds one job whose lease this dispatcher holds."""

from __future__ import annotations

from dataclasses import replace

from tandem.jobs import Canary, Pass, Selection
from tandem.observability.logs import get_logger
from tandem.store.jobs.documents import JobDocument, last_pass, totals_part
from tandem.store.jobs.moves import CANARY, FAILURES
from tandem_api.dispatch import budget_gate, settling
from tandem_api.dispatch.adapters import BATCH, Clock, DispatchAdapters
from tandem_api.dispatch.asking import Asking, Step
from tandem_api.dispatch.budget import BUDGET, JobBudget
from tandem_api.dispatch.fed_job import FedJob
from tandem_api.dispatch.pace import Pace
from tandem_api.dispatch.prompt_sizes import PromptSizes
from tandem_api.dispatch.safeguarding import failure_stop, objection_of_canary, open_canary
from tandem_api.dispatch.walk import Walk
from tandem_api.dispatch.window import Demand

log = get_logger(__name__)

LONGEST_SPAN = 100_000
"""The cursor never runs further than this ahead of the lowest record that has not ended, so that counting the span
between them stays cheap however long one record takes."""


SETTLING_PAUSE = 1.0
"""After a settling that summed everything, none follows for this many times as long as it took."""


class JobFeeder(FedJob):
    """Moves the walk of one job: each step is computed, saved, and only then assigned, published and marked as such.

    Whatever fails in between leaves the walk as it was, so that the next turn does the same again. A request whose
    publishing failed stays void: it is asked for again at once, with the same number.
    """

    def __init__(self, document: JobDocument, parts: DispatchAdapters, walk: Walk, run: Pass) -> None:
        super().__init__(document, parts.writer)
        self._parts = parts
        self._pass = run
        self._walk = walk
        self._asking = Asking(parts, walk.notice)
        self._budget: JobBudget | None = None
        self._sizes = PromptSizes(document, parts.renderers)
        self._looked_at_budget = 0
        self.is_limited = False
        """True if the account's rate limit holds records up: a deadline that passes then does not count as an ask in
        vain."""
        self._save_unknown = False
        self._forgotten = False
        self._clock = _clock(document, parts)
        self._settled_at = parts.monotonic()
        self._pace = Pace()
        self._canary_reach: tuple[Canary, Selection] | None = None
        self._next_settling = float("-inf")

    @classmethod
    async def adopt(cls, document: JobDocument, parts: DispatchAdapters) -> JobFeeder:
        """Make the feeder that continues where the document says. Raises StoreUnavailableError."""
        due = _clock(document, parts)() + parts.deadline_seconds
        run = last_pass(document)
        return cls(document, parts, await settling.adopted(document, run, parts, due), run)

    @property
    def extra_seconds(self) -> float:
        """Return the seconds that requests have beyond the usual deadline, since calls of their account may take so
        long."""
        return self._asking.extra_seconds

    @extra_seconds.setter
    def extra_seconds(self, seconds: float) -> None:
        self._asking.extra_seconds = seconds

    @property
    def outstanding(self) -> int:
        return len(self._walk.outstanding)

    def outstanding_for(self, seconds: float) -> int:
        """Return how many requests were published more than `seconds` ago and are not answered."""
        deadline = self._parts.deadline_seconds
        return self._walk.outstanding.due_before(self._clock() + deadline - seconds) if seconds < deadline else 0

    @property
    def rate_per_second(self) -> float:
        """Return this job's recent rate of ended records, per second."""
        return self._walk.rate.per_second

    @property
    def _walked(self) -> bool:
        return self._walk.cursor >= self._reach.below_seq

    @property
    def _reach(self) -> Selection:
        """Return the records that may be asked for now: those of a canary that is not passed, else all."""
        canary = open_canary(self.document)
        if canary is None:
            return self._pass.selection
        if self._canary_reach is None or self._canary_reach[0] != canary:
            self._canary_reach = (canary, self._pass.selection.between(0, canary.below_seq))
        return self._canary_reach[1]

    @property
    def _covers_all(self) -> bool:
        """Return whether nothing of the pass is beyond what may be asked for now."""
        return self._reach.below_seq >= self._pass.selection.below_seq

    @property
    def unended(self) -> int:
        """Return the number of records of the pass that have not ended; an upper bound while some above `low` have."""
        if self._walked:
            return self.outstanding
        canary = open_canary(self.document)
        size = self._pass.size if canary is None else min(canary.records, self._pass.size)
        return max(size - self._walk.totals.ended, self.outstanding)

    @property
    def demand(self) -> Demand:
        """Return what the job can use of a window: no more than its own rate allows."""
        records = self.unended if (room := self._room) is None else min(self.unended, self.outstanding + room)
        return Demand(weight=self.document["weight"], records=records)

    @property
    def _room(self) -> int | None:
        """Return how many records the job's own rate allows to ask for now; None without such a rate."""
        per_minute = self.document["records_per_minute"]
        return None if per_minute is None else self._pace.room(per_minute, self._parts.monotonic())

    def ask_all_again(self) -> None:
        """Void all requests at the next turn: the broker forgot what was published. May be called at any time."""
        self._forgotten = True

    async def settle(self) -> None:
        """Release the records that have ended since the last call. Raises StoreUnavailableError.

        In a later pass with a budget, everything that was paid before is summed anew. Where that takes long, it is done
        less often: records are released a little later then.
        """
        begun = self._parts.monotonic()
        if begun < self._next_settling:
            return
        walk = replace(self._walk, recent=self._walk.recent.since(self.document["goes"]))
        stop = failure_stop(self.document)
        of_last = 0 if stop is None else stop.of_last
        walk, ended = await settling.settled(walk, self._pass, self.job_id, self._parts, self._budget, of_last=of_last)
        now = self._parts.monotonic()
        if walk.reserve is not None and not self._pass.is_first:
            self._next_settling = now + SETTLING_PAUSE * (now - begun)
        seconds, self._settled_at = max(now - self._settled_at, 1e-3), now
        self._walk = replace(walk, rate=walk.rate.observed(ended, seconds))

    async def feed(self, share: int) -> None:
        """Ask again for records that are overdue or void, then walk on while the share allows. Raises
        LeaseLostError."""
        self._void_what_is_gone()
        if await self._wait_for_go():
            return
        await self._heed_budget()
        goes_on, reach = await self._ask_again(), self._reach
        while goes_on and (room := self._fitting(share)) > 0 and not self._walked:
            if self._walk.reserve is not None and self._walk.reserve.is_tight:
                room = 1  # whether there is room for anything again
            if self._pass.selection.count(self._walk.low, self._walk.cursor) >= LONGEST_SPAN:
                break
            step = await self._asking.first(
                self._walk, reach, self.document, self._budget, limit=room, now=self._clock()
            )
            await self._take(step, "first")
            goes_on = step.goes_on
        budget, reserve = self._budget, self._walk.reserve
        if budget is not None and reserve is not None and budget.is_used_up(reserve):
            await self._wait_for_budget(budget.reason(reserve, self.document["budget_usd"] or 0.0))

    async def go_on_if_budget_allows(self) -> bool:
        """Let a job that waits for its budget run again once its next record fits. Raises LeaseLostError."""
        if not self.out_of_budget or self._looked_at_budget == self.document["revision"]:
            return False
        await self._heed_budget()
        tight = None
        if self._budget is not None:
            tight = await budget_gate.tried(self._walk, self._reach, self.document, self._budget, self._asking)
        if self._budget is not None and tight is not None and tight.is_tight:
            self._walk = replace(self._walk, reserve=tight)
            reason = self._budget.reason(tight, self.document["budget_usd"] or 0.0)
            if reason != self.document["state_reason"]:
                await self._wait(reason, waiting_for=BUDGET)
            self._looked_at_budget = self.document["revision"]
            return False
        await self.go_on()
        log.info("job.budget.raised", job_id=self.job_id, budget_usd=self.document["budget_usd"])
        return True

    async def save(self) -> None:
        """Save the walk where the document does not hold all of it. Raises LeaseLostError."""
        await self._save(self._walk)

    async def hand_over(self) -> None:
        """Save the walk for the next holder of the lease, with the requests that could not be published. Raises
        LeaseLostError."""
        self._void_what_is_gone()
        unpublished = tuple(self._walk.outstanding.void)
        if unpublished or self._walk.unsaved or self._save_unknown:
            progress = replace(self._walk.progress(), unpublished=unpublished)
            await self._parts.writer.save(self.job_id, epoch=self.document["epoch"], progress=progress)

    async def finish_if_done(self) -> bool:
        """Complete the job when its last record has ended. Raises LeaseLostError."""
        if not self._walk.ends_below(self._pass.selection.below_seq):
            return False
        done = await settling.completed(self._walk, self._pass, self.document, self._parts)
        if done is None:
            self._walk = await settling.reopened(self._walk, self._pass, self.document, self._parts)
            return False
        await self._parts.writer.complete(self.job_id, epoch=self.document["epoch"], progress=done.progress())
        self._walk = done
        size = self.document["selection"]["size"]
        counts = totals_part(done.totals)
        log.info("job.completed", job_id=self.job_id, attempt=self._pass.attempt, size=size, **counts)
        return True

    def _void_what_is_gone(self) -> None:
        """Void the requests of an earlier epoch, and those that the broker lost."""
        walk = self._walk.forgotten() if self._forgotten else self._walk
        self._walk, self._forgotten = walk.at_epoch(self.document["epoch"]), False

    def _fitting(self, share: int) -> int:
        """Return how many records may be asked for at once: what share and rate leave, up to a batch."""
        free = min(share - self.outstanding, BATCH)
        return free if (room := self._room) is None else min(free, room)

    async def _wait_for_go(self) -> bool:
        """Let the job wait for a person where a safeguard objects, and pass a canary to which none does. Returns
        whether the job waits. Raises LeaseLostError."""
        stop, canary = failure_stop(self.document), open_canary(self.document)
        if stop is not None and (objection := stop.objection(self._walk.recent)) is not None:
            await self.save()
            await self._wait(objection, waiting_for=FAILURES)
        elif canary is not None and not self._covers_all and self._walk.ends_below(self._reach.below_seq):
            objection = await objection_of_canary(canary, self._pass, self.job_id, self._parts)
            if objection is None:
                self.document = await self._parts.writer.pass_canary(self.job_id, epoch=self.document["epoch"])
                log.info("job.canary.passed", job_id=self.job_id)
                return False
            await self.save()
            await self._wait(objection, waiting_for=CANARY)
        else:
            return False
        log.warning("job.waiting", job_id=self.job_id, reason=self.document["waiting_for"], text=objection)
        return True

    async def _ask_again(self) -> bool:
        """Ask again for records that are overdue or void. Returns False when the budget has no room for all of them."""
        while overdue := self._walk.outstanding.overdue(self._clock() - self.extra_seconds, BATCH):
            now, counted = self._clock(), not self.is_limited
            step = await self._asking.again(self._walk, self.document, self._budget, overdue, now=now, counted=counted)
            await self._take(step, "again")
            if step.requests or step.undelivered:
                counts = {"count": len(step.requests), "undelivered": len(step.undelivered)}
                log.warning("dispatch.asked_again", job_id=self.job_id, **counts)
            if not step.goes_on:
                return False
        return True

    async def _take(self, step: Step, kind: str) -> None:
        """Save the step, assign it, publish its events, and note that they are published."""
        await self._save(step.walk)
        await step.publish(self._parts, kind)
        self._walk = self._walk.published(step.published, due=step.due).held(step.held, until=step.held_until)
        self._pace.take(len(step.published))

    async def _save(self, walk: Walk) -> None:
        if walk.unsaved or self._save_unknown:
            self._save_unknown = True  # until it is acknowledged, the document may say the one or the other
            await self._parts.writer.save(self.job_id, epoch=self.document["epoch"], progress=walk.progress())
            self._save_unknown = False
        self._walk = replace(walk, unsaved=False)

    async def _heed_budget(self) -> None:
        """Keep the budget that the document names now; a new one counts what is spent and reserves money for
        outstanding requests."""
        if self.document["budget_usd"] is None:
            self._budget, self._walk = None, self._walk.with_reserve(None)
        elif self._walk.reserve is None:
            budget = JobBudget(self.document, self._parts.budgets, self._parts.deadline_seconds, self._sizes)
            walk = await budget_gate.counted(self._walk, self._pass.selection, self.document, budget, self._asking)
            self._budget, self._walk = budget, walk

    async def _wait_for_budget(self, reason: str) -> None:
        """Let the job wait, only once no request is outstanding any more: workers skip what they hold of a waiting
        job."""
        await self.save()
        await self._wait(reason, waiting_for=BUDGET)
        self._looked_at_budget = self.document["revision"]
        log.warning("job.waiting", job_id=self.job_id, reason=BUDGET, text=reason)


def _clock(document: JobDocument, parts: DispatchAdapters) -> Clock:
    """Choose the clock of deadlines: requests that need no worker fall overdue whether one is alive or not."""
    return parts.clock if document["asks_model"] else parts.monotonic
