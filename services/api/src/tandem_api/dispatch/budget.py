"""A job's budget, enforced before money is spent: each request reserves the most that it can cost, its answer replaces
the reserve by the real cost, and nothing is sent that does not fit.

The spent sum comes from the annotations, and the reserved sum is the bound of every record that was asked for and has
not ended, so whoever takes the job over computes the same sums. Only the lingering reserve is stored with the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1
from tandem.labeling.prompts import response_format
from tandem.pricing import ModelSpend, PriceTable, RequestBound, in_dollars
from tandem.store.annotations.spending import SpendingReader
from tandem.store.jobs.documents import JobDocument, attempt_of, job_published
from tandem_api.dispatch.ledger import BudgetLedger, at_least, at_most, dollars
from tandem_api.dispatch.prompt_sizes import LONG_PATIENCE_SECONDS, PATIENCE_SECONDS, PromptSizes, UnknownSizeError
from tandem_api.dispatch.request_events import Asked
from tandem_api.dispatch.reserve import Bounded, Reserve

BUDGET = "budget"
"""The `waiting_for` of a job that used up its budget."""
_UNRENDERED_TOKENS = 64 * 1024
"""Tokens reserved for the prompt of a record that cannot be rendered here; a worker ends it as failed at no cost."""
NOTHING_FITS = -1
"""A limit in nano-dollars under which no request fits, however little it costs."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """Settings that all budgets of a dispatcher share."""

    spending: SpendingReader
    prices: PriceTable
    clock: Callable[[], float]
    paid_calls: int
    reasons: Callable[[tuple[str, str]], bool] = lambda _: False
    """Return whether a model, given with its provider, was seen to spend tokens on reasoning."""


class JobBudget:
    """The rules of one job's budget: what its requests and answers cost, and what fits. `Reserve` holds the sums."""

    def __init__(self, document: JobDocument, shared: Budgets, deadline_seconds: float, sizes: PromptSizes) -> None:
        self._sizes = sizes
        self._shared = shared
        self._job_id: str = document["_id"]
        self._deadline_seconds = deadline_seconds
        self._is_first_pass = attempt_of(document) == 1
        job = job_published(document)
        self._agent = job.agent
        self._format = response_format(job.label_schema, job.agent.confidence_strategy)
        self._bound: tuple[tuple[date, bool], RequestBound] | None = None
        self._models = [(job.agent.provider, job.agent.model)]
        if job.agent.fallback is not None:
            self._models.append((job.agent.fallback.provider, job.agent.fallback.model))

    def begun(self, lingering_usd: float) -> Reserve:
        """Return the initial reserve: `lingering_usd` stays reserved for one deadline, whatever ends."""
        ledger = BudgetLedger()
        if lingering_usd:
            ledger.linger(at_most(lingering_usd), due=self._shared.clock() + self._deadline_seconds)
        return Reserve(ledger)

    async def bounded(self, requests: Sequence[Asked]) -> Bounded:
        """Return the requests with the most that each can cost, up to the first whose prompt is not measured yet.

        The one place where prompts are measured. The wait for that is short: requests left out wait for the next
        turn.
        """
        await self._sizes.measure(requests, seconds=PATIENCE_SECONDS)
        found: list[tuple[Asked, int | None]] = []
        for request in requests:
            if isinstance(request, AnnotationRespondedV1):
                found.append((request, None))  # labels that are there cost nothing
                continue
            try:
                found.append((request, self._cost_of(self._sizes.of(request))))
            except UnknownSizeError:
                break
        return found

    async def bounded_all(self, requests: Sequence[Asked]) -> Bounded:
        """Return all requests with the most that each can cost; a prompt that cannot be measured soon counts as a long
        one."""
        await self._sizes.measure(requests, seconds=LONG_PATIENCE_SECONDS)
        return [
            (request, None if isinstance(request, AnnotationRespondedV1) else self._most(request))
            for request in requests
        ]

    async def ended(self, reserve: Reserve, seqs: Iterable[int], *, low: int, below: Sequence[ModelSpend]) -> Reserve:
        """Return the reserve after these ended; those that ended under `low` cost `below`. Also reads what was paid
        beyond the first answers. Raises StoreUnavailableError.

        In a later pass `below` are the first answers to all records, and the pass's own answers are beyond those.
        """
        seqs = list(seqs)
        single = [seq for seq in seqs if seq >= low] if self._is_first_pass else []
        costs = await self._shared.spending.of_records(self._job_id, single)
        more = await self._shared.spending.more([self._job_id])
        return reserve.settled(
            seqs,
            {seq: self._cost(rows) for seq, rows in costs.items()},
            low=low,
            below=self._cost(below),
            more=self._cost(more.get(self._job_id, ())),
        )

    def hold(self, reserve: Reserve, requests: Bounded) -> Reserve:
        """Return the reserve with money reserved for requests that are sent already, whether it fits or not."""
        now = self._shared.clock()
        return reserve.held(requests, now=now, due=now + self._deadline_seconds)

    def admit(
        self, reserve: Reserve, requests: Bounded, *, limit_usd: float, due: float
    ) -> tuple[Reserve, list[Asked]]:
        """Reserve money for as many of the first requests as fit; return the new reserve and those requests."""
        return reserve.admitted(requests, limit=self._limit(limit_usd), now=self._shared.clock(), due=due)

    def tried(self, reserve: Reserve, requests: Bounded, *, limit_usd: float) -> Reserve:
        """Return the reserve, tight if the first of the requests would not fit now."""
        return reserve.tried(requests, limit=self._limit(limit_usd), now=self._shared.clock())

    def is_used_up(self, reserve: Reserve) -> bool:
        """Return whether something did not fit, and no outstanding request can make room for it."""
        return reserve.is_used_up(self._shared.clock())

    def _limit(self, limit_usd: float) -> int:
        return NOTHING_FITS if self.unpriced else at_least(limit_usd)

    @property
    def unpriced(self) -> str | None:
        """Return a model whose price is not known, without which the budget cannot be kept."""
        return next(iter(self._request_bound.unpriced), None)

    def reason(self, reserve: Reserve, limit_usd: float) -> str:
        """Say, for people, why no more requests are sent."""
        if self.unpriced is not None:
            return (
                f"The dispatcher knows no price of {self.unpriced}, so the budget cannot be kept: give it the price "
                "file of the api (TANDEM_PRICES_FILE), or remove the budget."
            )
        next_one = in_dollars(dollars(reserve.refused or 0))
        left = max(0.0, limit_usd - reserve.spent_usd)
        return (
            f"{in_dollars(left)} of the budget of {in_dollars(limit_usd)} are left, which do not cover what the next "
            f"record could cost at most, {next_one}. Raise the budget to go on (`tandem job set JOB --budget USD`)."
        )

    def _most(self, request: AnnotationRequestedV1) -> int:
        try:
            return self._cost_of(self._sizes.of(request))
        except UnknownSizeError:
            return self._cost_of(None)

    def _cost_of(self, size: int | None) -> int:
        """Return the most that a request costs whose prompt has this size; None where it cannot be rendered."""
        bound = self._request_bound
        return at_most((bound.of_prompt(_UNRENDERED_TOKENS) if size is None else bound.of_size(size)).usd)

    @property
    def _request_bound(self) -> RequestBound:
        now = datetime.now(UTC)
        key = (now.date(), any(map(self._shared.reasons, self._models)))
        if self._bound is None or self._bound[0] != key:
            bound = RequestBound(
                self._agent,
                prices=self._shared.prices,
                at=now,
                response_format=self._format,
                paid_calls=self._shared.paid_calls,
                reasons=key[1],
            )
            self._bound = (key, bound)
        return self._bound[1]

    def _cost(self, rows: Iterable[ModelSpend]) -> int:
        """Return what these cost. Answers that a worker could not price are priced here, as if no token of them had
        been cached."""
        cost = 0
        for row in rows:
            usd = row.amount
            if row.unpriced_tokens and (price := self._shared.prices.find(row.provider, row.model, datetime.now(UTC))):
                usd = max(usd, price.most(prompt_tokens=row.prompt_tokens, completion_tokens=row.completion_tokens))
            cost += at_most(usd)
        return cost
