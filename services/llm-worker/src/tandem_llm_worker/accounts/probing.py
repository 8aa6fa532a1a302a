"""Finds out whether stopped accounts take calls again, as long as somebody wants them to."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Container

from tandem.events import AccountState, ErrorKind, JobPublishedV1, JobState
from tandem.messaging import JobTable
from tandem.observability.metrics import ACCOUNT_PROBES
from tandem_llm_worker.accounts.account import Account, AccountKey, Accounts
from tandem_llm_worker.accounts.outages import OUTAGES, in_words
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict

Probe = Callable[[str, str], Awaitable[object]]
"""The smallest call to a model of a provider. Raises CallFailed."""


def wanted_accounts(jobs: JobTable) -> set[AccountKey]:
    """Return the accounts that running and waiting jobs need."""
    wanting = (JobState.RUNNING, JobState.WAITING)
    agents = [job.agent for job in jobs.live() if job.state in wanting and job.asks_model]
    wanted = {(agent.provider, agent.model) for agent in agents}
    return wanted | {(each.fallback.provider, each.fallback.model) for each in agents if each.fallback is not None}


class ProbeOnJobs:
    """Has a stopped account probed at once when a job that needs it is new, or is resumed by a person."""

    def __init__(self, accounts: Accounts, prober: Prober) -> None:
        self._accounts = accounts
        self._prober = prober
        self._epochs: dict[str, int] = {}

    def __call__(self, job: JobPublishedV1) -> None:
        if not job.state.is_live:
            self._epochs.pop(job.job_id, None)
            return
        if self._epochs.get(job.job_id, 0) < job.epoch:
            self._epochs[job.job_id] = job.epoch
            if not job.asks_model:
                return
            account = self._accounts.of(job.agent.provider, job.agent.model)
            if account is not None:
                account.probe_now()
        self._prober.wake()


class Prober:
    """Makes a minimal call to each stopped account that is wanted, at growing intervals; one success heals it."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        probe: Probe,
        wanted: Callable[[], Container[AccountKey]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accounts = accounts
        self._probe = probe
        self._wanted = wanted
        self._clock = clock
        self._woken = asyncio.Event()
        accounts.on_change.append(lambda _: self.wake())

    def wake(self) -> None:
        """Look again now: the wanted accounts, or the state of one, changed."""
        self._woken.set()

    async def run(self) -> None:
        """Probe stopped accounts until cancelled."""
        while True:
            self._woken.clear()
            wanted = self._wanted()
            stopped = [a for a in self._accounts if a.state is AccountState.STOPPED and a.key in wanted]
            now = self._clock()
            due = [account for account in stopped if account.probe_at <= now]
            if due:
                await asyncio.gather(*(self._try(account) for account in due))
                continue
            next_at = min((account.probe_at for account in stopped), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if next_at is None else next_at - now):
                    await self._woken.wait()

    async def _try(self, account: Account) -> None:
        result = "ok"
        try:
            await self._probe(*account.key)
        except CallFailed as failed:
            result = failed.kind.value
            if failed.verdict is CallVerdict.STOPPED and failed.kind is not ErrorKind.RATE_LIMITED:
                account.probe_failed(failed.kind.value, failed.message)
            elif failed.kind in OUTAGES and account.news.reason in OUTAGES:  # still down, be it otherwise
                account.probe_failed(failed.kind.value, in_words(failed))
            elif failed.status is None or failed.status >= 500:  # says nothing about the account
                account.probe_failed()
            else:  # it took the call, only to complain about something else
                self._accounts.healed(account)
        else:
            self._accounts.healed(account)
        ACCOUNT_PROBES.labels(*account.key, result).inc()
