"""Jobs by the account that they need: the ones that wait for it, and the window on each account."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from tandem.observability import metrics
from tandem.observability.logs import get_logger
from tandem.store.jobs.dispatch_writer import LeaseLostError
from tandem_api.dispatch.fed_job import PROMPT
from tandem_api.dispatch.feeder import JobFeeder
from tandem_api.dispatch.fleet import Account, FleetView
from tandem_api.dispatch.settings import DispatchSettings
from tandem_api.dispatch.window import Ceiling, late_after, share_window, usable, widen, window_size

log = get_logger(__name__)

JUST_HEALED_SECONDS = 3.0
"""For this many seconds after an account recovered, reports of requests handed back are attributed to the time
before."""


class Waiting:
    """Moves jobs between running and waiting, and voids handed-back requests so that they are sent again."""

    def __init__(
        self, fleet: FleetView, settings: DispatchSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fleet = fleet
        self._settings = settings
        self._clock = clock
        self._unwell: dict[Account, float] = {}
        self._ceilings: defaultdict[Account, Ceiling] = defaultdict(Ceiling)
        self._to_ask: set[str] = set()
        self._sized = clock()

    async def judge(self, feeders: Iterable[JobFeeder]) -> list[str]:
        """Move every job whose account changed. Returns the jobs whose lease was lost. Raises StoreUnavailableError."""
        calling = [(feeder, account) for feeder in feeders if (account := feeder.account) is not None]
        self._note_handed_back(calling)  # first, since what was counted is counted once, whatever fails below
        lost = []
        for feeder, account in calling:
            needed = self._fleet.answer_seconds(account, feeder.fallback)
            feeder.extra_seconds = max(0.0, needed - self._settings.deadline_seconds)
            within = self._settings.deadline_seconds + feeder.extra_seconds
            feeder.is_limited = self._fleet.is_limited(account, within=within)
            try:
                if not await self._refuse(feeder):
                    await self._judge(feeder, account)
            except LeaseLostError:
                lost.append(feeder.job_id)
        return lost

    def windows(self, feeders: Mapping[str, JobFeeder]) -> dict[str, int]:
        """Return how many requests each job may have outstanding: a window for each account, and one for the jobs that
        need none, shared by weight."""
        now = self._clock()
        seconds, self._sized = now - self._sized, now
        by_account: defaultdict[Account | None, list[JobFeeder]] = defaultdict(list)
        for feeder in feeders.values():
            by_account[feeder.account].append(feeder)
        shares: dict[str, int] = {}
        for account, theirs in by_account.items():
            window = self._settings.max_window
            demands = {feeder.job_id: feeder.demand for feeder in theirs}
            if account is not None:
                window = self._ceilings[account].apply(self._window(account, theirs), seconds)
                slots = max(self._fleet.slots(account), self._settings.min_window)
                soon = {feeder.job_id: feeder.rate_per_second * self._window_seconds for feeder in theirs}
                demands = usable(demands, slots=slots, soon=soon)
            parts = share_window(window, demands)
            if account is not None and not self._ceilings[account].is_low:
                parts = {feeder.job_id: self._widened(feeder, parts[feeder.job_id]) for feeder in theirs}
            shares |= parts
        metrics.DISPATCH_WINDOW.set(sum(shares.values()))
        return shares

    @property
    def _window_seconds(self) -> float:
        """Return how many seconds of completions are kept outstanding: more while the workers cannot fetch."""
        return self._settings.window_seconds + (self._settings.rebalance_seconds if self._fleet.is_unsettled else 0.0)

    def _widened(self, feeder: JobFeeder, share: int) -> int:
        rate = feeder.rate_per_second
        late = feeder.outstanding_for(late_after(share, rate))
        return widen(share, late=late, completed_per_second=rate, largest=self._settings.max_window)

    def _window(self, account: Account, feeders: Sequence[JobFeeder]) -> int:
        return window_size(
            completed_per_second=sum(feeder.rate_per_second for feeder in feeders),
            call_slots=self._fleet.slots(account),
            seconds=self._window_seconds,
            smallest=self._settings.min_window,
            largest=self._settings.max_window,
        )

    def _note_handed_back(self, calling: Sequence[tuple[JobFeeder, Account]]) -> None:
        """Note the jobs whose requests are to be sent again, since requests of their account were handed back."""
        outstanding: dict[Account, int] = defaultdict(int)
        for feeder, account in calling:
            outstanding[account] += feeder.outstanding
        handed_back = {account: self._look_at(account, count) for account, count in outstanding.items()}
        self._to_ask &= {feeder.job_id for feeder, _ in calling}
        self._to_ask |= {feeder.job_id for feeder, account in calling if handed_back[account]}

    def _look_at(self, account: Account, outstanding: int) -> int:
        """Return how many requests of the account were handed back lately. Requests of jobs that wait for it are sent
        again in any case, when the account has recovered."""
        count = self._fleet.take_handed_back(account)
        if self._fleet.obstacle(account) is not None:
            self._unwell[account] = self._clock()
            self._ceilings.pop(account, None)
            return count
        well_for = self._clock() - self._unwell.get(account, float("-inf"))
        if count and well_for > JUST_HEALED_SECONDS:
            self._ceilings[account].handed_back(count, outstanding=outstanding)
        return count

    async def _refuse(self, feeder: JobFeeder) -> bool:
        """Let a job wait whose agent's templates the workers do not render. Returns whether there is such a refusal."""
        refusal = self._fleet.refusal(feeder.agent_id)
        if refusal is None or not (feeder.running or feeder.waiting):
            return False
        await feeder.refuse(refusal)
        log.warning("job.waiting", job_id=feeder.job_id, reason=PROMPT, text=refusal)
        return True

    async def _judge(self, feeder: JobFeeder, account: Account) -> None:
        """Move the job to the state that its account requires. Notes about it are cleared once the move is written."""
        obstacle = self._fleet.in_the_way(account, feeder.fallback)
        if obstacle is not None and (feeder.running or feeder.waiting):
            if not feeder.waiting or feeder.document["state_reason"] != obstacle.text:
                await feeder.wait(obstacle.text)
                log.warning("job.waiting", job_id=feeder.job_id, reason=obstacle.reason, text=obstacle.text)
            self._to_ask.discard(feeder.job_id)
            return
        if feeder.waiting:
            if obstacle is None and self._fleet.alive and self._fleet.all_reported:
                await feeder.go_on()
                self._to_ask.discard(feeder.job_id)
                log.info("job.goes_on", job_id=feeder.job_id, epoch=feeder.document["epoch"])
            return
        if feeder.running:
            await self._report_refused(feeder, account)
        if (
            feeder.running
            and feeder.job_id in self._to_ask
            and await feeder.ask_anew(self._clock(), not_within=self._settings.ask_anew_seconds)
        ):
            self._to_ask.discard(feeder.job_id)
            log.info("dispatch.handed_back", job_id=feeder.job_id, epoch=feeder.document["epoch"])

    async def _report_refused(self, feeder: JobFeeder, account: Account) -> None:
        """Have a running job report what differs from its agent's settings."""
        unsure = without = None
        if refused := self._fleet.refused(account):
            unsure, without = feeder.refused(refused)
        said = [text for text in (self._fleet.degradation_note(account, feeder.fallback), unsure, without) if text]
        if await feeder.set_note(" ".join(said) or None, without_confidence=unsure):
            log.warning(
                "job.note_changed", job_id=feeder.job_id, text=feeder.document["state_reason"] or "all is well again"
            )
