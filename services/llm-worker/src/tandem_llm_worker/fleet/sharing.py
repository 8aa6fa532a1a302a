"""Sharing of each account among the workers, by the reports of all of them. See docs/limits.md."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from tandem.events import AccountReported, WorkerReportedV1
from tandem.observability.metrics import ACCOUNT_CALLS_ALLOWED, ACCOUNT_SHARE, MODEL_MOST_IN_FLIGHT
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.pacing.shares import Shares
from tandem_llm_worker.providers.listing import Listed
from tandem_llm_worker.providers.refusals import refused_parameters

TICK_SECONDS = 0.25
"""Interval at which the demand, and whether the lease still holds, are checked."""
MOST_HEARD = 64
"""Most workers whose last reports are repeated in this worker's own."""
MOST_REFUSED = 1024
MOST_UNREAD = 64
"""Most own reports in flight; when the broker is away, the oldest are forgotten, and the lease lapses."""

Key = tuple[str, str]


class FleetShares:
    """Part of each account that this worker holds, in the limiters of its models.

    A new model holds nothing until the first report that claims a part of it was read back.
    """

    def __init__(
        self,
        worker: str,
        models: Iterable[Model],
        *,
        reasons: Callable[[str, str], bool] = lambda _provider, _model: False,
        listed: Callable[[str, str], Listed | None] = lambda _provider, _model: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`reasons`: whether a model that was not asked yet is known to reason: money is reserved for that. `listed`:
        what the provider's list says of a model, None where there is no list."""
        self._listed = listed
        self._worker = worker
        self._models = models
        self._reasons = reasons
        self._clock = clock
        self._shares: dict[Key, Shares] = {}
        self._sent: OrderedDict[int, float] = OrderedDict()
        self._last_reports: dict[str, int] = {}
        self._refused: OrderedDict[tuple[str, str, str], int] = OrderedDict()
        """Calls that were refused to a worker by a model, as its last report had them."""
        self.changed = asyncio.Event()
        """Set when a report should go out before its time."""

    @property
    def last_reports(self) -> dict[str, int]:
        """Other workers, with the sequence of the last report of each."""
        return self._last_reports

    def on_report(self, report: WorkerReportedV1) -> None:
        """Apply a report, in the order of the log; this worker's own too."""
        now = self._clock()
        own = report.worker == self._worker
        if own:
            sent_at = self._sent.pop(report.sequence, float("-inf"))
        else:
            self._last_reports[report.worker] = report.sequence
            self._last_reports = dict(list(self._last_reports.items())[-MOST_HEARD:])
        for said in report.accounts:
            shares = self._of((said.provider, said.model))
            if own:
                shares.read_back(claim=said.share, sent_at=sent_at, now=now)
            else:
                shares.on_report(
                    report.worker,
                    claim=said.share,
                    demand=said.demand,
                    stopping=report.stopping and not said.share,
                    now=now,
                )
                self._learn(report.worker, said)
        self._apply(now)

    def _learn(self, worker: str, said: AccountReported) -> None:
        """Learn from what others report of a model.

        A model that was not called yet begins with what others found; one that is called, with what others are refused
        for.
        """
        refused = (worker, said.provider, said.model)
        before = self._refused.pop(refused, said.refused)
        self._refused[refused] = said.refused
        if len(self._refused) > MOST_REFUSED:
            self._refused.popitem(last=False)
        model = self._model(said.provider, said.model)
        if model is None:
            return
        model.limiter.record_total(worker, said.accepted + said.in_flight)
        if said.requests_per_minute is None:
            return
        if said.accepted:
            model.limiter.adopt(said.requests_per_minute / 60)
        if said.refused > before:
            model.limiter.adopt_refused(said.requests_per_minute / 60)

    def _model(self, provider: str, name: str) -> Model | None:
        return next((each for each in self._models if (each.provider, each.name) == (provider, name)), None)

    def sending(self, sequence: int) -> None:
        """Record that a report with this sequence is about to be made."""
        self._sent[sequence] = self._clock()
        while len(self._sent) > MOST_UNREAD:
            self._sent.popitem(last=False)

    def say(self, account: AccountReported, *, leaving: bool = False) -> AccountReported:
        """Return the account with what is claimed of it and what is known of its limits."""
        key = (account.provider, account.model)
        now = self._clock()
        shares = self._of(key)
        model = self._model(*key)
        claim = 0.0 if leaving or model is None else shares.claim(now)
        if model is None:
            return account.model_copy(update={"share": claim, "demand": 0.0, "reasons": self._reasons(*key)})
        limiter = model.limiter
        limiter.set_share(shares.held(now), until=shares.until)
        listed = self._listed(*key)
        believed = limiter.allowance.believed
        found = limiter.allowance.rate_to_report
        calls = min((rate for rate in (believed.requests, found) if rate is not None), default=None)
        return account.model_copy(
            update={
                "share": claim,
                "demand": 0.0 if leaving else shares.demand,
                "in_flight": limiter.in_flight,
                "slots": limiter.useful_slots(),
                "accepted": limiter.accepted_calls,
                "refused": limiter.refused_calls,
                "requests_per_minute": None if calls is None else calls * 60,
                "tokens_per_minute": None if believed.tokens is None else believed.tokens * 60,
                "context_window": model.capabilities.context_window or (listed and listed.context_window),
                "listed": listed and listed.known,
                "alike": () if listed is None else listed.alike,
                "dropped_parameters": tuple(sorted(model.capabilities.dropped)),
                "refused_parameters": refused_parameters(model.capabilities.refusals),
                "reasons": model.capabilities.reasons,
            }
        )

    def join(self, model: Model) -> None:
        """Add a model that is asked for the first time."""
        self._of((model.provider, model.name)).demand = 1.0
        model.limiter.on_cut = self.changed.set
        self._apply(self._clock())
        self.changed.set()

    async def run(self) -> None:
        """Follow demand and leases, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(TICK_SECONDS)

    def look(self) -> None:
        """Take over what changed since the last time."""
        now = self._clock()
        for model in self._models:
            shares = self._of((model.provider, model.name))
            shares.demand = model.limiter.demand()
            if shares.wants_to_report(now):
                self.changed.set()
        self._apply(now)

    def _apply(self, now: float) -> None:
        for model in self._models:
            shares = self._of((model.provider, model.name))
            held = shares.held(now)
            model.limiter.set_share(held, until=shares.until)
            ACCOUNT_SHARE.labels(model.provider, model.name).set(held)
            MODEL_MOST_IN_FLIGHT.labels(model.provider, model.name).set(model.limiter.max_in_flight)
            allowed = model.limiter.allowance.rates.requests
            if allowed is not None:
                ACCOUNT_CALLS_ALLOWED.labels(model.provider, model.name).set(allowed)

    def _of(self, key: Key) -> Shares:
        found = self._shares.get(key)
        if found is None:
            found = self._shares[key] = Shares()
        return found
