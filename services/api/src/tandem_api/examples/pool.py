"""The verified records that examples are drawn from: the newest of a project's jobs, kept in memory for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from tandem.events import AgentSpec, DrawnBy, DrawnExamples, Example, LabelSchemaSpec
from tandem.labeling.read_back import ReadBack
from tandem.labeling.values import problem_with
from tandem.observability.logs import get_logger
from tandem.store.annotations.verified import VerifiedAnnotation, VerifiedReader
from tandem.store.jobs.reader import JobReader
from tandem.store.records.documents import RecordDocument
from tandem.store.records.reader import RecordReader
from tandem.text.embeddings import Embeddings, EmbeddingsMissing, Floats, load_embeddings
from tandem_api.examples.choosing import Balanced, ExampleTarget, Nearest, Verified

log = get_logger(__name__)

MOST_VERIFIED = 2000
"""The newest decisions that a pool looks at."""
MOST_RECORD_BYTES = 8 * 1024
"""Bytes of the longest record that can be an example."""
MOST_POOL_BYTES = 4 * 1024 * 1024
MOST_POOLS = 16
REFRESH_SECONDS = 30.0
_EMBEDDED_CHARACTERS = 4000
"""Characters of a record's text that are embedded."""

NO_EXAMPLES = (
    "There is no verified record to draw examples from yet, so records are asked for without; verify some labels of "
    "jobs with this label schema."
)

_Key: TypeAlias = tuple[str, str, str | None, tuple[str, ...]]


@dataclass(slots=True)
class _Pool:
    verified: list[Verified]
    read_at: float
    chooser: dict[str | None, Balanced] = field(default_factory=dict)
    nearest: Nearest | None = None


class ExamplePools:
    """Draws the examples of agents that want them drawn. Methods that read raise StoreUnavailableError."""

    def __init__(
        self,
        *,
        jobs: JobReader,
        verified: VerifiedReader,
        records: RecordReader,
        clock: Callable[[], float] = time.monotonic,
        embeddings: Callable[[], Embeddings] = load_embeddings,
    ) -> None:
        self._jobs = jobs
        self._verified = verified
        self._records = records
        self._clock = clock
        self._embeddings = cache(embeddings)
        self._pools: OrderedDict[_Key, _Pool] = OrderedDict()

    async def draw(
        self, project_id: str, agent: AgentSpec, label_schema: LabelSchemaSpec, records: Iterable[RecordDocument]
    ) -> tuple[Mapping[int, tuple[Example, ...]], str | None]:
        """Draw the examples of each record; return them by seq, and the reason why there are none, if so. An agent that
        draws none gets none."""
        drawn = agent.drawn_examples
        wanted = list(records)
        if drawn is None or not wanted:
            return {}, None
        pool = await self._pool(project_id, drawn, label_schema)
        if not pool.verified:
            return {}, NO_EXAMPLES
        try:
            return await asyncio.to_thread(self._chosen, pool, drawn, label_schema, wanted), None
        except EmbeddingsMissing as error:
            return {}, f"Examples cannot be drawn by likeness, so records are asked for without: {error}"

    async def size(self, project_id: str, drawn: DrawnExamples, label_schema: LabelSchemaSpec) -> int:
        """Return how many records there are to draw from."""
        return len((await self._pool(project_id, drawn, label_schema)).verified)

    def _chosen(
        self, pool: _Pool, drawn: DrawnExamples, label_schema: LabelSchemaSpec, records: Sequence[RecordDocument]
    ) -> Mapping[int, tuple[Example, ...]]:
        wanted = [ExampleTarget(record["dataset_id"], record["seq"], record["content_hash"]) for record in records]
        if drawn.by is DrawnBy.NEAREST:
            embed = self._embeddings().vectors
            if pool.nearest is None:
                pool.nearest = Nearest(pool.verified, embed([_text(each.example.fields) for each in pool.verified]))
            vectors: Floats = embed([_text(record["fields"]) for record in records])
            found = pool.nearest.draw(wanted, vectors, drawn.count)
            return {each.seq: tuple(examples) for each, examples in zip(wanted, found, strict=True)}
        if drawn.task not in pool.chooser:
            pool.chooser[drawn.task] = Balanced(pool.verified, label_schema, drawn.task)
        balanced = pool.chooser[drawn.task]
        return {each.seq: tuple(balanced.draw(each, drawn.count)) for each in wanted}

    async def _pool(self, project_id: str, drawn: DrawnExamples, label_schema: LabelSchemaSpec) -> _Pool:
        key = (project_id, label_schema.label_schema_id, drawn.dataset_id, drawn.job_ids)
        known = self._pools.get(key)
        now = self._clock()
        if known is not None and now - known.read_at < REFRESH_SECONDS:
            self._pools.move_to_end(key)
            return known
        verified = await self._read(project_id, drawn, label_schema)
        if known is not None and verified == known.verified:
            known.read_at = now  # with all that was made of it
            return known
        self._pools[key] = _Pool(verified, now)
        self._pools.move_to_end(key)
        while len(self._pools) > MOST_POOLS:
            self._pools.popitem(last=False)
        return self._pools[key]

    async def _read(self, project_id: str, drawn: DrawnExamples, label_schema: LabelSchemaSpec) -> list[Verified]:
        job_ids = list(drawn.job_ids) or await self._jobs.with_label_schema(project_id, label_schema.name)
        decided = await self._verified.newest(job_ids, dataset_id=drawn.dataset_id, limit=MOST_VERIFIED)
        by_dataset: dict[str, list[VerifiedAnnotation]] = {}
        for each in decided:
            by_dataset.setdefault(each.dataset_id, []).append(each)
        texts: dict[tuple[str, int], RecordDocument] = {}
        for dataset_id, theirs in by_dataset.items():
            found = await self._records.get_many(dataset_id, {each.seq for each in theirs})
            texts |= {(dataset_id, seq): record for seq, record in found.items()}
        read_back = ReadBack(label_schema)
        pool: dict[str, Verified] = {}
        size = 0
        for each in decided:  # the newest first: of equal contents it is the one that holds
            record = texts.get((each.dataset_id, each.seq))
            if record is None or record["content_hash"] in pool:
                continue
            if (verified := _verified(record, each, label_schema, read_back)) is not None and size < MOST_POOL_BYTES:
                pool[record["content_hash"]] = verified
                size += verified.size
        return list(pool.values())


def _verified(
    record: RecordDocument, annotation: VerifiedAnnotation, label_schema: LabelSchemaSpec, read_back: ReadBack
) -> Verified | None:
    """Return the verified record. None where the record is too long, the values do not cover all tasks of this version
    of the schema, or they cannot be shown so that they are read as they are meant."""
    fields, size = record["fields"], sum(len(text.encode()) for text in record["fields"].values())
    if size > MOST_RECORD_BYTES:
        return None
    example = Example.model_validate({"fields": fields, "values": annotation.values})
    for task in label_schema.tasks:
        value = example.values.get(task.name)
        if value is None or problem_with(task, value, fields) is not None:
            return None
    if read_back.misread(example) is not None:
        return None
    return Verified(record["dataset_id"], record["seq"], record["content_hash"], example, size)


def _text(fields: Mapping[str, str]) -> str:
    return "\n".join(fields.values())[:_EMBEDDED_CHARACTERS]
