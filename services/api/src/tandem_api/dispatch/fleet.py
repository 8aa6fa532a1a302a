"""State of the accounts from the workers' reports: who takes calls, how many, and what was handed back. Pure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from tandem.events import AccountReported, AccountState, RefusedParameter, WorkerReportedV1

Account: TypeAlias = tuple[str, str]
"""A provider's name and a model's."""

UNKNOWN_PROVIDER = "unknown_provider"
_KINDS = {"retry_after": "rate_limited"}
"""Reasons of accounts that have another name as the outcome of a record."""
_OF_A_WORKER = frozenset({"connection", "timeout"})
"""Reasons that may lie with a worker: its DNS, its network."""
_GRAVITY = {AccountState.OK: 0, AccountState.PAUSED: 1, AccountState.STOPPED: 2}
_FORGOTTEN_SECONDS = 3600.0
CALLS_IN_TURN = 2
"""Calls of full length that the deadline of a request leaves room for."""
UNSETTLED_SECONDS = 15.0
"""After a worker came, went or fell silent, the consumer group shares its partitions out anew within so long."""
_ON_ITS_OWN = "The job goes on by itself."
_FALLBACK_ANSWERS = "The agent's fallback model answers meanwhile."
_FIRST_ALONE = (
    "It has the agent's fallback model: until it takes calls again, records that need it keep what the first one gives."
)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an account takes no calls: `reason` is a word (an ErrorKind, `retry_after` …), `text` is for people."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class FallbackAccount:
    """The account of an agent's fallback model, and the outcomes for which it is called."""

    account: Account
    on: Collection[str]


