"""People and what they hold, on a real MongoDB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from tandem.people import Credential, Person, local_person, name_only_person
from tandem.settings import MongoSettings
from tandem.store.api_keys.lasting import LastAdminKeyError
from tandem.store.api_keys.writer import ApiKeyWriter, PersonGoneError
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.people.reader import PersonReader
from tandem.store.people.writer import PersonWriter


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> PersonWriter:
    return PersonWriter(database)


def person(name: str, **more: Any) -> Person:
    made: Person = local_person(name, project_ids=(), now=utcnow())
    return made | more  # type: ignore[return-value]  # the keys are the TypedDict's


def credential(person_id: str | None, kind: str = "key", **more: Any) -> Credential:
    """Make a viewer's credential; an admin's that lasts with `role="admin"`."""
    made: dict[str, Any] = {
        "_id": uuid4().hex,
        "hash": uuid4().hex,
        "kind": kind,
        "name": "a name",
        "role": "viewer",
        "project_ids": None,
        "created_at": utcnow(),
        "expires_at": None,
        "revoked": False,
        "parent_id": None,
    }
    if person_id is not None:
        made["person_id"] = person_id
    return made | more  # type: ignore[return-value]  # the keys are the TypedDict's


async def give(database: Database, *credentials: Credential) -> None:
    for each in credentials:
        await ApiKeyWriter(database).give(each)


async def test_a_credential_of_a_new_person_and_the_person_are_written_together(database: Database) -> None:
    ada = person("Ada")
    key = credential(ada["_id"])
    await ApiKeyWriter(database).insert(credential(None, hash=key["hash"]))
    with pytest.raises(Exception, match="E11000"):
        await ApiKeyWriter(database).give(key, new_person=ada)
    assert await PersonReader(database).get(ada["_id"]) is None


async def test_a_credential_widens_what_its_person_could_ever_reach(database: Database, writer: PersonWriter) -> None:
    ada = person("Ada")
    await writer.insert(ada)
    for project_ids, expected in ((["p", "q"], ["p", "q"]), (["q", "r"], ["p", "q", "r"]), (None, None), (["p"], None)):
        await give(database, credential(ada["_id"], project_ids=project_ids))
        found = await PersonReader(database).get(ada["_id"])
        assert found is not None
        assert found["project_ids"] == expected


@pytest.mark.parametrize("who", ["unknown", "disabled", "known by name alone"])
async def test_nobody_else_gets_a_credential(database: Database, writer: PersonWriter, who: str) -> None:
    people = {"disabled": person("Ada"), "known by name alone": name_only_person("Bob", now=utcnow())}
    person_id = people[who]["_id"] if who in people else who
    if who in people:
        await writer.insert(people[who])
    if who == "disabled":
        await writer.disable(person_id, now=utcnow())
    with pytest.raises(PersonGoneError):
        await give(database, credential(person_id))
    assert await database["api_keys"].count_documents({}) == 0


async def test_disabling_ends_all_that_is_theirs_and_what_their_keys_made_and_nothing_else(
    database: Database, writer: PersonWriter
) -> None:
    ada, ben = person("Ada"), person("Ben")
    for each in (ada, ben):
        await writer.insert(each)
    key, bens = credential(ada["_id"]), credential(ben["_id"])
    await give(database, key, bens)
    await give(
        database,
        credential(ada["_id"], "login", parent_id=bens["_id"]),
        credential(ben["_id"], "login", parent_id=key["_id"]),
        credential(ben["_id"], "session", parent_id=bens["_id"], _id="stays"),
    )
    disabled = await writer.disable(ada["_id"], now=utcnow())
    assert disabled is not None
    assert disabled["disabled_at"] is not None
    left = {each["_id"] async for each in database["api_keys"].find({"revoked": False})}
    assert left == {bens["_id"], "stays"}
    assert await writer.disable(ada["_id"], now=utcnow()) == disabled, "the same again changes nothing"
    assert await writer.disable("unknown", now=utcnow()) is None
    enabled = await writer.enable(ada["_id"])
    assert enabled is not None
    assert enabled["disabled_at"] is None
    assert await database["api_keys"].count_documents({"revoked": False}) == 2, "what ended stays over"


async def test_a_key_that_an_older_version_made_is_its_own_person(database: Database, writer: PersonWriter) -> None:
    key = credential(None, role="admin")
    await writer.insert(person("admin", _id=key["_id"]))
    await ApiKeyWriter(database).insert(key)
    with pytest.raises(LastAdminKeyError):
        await writer.disable(key["_id"], now=utcnow())
    await ApiKeyWriter(database).insert(credential(None, role="admin"))
    await writer.disable(key["_id"], now=utcnow())
    assert await database["api_keys"].count_documents({"revoked": True}) == 1


async def test_the_last_admin_is_not_disabled_even_with_two_keys(database: Database, writer: PersonWriter) -> None:
    ada = person("Ada")
    await writer.insert(ada)
    await give(database, credential(ada["_id"], role="admin"), credential(ada["_id"], role="admin"))
    with pytest.raises(LastAdminKeyError):
        await writer.disable(ada["_id"], now=utcnow())
    found = await PersonReader(database).get(ada["_id"])
    assert found is not None
    assert found["disabled_at"] is None


async def test_of_admins_who_disable_each_other_at_once_one_stays(database: Database, writer: PersonWriter) -> None:
    people = [person(name) for name in ("Ada", "Ben", "Cem")]
    for each in people:
        await writer.insert(each)
        await give(database, credential(each["_id"], role="admin"))

    async def disable(person_id: str) -> bool:
        async for attempt in again_on_conflict():
            with attempt:
                try:
                    return await writer.disable(person_id, now=utcnow()) is not None
                except LastAdminKeyError:
                    return False
        raise AssertionError

    done = await asyncio.gather(*(disable(each["_id"]) for each in people))
    assert sorted(done) == [False, True, True]
    assert await database["api_keys"].count_documents({"revoked": False}) == 1


async def test_a_key_made_while_its_person_is_disabled_is_either_refused_or_ended(
    database: Database, writer: PersonWriter
) -> None:
    for _ in range(5):
        ada = person("Ada")
        await writer.insert(ada)

        async def make(person_id: str) -> None:
            async for attempt in again_on_conflict():
                with attempt:
                    await give(database, credential(person_id))

        async def disable(person_id: str) -> None:
            async for attempt in again_on_conflict():
                with attempt:
                    await writer.disable(person_id, now=utcnow())

        await asyncio.gather(make(ada["_id"]), disable(ada["_id"]), return_exceptions=True)
        assert await database["api_keys"].count_documents({"person_id": ada["_id"], "revoked": False}) == 0


async def test_people_are_listed_by_name_in_pages_and_names_are_found_by_id(
    database: Database, writer: PersonWriter
) -> None:
    people = [person(name) for name in ("Ben", "Ada", "Ada", "Cem")]
    for each in people:
        await writer.insert(each)
    await writer.insert(name_only_person("Ada", now=utcnow()))
    reader, seen, after = PersonReader(database), [], None
    while page := await reader.list(after=after, limit=1):
        seen += [each["_id"] for each in page]
        after = (page[-1]["name"], page[-1]["_id"])
    assert sorted(seen) == sorted(each["_id"] for each in people)
    assert [each["name"] for each in await reader.list()] == ["Ada", "Ada", "Ben", "Cem"]
    assert len(await reader.called("Ada")) == 2
    assert [each["source"] for each in await reader.list(names_only=True)] == ["name_only"]
    first = people[0]["_id"]
    assert await reader.names([first, None, "unknown", first]) == {first: "Ben"}
    await writer.rename(first, "Benno")
    assert await reader.name(first, "otherwise") == "Benno"
    assert await reader.name(None, "otherwise") == "otherwise"
