"""Operations on data sets, except imports."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from tandem.jobs import Selection
from tandem.people import Caller
from tandem.store.database import NameTakenError, utcnow
from tandem.store.datasets.documents import DatasetDocument
from tandem.store.datasets.reader import DatasetReader
from tandem.store.datasets.writer import DatasetWriter
from tandem.store.people.reader import PersonReader
from tandem.store.records.reader import RecordReader
from tandem.web import Problem, differs_by_case, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.datasets.importing import Importer
from tandem_api.resources.datasets.schemas import Dataset, DatasetCreate, DatasetPage, Record, RecordPage
from tandem_api.resources.projects.service import ProjectService


class DatasetService:
    def __init__(  # noqa: PLR0917 - made in one place
        self,
        reader: DatasetReader,
        writer: DatasetWriter,
        records: RecordReader,
        projects: ProjectService,
        importer: Importer,
        people: PersonReader,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._records = records
        self._projects = projects
        self.importer = importer
        self._people = people

    async def create(self, project_id: str, body: DatasetCreate, caller: Caller) -> Dataset:
        await self._projects.reachable(project_id, caller)
        if (other := await self._reader.in_other_case(project_id, body.name)) is not None:
            raise differs_by_case("data set", body.name, other)
        document: DatasetDocument = {
            "_id": uuid4().hex,
            "project_id": project_id,
            "name": body.name,
            "fields": [],
            "gold_tasks": [],
            "record_count": 0,
            "visible_below": 0,
            "import_lease": None,
            "imports": [],
            "created_at": utcnow(),
            "created_by_id": caller.person_id,
        }
        try:
            await self._writer.insert(document)
        except NameTakenError as error:
            raise Problem(
                409,
                "name-taken",
                f"The project has a data set named {body.name!r} already.",
                field="name",
                cure="Choose another name, or import into that data set.",
            ) from error
        try:
            await self._projects.check_is_still_there(project_id)
        except Problem:
            await self._writer.delete_empty(document["_id"])
            raise
        return (await self._shown([document]))[0]

    async def in_project(self, project_id: str, caller: Caller) -> None:
        """Check that the caller reaches the project. Raises a 404 problem otherwise."""
        await self._projects.reachable(project_id, caller)

    async def delete(self, dataset_id: str, caller: Caller) -> None:
        """Delete a data set without records, into which nothing is being imported."""
        await self.reachable(dataset_id, caller)
        if await self._writer.delete_empty(dataset_id):
            await self.importer.forget(dataset_id)
            return
        dataset = await self.reachable(dataset_id, caller)
        if dataset["visible_below"] == 0:
            raise Problem(
                409,
                "import-running",
                f"An import into the data set {dataset['name']!r} is under way.",
                cure="Wait until it has ended, then try again.",
                headers={"Retry-After": "5"},
            )
        raise Problem(
            409,
            "not-empty",
            f"The data set {dataset['name']!r} has {dataset['record_count']:,} records.",
            cure="Leave it; its records and their labels cannot be deleted this way.",
        )

    async def list(self, project_id: str, caller: Caller, *, after: str | None, limit: int) -> DatasetPage:
        await self._projects.reachable(project_id, caller)
        name = decode_cursor(after, str)[0] if after else ""
        found = await self._reader.list(project_id, after=name, limit=limit + 1)
        page, following = cut(found, limit, lambda document: (document["name"],))
        return DatasetPage(items=[*await self._shown(page)], next=following)

    async def get(self, dataset_id: str, caller: Caller) -> Dataset:
        return (await self._shown([await self.reachable(dataset_id, caller)]))[0]

    async def records(self, dataset_id: str, caller: Caller, *, after: int, limit: int) -> RecordPage:
        dataset = await self.reachable(dataset_id, caller)
        found = await self._records.walk(
            dataset_id, Selection.range(0, dataset["visible_below"]), limit + 1, start=after + 1
        )
        following = str(found[limit - 1]["seq"]) if len(found) > limit else None
        return RecordPage(items=[Record.model_validate(document) for document in found[:limit]], next=following)

    async def record(self, dataset_id: str, seq: int, caller: Caller) -> Record:
        dataset = await self.reachable(dataset_id, caller)
        found = await self._records.get(dataset_id, seq) if seq < dataset["visible_below"] else None
        if found is None:
            raise not_found("record with seq", str(seq))
        return Record.model_validate(found)

    async def _shown(self, datasets: Sequence[DatasetDocument]) -> Sequence[Dataset]:
        """Show data sets with the names of those who imported into them, all in one query."""
        ids = (each.get("committed_by_id") for dataset in datasets for each in dataset["imports"])
        names = await self._people.names(ids)
        return [
            Dataset.of(
                {
                    **dataset,
                    "imports": [
                        {**each, "committed_by": names.get(each.get("committed_by_id", ""), each["committed_by"])}
                        for each in dataset["imports"]
                    ],
                }
            )
            for dataset in datasets
        ]

    async def reachable(self, dataset_id: str, caller: Caller) -> DatasetDocument:
        """Return the data set, if it exists in a project that the caller reaches. Raises a 404 problem otherwise."""
        document = await self._reader.get(dataset_id)
        if document is None or not caller.reaches(document["project_id"]):
            raise not_found("data set", dataset_id)
        return document