class FleetView:
    """The accounts as the live workers see them together.

    An account is in the state of the worst live worker's report: requests are spread over all workers by their keys, so
    one that cannot call would leave its part undone. Workers receive each other's reports, hence agree within a second
    on trouble of the account itself; trouble of one worker alone (a bad key) ends when it is fixed or the worker is
    gone.
    """

    def __init__(
        self,
        *,
        listen_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set up the fleet. `listen_seconds`: how long to listen, from the first report on, before silence counts as
        good news."""
        self._listen_seconds = listen_seconds
        self._clock = clock
        self._now = now
        self._first_heard: float | None = None
        self._members: frozenset[str] = frozenset()
        self._changed_at = float("-inf")
        self._live: Sequence[WorkerReportedV1] = ()
        self._counts: dict[tuple[str, Account], tuple[int, float]] = {}
        self._risen: Counter[Account] = Counter()
        self._refused: dict[tuple[str, Account], int] = {}
        self._limited_at: dict[Account, float] = {}
        self._obstacles: dict[Account, tuple[tuple[AccountState, str, str], Obstacle]] = {}
        self._reasoning: set[Account] = set()
        self._timeouts: dict[str, float] = {}

    def on_report(self, live: Sequence[WorkerReportedV1]) -> None:
        """Store the last reports of all workers that are alive."""
        self._live = live
        now = self._clock()
        members = frozenset(report.worker for report in live)
        if members != self._members:
            self._members, self._changed_at = members, now
        if live and self._first_heard is None:
            self._first_heard = now
        if said := {provider for report in live for provider in report.timeouts}:
            self._timeouts |= {name: max(report.timeouts.get(name, 0.0) for report in live) for name in said}
        for report, account in self._accounts():
            key = (report.worker, (account.provider, account.model))
            before, _ = self._counts.get(key, (0, now))
            if account.handed_back > before:
                self._risen[key[1]] += account.handed_back - before
            if account.handed_back > before or account.refused > self._refused.get(key, 0):
                self._limited_at[key[1]] = now
            self._counts[key] = (max(before, account.handed_back), now)
            self._refused[key] = account.refused
            if account.reasons:
                self._reasoning.add(key[1])
        if len(self._counts) > 1000:
            oldest = now - _FORGOTTEN_SECONDS
            self._counts = {key: entry for key, entry in self._counts.items() if entry[1] >= oldest}
            self._refused = {key: count for key, count in self._refused.items() if key in self._counts}

    @property
    def alive(self) -> bool:
        return bool(self._live)

    @property
    def is_unsettled(self) -> bool:
        """Say whether workers came or went lately, so that the consumer group shares its partitions out anew."""
        return self._clock() - self._changed_at < UNSETTLED_SECONDS

    @property
    def all_reported(self) -> bool:
        """Return whether every worker that is alive had time to report."""
        return self._first_heard is not None and self._clock() - self._first_heard >= self._listen_seconds

    def obstacle(self, account: Account) -> Obstacle | None:
        """Return what keeps the account from taking calls; None also where no worker is alive, which says nothing about
        it."""
        found = self._lacking(account) or self._worst(account)
        if found is None:
            self._obstacles.pop(account, None)
        return found

    def in_the_way(self, account: Account, fallback: FallbackAccount | None) -> Obstacle | None:
        """Return what keeps records from being answered, the fallback model included, as the workers report it."""
        found = self.obstacle(account)
        if found is None or fallback is None or _KINDS.get(found.reason, found.reason) not in fallback.on:
            return found
        return self.obstacle(fallback.account)

    def degradation_note(self, account: Account, fallback: FallbackAccount | None) -> str | None:
        """Return the note for a job that runs although one of its agent's two models takes no calls."""
        if fallback is None:
            return None
        if (found := self.obstacle(account)) is not None:
            return f"{found.text.removesuffix(_ON_ITS_OWN)}{_FALLBACK_ANSWERS}"
        found = self.obstacle(fallback.account)
        return None if found is None else f"{found.text.removesuffix(_ON_ITS_OWN)}{_FIRST_ALONE}"

    def refusal(self, agent_id: str) -> str | None:
        """Return why a worker does not render the templates of this agent version, for people; None while all do."""
        found = next(
            (report.refused_agents[agent_id] for report in self._live if agent_id in report.refused_agents), None
        )
        if found is None:
            return None
        return (
            f"The llm-workers do not render this agent's templates: {found.removesuffix('.')}. Cancel the job, make a "
            "new version of the agent with simpler templates, and start a job with that; or have the limits of "
            "TANDEM_RENDERING raised, and resume."
        )

    def refused(self, account: Account) -> tuple[RefusedParameter, ...]:
        """Return the parameters that the account refuses, as the live workers report."""
        return tuple(
            refused
            for _, said in self._accounts()
            if said.refused_parameters and (said.provider, said.model) == account
            for refused in said.refused_parameters
        )

    def reasons(self, account: Account) -> bool:
        """Return whether a worker ever reported that the model spends tokens on reasoning; a new worker has yet to see
        it."""
        return account in self._reasoning

    def slots(self, account: Account) -> int:
        """Return the number of calls that the live workers can usefully have in flight on the account, all together."""
        provider, model = account
        total = 0
        for report in self._live:
            said = next((a.slots for a in report.accounts if (a.provider, a.model) == (provider, model)), 0)
            total += said or report.slots
        return total

    def take_handed_back(self, account: Account) -> int:
        """Return how many requests were handed back since the last call."""
        return self._risen.pop(account, 0)

    def answer_seconds(self, account: Account, fallback: FallbackAccount | None) -> float:
        """Return how long an answer may take a worker: a call that fails at its timeout and one more, for each of the
        agent's models. 0 where no worker reported a timeout."""
        providers = [account[0]] if fallback is None else [account[0], fallback.account[0]]
        return sum(CALLS_IN_TURN * self._timeouts.get(provider, 0.0) for provider in providers)

    def is_limited(self, account: Account, *, within: float) -> bool:
        """Return whether calls were refused for their rate, or requests handed back, in the last `within` seconds.

        A record that is not answered in that time waits for the account, and not for a worker that lost it.
        """
        return self._clock() - self._limited_at.get(account, float("-inf")) <= within

    def _accounts(self) -> Iterator[tuple[WorkerReportedV1, AccountReported]]:
        return ((report, account) for report in self._live for account in report.accounts)

    def _lacking(self, account: Account) -> Obstacle | None:
        provider, _ = account
        without = sorted(
            report.worker for report in self._live if report.providers and provider not in report.providers
        )
        if not without:
            return None
        if len(without) == len(self._live):
            who = f"No llm-worker knows a provider named {provider!r}."
        else:
            who = f"The llm-worker {without[0]} knows no provider named {provider!r} (others do)."
        return Obstacle(UNKNOWN_PROVIDER, f"{who} Add it to TANDEM_PROVIDERS of all llm-workers. {_ON_ITS_OWN}")

    def _worst(self, account: Account) -> Obstacle | None:
        seen = [(report, said) for report, said in self._accounts() if (said.provider, said.model) == account]
        if not seen:
            return None
        report, worst = max(seen, key=lambda each: _GRAVITY[each[1].state])
        if worst.state is AccountState.OK:
            return None
        alone = report.worker if any(said.state is AccountState.OK for _, said in seen) else ""
        key = (worst.state, worst.reason, alone if worst.reason in _OF_A_WORKER else "")
        known = self._obstacles.get(account)
        if known is not None and known[0] == key:
            return known[1]  # the same words as long as it is the same trouble
        obstacle = Obstacle(worst.reason, _in_words(worst, self._now(), worker=key[2]))
        self._obstacles[account] = (key, obstacle)
        return obstacle


def _in_words(  # noqa: PLR0911 - one return a case
    said: AccountReported, now: datetime, *, worker: str = ""
) -> str:
    """Return the text for people. `worker`: the worker that is concerned, where others are not."""
    where = f"Provider {said.provider}"
    quoted = f" ({said.message.rstrip('.')})" if said.message else ""
    match said.reason:
        case "quota_exhausted":
            return (
                f"{where} has no quota left for {said.model}{quoted}. Add credit or raise the account's limit. "
                f"{_ON_ITS_OWN}"
            )
        case "authentication":
            return f"{where} refuses the llm-workers' key{quoted}. Set a valid key and restart them. {_ON_ITS_OWN}"
        case "connection":
            who = f"The llm-worker {worker} cannot" if worker else "The llm-workers cannot"
            others = "; others can" if worker else ""
            return (
                f"{who} reach provider {said.provider}{quoted}{others}. Start it, or check its base_url and the "
                f"network. {_ON_ITS_OWN}"
            )
        case "server_error":
            return f"{where} answers calls to {said.model} with errors{quoted}. Check the provider. {_ON_ITS_OWN}"
        case "timeout":
            who = f" from the llm-worker {worker}" if worker else ""
            return (
                f"{where} answers no call to {said.model}{who} in time{quoted}. Check the provider; if its answers "
                f"take that long, raise its timeout_seconds. {_ON_ITS_OWN}"
            )
        case "retry_after":
            until = ""
            if said.resumes_in_seconds:
                until = f" until about {now + timedelta(seconds=said.resumes_in_seconds):%H:%M} UTC"
            return f"{where} wants no calls to {said.model}{until}{quoted}. {_ON_ITS_OWN}"
        case "not_started":
            return (
                f"No call to {said.model} of {where[0].lower()}{where[1:]} can start at present{quoted}. {_ON_ITS_OWN}"
            )
        case _:
            word = "stopped" if said.state is AccountState.STOPPED else "paused"
            return f"{where} is {word} for {said.model}{quoted}. {_ON_ITS_OWN}"
