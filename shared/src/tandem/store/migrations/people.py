"""Give credentials their people, and documents the ids of people where they hold names.

Ids are derived, so that two replicas make the same: a person has the id that their credentials and decisions carried
already (that of their API key or login link). A document that holds a name alone gets the person who is known by that
name alone (`name_only_person`), never one who can log in: two people may have shared the name. The names stay in the
documents: replicas of the older version read them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from pymongo.errors import DuplicateKeyError

from tandem.people.credentials import Credential, person_behind, person_id_of
from tandem.people.person import NAME_ONLY_PREFIX, Person, local_person, name_only_person
from tandem.store.database import Collection, Database, Document, store_errors, utcnow
from tandem.store.migrations.runner import Migration, MigrationLease

_LACKS = {"$exists": False}


async def give_people(database: Database, lease: MigrationLease) -> Mapping[str, int]:
    """Write the people of all credentials and decisions, and the ids that documents lack."""
    run = _Run(database, lease)
    await run.people_of_credentials()
    await run.people_of_decisions()
    await run.ids_in_small_collections()
    await run.ids_of_imports()
    await run.ids_of_decisions()
    return run.changed


PEOPLE = Migration("0001-people", give_people)


class _Run:
    def __init__(self, database: Database, lease: MigrationLease) -> None:
        self._database = database
        self._lease = lease
        self.changed: Counter[str] = Counter()

    async def people_of_credentials(self) -> None:
        keys = self._database["api_keys"]
        async with store_errors():
            found = cast("list[Credential]", await keys.find().to_list(None))
        by_person: dict[str, list[Credential]] = {}
        for credential in found:
            by_person.setdefault(person_id_of(credential), []).append(credential)
        for person_id, credentials in by_person.items():
            await self._ensure(person_behind(person_id, credentials))
        await self._update(keys, {"person_id": _LACKS}, [{"$set": {"person_id": "$_id"}}])

    async def people_of_decisions(self) -> None:
        """Write those who decided and have no credential any more. Only admins of all projects may name them."""
        async with store_errors():
            deciders = set(await self._database["verifications"].distinct("decided_by_id"))
            known = {person["_id"] async for person in self._database["people"].find({}, {"_id": 1})}
        for person_id in sorted(deciders - known - {None}):
            async with store_errors():
                decision = await self._database["verifications"].find_one({"decided_by_id": person_id})
            if decision is not None and not person_id.startswith(NAME_ONLY_PREFIX):
                person = local_person(decision["decided_by"], project_ids=None, now=decision["decided_at"])
                await self._ensure({**person, "_id": person_id})

    async def ids_in_small_collections(self) -> None:
        for collection in ("jobs", "review_orders"):
            await self._ids(collection, {"created_by_id": _LACKS}, "created_by")

    async def ids_of_imports(self) -> None:
        """Go through data sets, each with its last hundred imports."""
        datasets = self._database["datasets"]
        names: list[Document] = [
            {"$unwind": "$imports"},
            {"$match": {"imports.committed_by_id": _LACKS}},
            {"$group": {"_id": "$imports.committed_by"}},
        ]
        async for group in self._aggregate("datasets", names):
            person_id = await self._person_called(group["_id"])
            lacking = {"one.committed_by": group["_id"], "one.committed_by_id": _LACKS}
            await self._update(
                datasets,
                {"imports": {"$elemMatch": {"committed_by": group["_id"], "committed_by_id": _LACKS}}},
                {"$set": {"imports.$[one].committed_by_id": person_id}},
                array_filters=[lacking],
            )

    async def ids_of_decisions(self) -> None:
        """Go through what people decided: `verifications` by the index of people, the rest job by job."""
        await self._ids("verifications", {"decided_by_id": None}, "decided_by")
        async for job in self._find("jobs"):
            decided = {"job_id": job["_id"], "state": "decided", "decided_by_id": None}
            await self._ids("review_items", decided, "decided_by")
            verified = {
                "job_id": job["_id"],
                "verification.decided_at": {"$exists": True},
                "verification.decided_by_id": None,
            }
            hint = "job_id_1_verification.decided_at_-1_seq_-1"
            await self._ids("annotations", verified, "verification.decided_by", hint=hint)

    async def _ids(self, collection: str, lacking: Document, field: str, *, hint: str | None = None) -> None:
        """Set `{field}_id` in the documents that lack it, by the name in `field`."""
        names: list[Document] = [{"$match": {**lacking, field: {"$type": "string"}}}, {"$group": {"_id": f"${field}"}}]
        async for group in self._aggregate(collection, names, hint=hint):
            person_id = await self._person_called(group["_id"])
            more: dict[str, Any] = {} if hint is None else {"hint": hint}
            await self._update(
                self._database[collection],
                {**lacking, field: group["_id"]},
                {"$set": {f"{field}_id": person_id}},
                **more,
            )

    async def _person_called(self, name: str) -> str:
        person = name_only_person(name, now=utcnow())
        await self._ensure(person)
        return person["_id"]

    async def _ensure(self, person: Person) -> None:
        await self._lease.keep()
        content = {name: value for name, value in person.items() if name != "_id"}
        async with store_errors():
            try:
                result = await self._database["people"].update_one(
                    {"_id": person["_id"]}, {"$setOnInsert": content}, upsert=True
                )
            except DuplicateKeyError:
                return  # an api beside this one was as quick
        self.changed["people"] += result.upserted_id is not None

    async def _update(self, collection: Collection, query: Document, change: Any, **more: Any) -> None:
        await self._lease.keep()
        async with store_errors():
            result = await collection.update_many(query, change, **more)
        self.changed[collection.name] += result.modified_count

    async def _aggregate(
        self, collection: str, stages: list[Document], *, hint: str | None = None
    ) -> AsyncIterator[Document]:
        more: dict[str, Any] = {} if hint is None else {"hint": hint}
        async with store_errors():
            async for group in self._database[collection].aggregate(stages, allowDiskUse=True, **more):
                yield group

    async def _find(self, collection: str) -> AsyncIterator[Document]:
        async with store_errors():
            async for document in self._database[collection].find({}, {"_id": 1}).sort("_id", 1):
                yield document
