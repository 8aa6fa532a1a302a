"""Estimates of calls and jobs, from records of the data set, the price table and the workers' reports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.jobs import Selection
from tandem.pricing import REASONING_ROOM, CallSizes, PriceTable, Range, estimate
from tandem.rendering.pool import RendererPool
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.store.workers.reader import WorkerReader
from tandem_api.planning.estimates.measuring import Measure
from tandem_api.planning.estimates.schemas import Between, CallEstimate, CountedBy, JobEstimate
from tandem_api.workers.accounts import KnownAccount, known_account

SAMPLED_RECORDS = 200
_PARTS = 10
_MOST_CHARACTERS = 2_000_000
"""Characters of all records that are drawn to be measured, at most."""


class Estimator:
    def __init__(
        self, *, records: RecordReader, workers: WorkerReader, prices: PriceTable, renderers: RendererPool
    ) -> None:
        self._records = records
        self._workers = workers
        self._prices = prices
        self._renderers = renderers

    async def of_calls(
        self,
        agent: AgentSpec,
        label_schema: LabelSchemaSpec,
        records: Sequence[RecordDocument],
        drawn: Mapping[int, Sequence[Example]],
    ) -> list[CallEstimate]:
        """Estimate the first call for each of the records, with these examples drawn for it. Raises PromptError."""
        sizes = await Measure(agent, label_schema, self._renderers).sizes(records, drawn)
        price = self._prices.find(agent.provider, agent.model, datetime.now(UTC))
        found = []
        for prompt in sizes.prompts:
            of_one = estimate(replace(sizes, prompts=[prompt]), records=1, price=price, limits=None, model=_name(agent))
            found.append(
                CallEstimate(
                    prompt_tokens=Between.whole(of_one.prompt_tokens),
                    output_tokens=Between.whole(of_one.output_tokens),
                    counted_by=_counted_by(sizes),
                    usd=None if of_one.usd is None else Between.exactly(of_one.usd),
                    note=of_one.note,
                )
            )
        return found

    async def account(self, provider: str, model: str) -> KnownAccount:
        """Return what the workers report of the model."""
        return known_account(await self._workers.live(), provider, model)

    async def sizes(
        self, agent: AgentSpec, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
    ) -> CallSizes:
        """Return the sizes of the calls for these records. Raises PromptError."""
        return await Measure(agent, label_schema, self._renderers).sizes(records)

    def of_job(
        self,
        agent: AgentSpec,
        sizes: CallSizes,
        account: KnownAccount,
        *,
        size: int,
        call_seconds: float | None = None,
    ) -> JobEstimate:
        """Estimate a job over `size` records; the measured ones were drawn by `spread`. `call_seconds`: duration of a
        call of this agent that was made just now."""
        if account.reasons or agent.parameters.reasoning_effort is not None:
            sizes = replace(sizes, answer=sizes.answer + Range(0, 0, REASONING_ROOM))
        price = self._prices.find(agent.provider, agent.model, datetime.now(UTC))
        found = estimate(
            sizes, records=size, price=price, limits=account.limits, model=_name(agent), call_seconds=call_seconds
        )
        return JobEstimate.of_estimate(found, _counted_by(sizes))

    async def spread(
        self, dataset_id: str, selection: Selection, *, count: int = SAMPLED_RECORDS
    ) -> list[RecordDocument]:
        """Return up to `count` of the selected records, evenly spread over them and always the same; at least one where
        there is any."""
        if len(selection) <= count:
            return await self._records.walk(dataset_id, selection, count)
        step = len(selection) / count
        ranks = [int(step * (number + _fraction(dataset_id, number))) for number in range(count)]
        seqs = [selection.slice(rank, rank + 1).from_seq for rank in ranks]
        found: dict[int, RecordDocument] = {}
        for part in range(_PARTS):  # each as evenly spread; where records are long, fewer are read
            found |= await self._records.get_many(dataset_id, seqs[part::_PARTS])
            if sum(len(text) for record in found.values() for text in record["fields"].values()) > _MOST_CHARACTERS:
                break
        return [found[seq] for seq in sorted(found)] or await self._records.walk(dataset_id, selection, count)


def _fraction(dataset_id: str, number: int) -> float:
    """Return a number in [0, 1), where in its stretch a record is drawn, so that periodic data do not coincide with the
    steps."""
    digest = hashlib.blake2b(f"{dataset_id}:{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _counted_by(sizes: CallSizes) -> CountedBy:
    return "vocabulary" if sizes.counted else "estimate"


def _name(agent: AgentSpec) -> str:
    return f"{agent.provider}/{agent.model}"
