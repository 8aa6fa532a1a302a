"""Operations on subsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tandem.jobs import Selection, SelectionTooLargeError
from tandem.people import Caller
from tandem.store.database import utcnow
from tandem.store.jobs.documents import selection_part
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.store.subsets.documents import SubsetDocument
from tandem.store.subsets.reader import SubsetReader
from tandem.store.subsets.writer import SubsetWriter
from tandem.web import Problem, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.subsets.definitions import Definition, Found
from tandem_api.resources.subsets.evaluating import Evaluator
from tandem_api.resources.subsets.schemas import Subset, SubsetCount, SubsetCreate, SubsetPage

MOST_BYTES = 6 * 1024 * 1024
"""Largest set: a job's document, which holds 16 MiB, may have one of its own and one of its last pass."""


class SubsetService:
    def __init__(
        self,
        *,
        reader: SubsetReader,
        writer: SubsetWriter,
        datasets: DatasetService,
        records: RecordReader,
        evaluator: Evaluator,
        people: PersonReader,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._datasets = datasets
        self._records = records
        self._evaluator = evaluator
        self._people = people

    async def create(self, dataset_id: str, body: SubsetCreate, caller: Caller) -> Subset:
        """Save the selected records. Raises a Problem where there are none, or the name is taken."""
        dataset = await self._datasets.reachable(dataset_id, caller)
        selected = await self._evaluator.select(dataset, body.definition, caller)
        selection = selected.records
        size = await self._records.count(dataset_id, selection) if selection else 0
        if not size:
            raise Problem(
                422,
                "invalid-subset",
                "No record matches the definition.",
                field="definition",
                cure="Count other definitions before you save one.",
            )
        _check_size(selection)
        document: SubsetDocument = {
            "_id": uuid4().hex,
            "project_id": dataset["project_id"],
            "dataset_id": dataset_id,
            "name": body.name,
            "selection": selection_part(selection, size),
            "definition": _kept(body.definition),
            "created_at": utcnow(),
            "created_by": caller.name,
            "created_by_id": caller.person_id,
        }
        if not await self._writer.insert(document):
            raise Problem(
                409,
                "name-taken",
                f"The data set has a subset {body.name!r} already.",
                field="name",
                cure="Give it another name.",
            )
        return _view(document, {}).model_copy(update={"blind": selected.blind})

    async def count(self, dataset_id: str, definition: Definition, caller: Caller) -> SubsetCount:
        """Count the selected records."""
        dataset = await self._datasets.reachable(dataset_id, caller)
        selected = await self._evaluator.select(dataset, definition, caller)
        return SubsetCount(records=await self._records.count(dataset_id, selected.records), blind=selected.blind)

    async def list(self, dataset_id: str, caller: Caller, *, after: str | None, limit: int) -> SubsetPage:
        await self._datasets.reachable(dataset_id, caller)
        (name,) = decode_cursor(after, str) if after else ("",)
        found = await self._reader.list(dataset_id, after=name, limit=limit + 1)
        page, following = cut(found, limit, lambda subset: (subset["name"],))
        names = await self._people.names(subset["created_by_id"] for subset in page)
        return SubsetPage(items=[_view(subset, names) for subset in page], next=following)

    async def get(self, subset_id: str, caller: Caller) -> Subset:
        subset = await self._reachable(subset_id, caller)
        return _view(subset, await self._people.names([subset["created_by_id"]]))

    async def delete(self, subset_id: str, caller: Caller) -> None:
        await self._reachable(subset_id, caller)
        await self._writer.delete(subset_id)

    async def _reachable(self, subset_id: str, caller: Caller) -> SubsetDocument:
        subset = await self._reader.get(subset_id)
        if subset is None or not caller.reaches(subset["project_id"]):
            raise not_found("subset", subset_id)
        return subset


def _kept(definition: Definition) -> dict[str, Any]:
    """Return the definition as it is kept: without defaults, an expression in its text form."""
    kept = definition.model_dump(mode="json", exclude_defaults=True) | {"kind": definition.kind}
    return kept | {"where": definition.text} if isinstance(definition, Found) else kept


def _check_size(selection: Selection) -> None:
    try:
        if selection.is_range or len(selection.to_bytes()) <= MOST_BYTES:
            return
    except SelectionTooLargeError:
        pass
    raise Problem(
        422,
        "invalid-subset",
        f"The {len(selection):,} records are scattered too widely to be kept as one set.",
        field="definition",
        cure="Make several subsets.",
    )


def _view(subset: SubsetDocument, names: Mapping[str, str]) -> Subset:
    created_by = names.get(subset["created_by_id"], subset["created_by"])
    return Subset.of({**subset, "size": subset["selection"]["size"], "created_by": created_by})
