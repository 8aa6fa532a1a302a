"""A job's budget, kept before the money is spent: each request is set aside at the most that it can cost, its answer
settles it at what it did cost, and nothing goes out that does not fit.

What is spent is summed from the annotations, what is set aside is the bound of every record that was asked for and has
not ended, so whoever takes the job over comes to the same sums. Kept with the job is only what lingers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1
from tandem.labeling.prompts import response_format
from tandem.pricing import ModelSpend, PriceTable, RequestBound, in_dollars
from tandem.store.annotations.spending import SpendingReader
from tandem.store.jobs.documents import JobDocument, job_published
from tandem_api.dispatch.ledger import Ledger, at_least, at_most, dollars
from tandem_api.dispatch.prompt_sizes import PromptSizes, UnknownSizeError
from tandem_api.dispatch.requests import Asked

BUDGET = "budget"
"""What a job that used up its budget is `waiting_for`."""
_UNRENDERED_TOKENS = 64 * 1024
"""Set aside for the prompt of a record that cannot be rendered here; a worker fails it unpaid."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """What all budgets of a dispatcher share."""

    spending: SpendingReader
    prices: PriceTable
    clock: Callable[[], float]
    paid_calls: int
    reasons: Callable[[tuple[str, str]], bool] = lambda _: False
    """Whether a model, given with its provider, was seen to spend tokens on reasoning."""


class JobBudget:
    """The budget of one job whose lease is held here; `limit_usd` may be changed at any time."""

    def __init__(
        self, document: JobDocument, limit_usd: float, shared: Budgets, deadline_seconds: float, sizes: PromptSizes
    ) -> None:
        """`sizes`: has measured what is given to `admit`; what it has not is left for the next time."""
        self._sizes = sizes
        self.limit_usd = limit_usd
        self._shared = shared
        self._job_id: str = document["_id"]
        self._deadline_seconds = deadline_seconds
        self._ledger = Ledger()
        if lingering := document["dispatch"].get("lingering_usd"):
            self._ledger.linger(at_most(lingering), due=shared.clock() + deadline_seconds)
        self._below = 0
        self._above: dict[int, int] = {}
        self._more = 0
        self._refused: int | None = None
        job = job_published(document)
        self._agent = job.agent
        self._format = response_format(job.label_schema, job.agent.confidence_strategy)
        self._bound: tuple[tuple[date, bool], RequestBound] | None = None
        self._models = [(job.agent.provider, job.agent.model)]
        if job.agent.fallback is not None:
            self._models.append((job.agent.fallback.provider, job.agent.fallback.model))

    @property
    def spent_usd(self) -> float:
        return dollars(self._spent)

    @property
    def reserved_usd(self) -> float:
        return dollars(self._ledger.reserved)

    @property
    def lingering_usd(self) -> float:
        """Of what is reserved: for requests that were asked for again before their deadline."""
        return dollars(self._ledger.lingering)

    @property
    def is_tight(self) -> bool:
        """The last that wanted to go out did not fit."""
        return self._refused is not None

    @property
    def is_used_up(self) -> bool:
        """Something did not fit, and nothing is under way that could make room for it."""
        return self._refused is not None and not self._ledger.may_free(self._shared.clock())

    @property
    def _spent(self) -> int:
        return self._below + self._more + sum(self._above.values())

    async def ended(self, seqs: Iterable[int], *, low: int, below: Sequence[ModelSpend]) -> None:
        """These have ended; what ended under `low` cost `below`. Also asks what was paid beyond the first answers.

        Raises StoreUnavailableError; nothing has changed then.
        """
        seqs = list(seqs)
        costs = await self._shared.spending.of_records(self._job_id, [seq for seq in seqs if seq >= low])
        more = await self._shared.spending.more([self._job_id])
        self._above |= {seq: self._cost(rows) for seq, rows in costs.items()}
        self._above = {seq: cost for seq, cost in self._above.items() if seq >= low}
        self._below = self._cost(below)
        self._more = self._cost(more.get(self._job_id, ()))
        self._ledger.settle(seqs)

    def hold(self, requests: Iterable[Asked]) -> None:
        """Set aside for requests that are out already, whether it fits or not."""
        now = self._shared.clock()
        for request in requests:
            if not isinstance(request, AnnotationRespondedV1):
                self._ledger.hold(request.seq, self._most(request), due=now + self._deadline_seconds, now=now)

    def admit(self, requests: Sequence[Asked], *, due: float) -> list[Asked]:
        """The first of the requests, as many as fit; what they can cost is set aside."""
        now = self._shared.clock()
        self._ledger.expire(now)
        self._refused = None
        spent, limit = self._spent, at_least(self.limit_usd)
        admitted: list[Asked] = []
        for request in requests:
            if isinstance(request, AnnotationRespondedV1):
                admitted.append(request)  # labels that are there cost nothing
                continue
            try:
                cost = self._cost_of(self._sizes.of(request))
            except UnknownSizeError:
                break
            if self.unpriced or not self._ledger.fits(request.seq, cost, spent=spent, limit=limit, now=now):
                self._refused = cost
                break
            self._ledger.hold(request.seq, cost, due=due, now=now)
            admitted.append(request)
        return admitted

    def allows(self, request: Asked) -> bool:
        """Whether this one would fit now."""
        if isinstance(request, AnnotationRespondedV1):
            return True
        now = self._shared.clock()
        self._ledger.expire(now)
        self._refused = cost = self._most(request)
        limit = at_least(self.limit_usd)
        return not self.unpriced and self._ledger.fits(request.seq, cost, spent=self._spent, limit=limit, now=now)

    @property
    def unpriced(self) -> str | None:
        """A model whose price is not known, without which the budget cannot be kept."""
        return next(iter(self._request_bound.unpriced), None)

    @property
    def reason(self) -> str:
        """Why nothing more goes out, for people."""
        if self.unpriced is not None:
            return (
                f"The dispatcher knows no price of {self.unpriced}, so the budget cannot be kept: give it the price "
                "file of the api (TANDEM_PRICES_FILE), or take the budget away."
            )
        next_one = in_dollars(dollars(self._refused or 0))
        return (
            f"The budget of {in_dollars(self.limit_usd)} is used up: {in_dollars(self.spent_usd)} are spent, and the "
            f"next record could cost up to {next_one}. Raise the budget to go on."
        )

    def _most(self, request: AnnotationRequestedV1) -> int:
        try:
            return self._cost_of(self._sizes.of(request))
        except UnknownSizeError:
            return self._cost_of(None)

    def _cost_of(self, size: int | None) -> int:
        """What a request costs at most whose prompt has this size; None: it cannot be rendered, or is not yet."""
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
        """What a worker could not price is priced here, as if nothing of it had been cached."""
        cost = 0
        for row in rows:
            usd = row.amount
            if row.unpriced_tokens and (price := self._shared.prices.find(row.provider, row.model, datetime.now(UTC))):
                usd = max(usd, price.most(prompt_tokens=row.prompt_tokens, completion_tokens=row.completion_tokens))
            cost += at_most(usd)
        return cost
