"""State of the accounts: what stops one, and what heals it. An account is a model of a provider.

There are two kinds of trouble. The account's own (no quota, a long Retry-After, server errors) is the same for all
workers: they report it to each other, and the newest report wins. A rejected key, a provider that cannot be reached and
answers that time out may be one worker's own (its key, its DNS, its network): each worker finds out, and heals, alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tandem.events import AccountReported, AccountState, AgentSpec, ErrorKind, WorkerReportedV1
from tandem.observability.logs import get_logger
from tandem.observability.metrics import ACCOUNT_PROBES, ACCOUNT_STATE, ACCOUNT_STOPS, HANDED_BACK
from tandem.observability.series import start_at_zero
from tandem_llm_worker.accounts.outages import OUTAGES
from tandem_llm_worker.providers.errors import AccountStopped, CallFailed, CallVerdict
from tandem_llm_worker.settings import ProbeSettings

AccountKey: TypeAlias = tuple[str, str]
"""The names of a provider and of a model."""

ACCOUNT_STOPPED = "account_stopped"
NOT_STARTED = "not_started"
CROWDED = "crowded"
LIMITED = "limited"
"""Why requests are handed back unanswered."""
RETRY_AFTER = "retry_after"
_SHARED = frozenset({ErrorKind.QUOTA_EXHAUSTED.value, RETRY_AFTER, ErrorKind.SERVER_ERROR.value})
_BAD_KEY = 401
"""A rejected key holds for all models of a provider; a 403 may concern one of them only."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """State of an account, since when it holds, and whether this worker saw it itself."""

    state: AccountState
    at: float
    reason: str = ""
    message: str = ""
    until: float | None = None
    own: bool = True


class Account:
    """Account as this worker sees it. A pause ends by the clock, a stop by a call that succeeds."""

    def __init__(
        self,
        key: AccountKey,
        settings: ProbeSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        start_at_zero(ACCOUNT_STOPS, [key[0]], [key[1]], (*ErrorKind, RETRY_AFTER))
        start_at_zero(HANDED_BACK, [key[0]], [key[1]], (ACCOUNT_STOPPED, CROWDED, LIMITED, NOT_STARTED))
        start_at_zero(ACCOUNT_PROBES, [key[0]], [key[1]], ("ok", *ErrorKind))
        self.key = key
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._news = News(AccountState.OK, float("-inf"), own=False)
        self._failures = 0
        self.probe_at = float("inf")
        """Time at which the next probe of a stopped account is due."""
        self.handed_back = 0
        """Number of requests returned to the dispatcher unanswered since the start."""
        self._show()

    @property
    def state(self) -> AccountState:
        news = self._news
        if news.state is AccountState.PAUSED and news.until is not None and self._clock() >= news.until:
            self._take(News(AccountState.OK, news.until, own=False))
        return self._news.state

    @property
    def is_ok(self) -> bool:
        return self._news.state is AccountState.OK or self.state is AccountState.OK

    @property
    def news(self) -> News:
        return self._news

    def stop(self, reason: str, message: str) -> bool:
        """Accept no more calls until a probe succeeds. Return False if the stop was known already."""
        if self.state is AccountState.STOPPED:
            return False
        now = self._clock()
        relapsed = now - self._news.at < 2 * self._settings.max_seconds  # healed lately: no reason to ask more often
        self._failures = self._failures + 1 if relapsed else 0
        self._take(News(AccountState.STOPPED, now, reason, message))
        self._plan(now)
        ACCOUNT_STOPS.labels(*self.key, reason).inc()
        _log.error("account.stopped", provider=self.key[0], model=self.key[1], reason=reason, message=message)
        return True

    def pause(self, message: str, seconds: float) -> bool:
        """Pause the account for `seconds`, as the provider demands. Return False if the pause was known already."""
        now = self._clock()
        until = now + min(seconds, self._settings.max_pause_seconds)
        known = self.state
        if known is AccountState.STOPPED or (known is AccountState.PAUSED and (self._news.until or 0.0) >= until - 1.0):
            return False
        self._take(News(AccountState.PAUSED, now, RETRY_AFTER, message, until))
        ACCOUNT_STOPS.labels(*self.key, RETRY_AFTER).inc()
        _log.error("account.paused", provider=self.key[0], model=self.key[1], seconds=round(seconds), message=message)
        return True

    def heal(self) -> bool:
        """Accept calls again: one that began after the stop succeeded. Return False if the account was OK."""
        if self.is_ok:
            return False
        self._take(News(AccountState.OK, self._clock()))
        _log.warning("account.healed", provider=self.key[0], model=self.key[1])
        return True

    def probe_failed(self, reason: str = "", message: str = "") -> None:
        """Record a probe that failed; the next one follows after a longer interval."""
        if self.is_ok:
            return
        now = self._clock()
        before = self._news
        self._take(News(AccountState.STOPPED, now, reason or before.reason, message or before.message))
        self._failures += 1
        self._plan(now)

    def probe_now(self) -> None:
        """Schedule the next probe for now."""
        if self.state is AccountState.STOPPED:
            self.probe_at = min(self.probe_at, self._clock())

    def on_report(self, said: AccountReported) -> None:
        """Apply the state that another worker reports, if it is newer and concerns what is the same for all workers."""
        if said.observed_seconds_ago is None:
            return
        now = self._clock()
        at = now - said.observed_seconds_ago
        mine = self._news
        if at <= mine.at or (mine.state is AccountState.STOPPED and mine.reason not in _SHARED):
            return
        if said.state is AccountState.OK:
            if not self.is_ok:
                self._take(News(AccountState.OK, at, own=False))
        elif said.reason in _SHARED:
            until = None if said.resumes_in_seconds is None else now + said.resumes_in_seconds
            self._take(News(said.state, at, said.reason, said.message, until, own=False))
            if said.state is AccountState.STOPPED:
                self._plan(now)

    def report(self) -> AccountReported:
        now = self._clock()
        state, news = self.state, self._news
        return AccountReported(
            provider=self.key[0],
            model=self.key[1],
            state=state,
            reason=news.reason,
            message=news.message[:400],
            resumes_in_seconds=None if news.until is None else max(0.0, news.until - now),
            observed_seconds_ago=max(0.0, now - news.at) if news.own else None,
            handed_back=self.handed_back,
        )

    def _plan(self, now: float) -> None:
        settings = self._settings
        # a provider that is down comes back without its operator, and a call that it does not accept costs nothing
        most = settings.outage_max_seconds if self._news.reason in OUTAGES else settings.max_seconds
        longest = min(most, settings.first_seconds * 2.0 ** min(self._failures, 30))
        self.probe_at = now + longest * self._jitter(0.75, 1.25)

    def _take(self, news: News) -> None:
        self._news = news
        self._show()

    def _show(self) -> None:
        for state in AccountState:
            ACCOUNT_STATE.labels(*self.key, state.value).set(self._news.state is state)


class Accounts:
    """The accounts that this worker was asked for. `on_change` is called with each one that stops, pauses or heals."""

    def __init__(
        self,
        providers: tuple[str, ...],
        settings: ProbeSettings,
        *,
        worker: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers = frozenset(providers)
        self._settings = settings
        self._worker = worker
        self._clock = clock
        self._accounts: dict[AccountKey, Account] = {}
        self.on_change: list[Callable[[Account], None]] = []

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def of(self, provider: str, model: str) -> Account | None:
        """Return the account; None for a provider that this worker has no settings for."""
        found = self._accounts.get((provider, model))
        if found is None and provider in self._providers:
            found = self._accounts[provider, model] = Account((provider, model), self._settings, clock=self._clock)
            for other in self._accounts.values():
                if other.key[0] == provider and _is_bad_key(other):
                    found.stop(other.news.reason, other.news.message)
                    break
        return found

    def knows(self, provider: str) -> bool:
        return provider in self._providers

    def standing_in_the_way(self, agent: AgentSpec) -> Account | None:
        """Return the account that keeps the agent from answering; None if it, or its fallback, can answer."""
        account = self.of(agent.provider, agent.model)
        if account is None or account.is_ok:
            return None
        fallback = agent.fallback
        if fallback is not None and (known := self.known_stop(*account.key)) is not None and known.kind in fallback.on:
            second = self.of(fallback.provider, fallback.model)
            return None if second is not None and second.is_ok else second or account
        return account

    def stopped(self, stopped: AccountStopped) -> None:
        """Stop or pause the account that a call found stopped."""
        if stopped.kind is ErrorKind.RATE_LIMITED:
            account = self.of(stopped.provider, stopped.model)
            if account is not None and account.pause(stopped.message, stopped.retry_after or 0.0):
                self._changed(account)
            return
        everything = stopped.kind is ErrorKind.AUTHENTICATION and stopped.status == _BAD_KEY
        self.of(stopped.provider, stopped.model)
        for account in list(self):
            its_own = account.key == (stopped.provider, stopped.model)
            concerned = its_own or (everything and account.key[0] == stopped.provider)
            if concerned and account.stop(stopped.kind.value, stopped.message):
                self._changed(account)

    def healed(self, account: Account) -> None:
        """Heal an account after a successful probe; a key that is accepted for one model is accepted for all."""
        same_key = [a for a in self if _is_bad_key(account) and a.key[0] == account.key[0] and _is_bad_key(a)]
        for each in {a.key: a for a in (account, *same_key)}.values():
            if each.heal():
                self._changed(each)

    def on_report(self, report: WorkerReportedV1) -> None:
        """Apply what another worker reports of accounts that are known here."""
        if report.worker == self._worker:
            return
        for said in report.accounts:
            account = self.of(said.provider, said.model) if said.state is not AccountState.OK else None
            account = account or self._accounts.get((said.provider, said.model))
            if account is None:
                continue
            before = account.state
            account.on_report(said)
            if account.state is not before:
                self._changed(account)

    def known_stop(self, provider: str, model: str) -> AccountStopped | None:
        """Return why a call to the model is not worth making now; None if it is."""
        account = self._accounts.get((provider, model))
        if account is None or account.is_ok:
            return None
        kind = ErrorKind.RATE_LIMITED if account.news.reason == RETRY_AFTER else ErrorKind(account.news.reason)
        return AccountStopped(provider, model, CallFailed(kind, CallVerdict.STOPPED, account.news.message))

    def _changed(self, account: Account) -> None:
        for callback in self.on_change:
            callback(account)


def _is_bad_key(account: Account) -> bool:
    news = account.news
    return (
        news.state is AccountState.STOPPED
        and news.reason == ErrorKind.AUTHENTICATION.value
        and news.message.endswith(f"({_BAD_KEY})")
    )
