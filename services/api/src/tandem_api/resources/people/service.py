"""Operations on people, and the choice of the person that a credential is made for."""

from __future__ import annotations

from tandem.observability.logs import get_logger
from tandem.people import Caller, local_person, reaches_no_more
from tandem.people import Person as PersonRecord
from tandem.store.api_keys.lasting import LastAdminKeyError
from tandem.store.conflicts import again_on_conflict
from tandem.store.database import utcnow
from tandem.store.people.reader import PersonReader
from tandem.store.people.writer import PersonWriter
from tandem.web import Problem, not_found
from tandem_api.paging import cut, decode_cursor
from tandem_api.resources.people.schemas import Person, PersonCreate, PersonPage, PersonUpdate

MOST_NAMESAKES = 20

_log = get_logger(__name__)


class PeopleService:
    """All methods but `namesakes` and `named` are for admins who reach all projects."""

    def __init__(self, reader: PersonReader, writer: PersonWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def list(self, caller: Caller, *, after: str | None, limit: int, names_only: bool) -> PersonPage:
        caller.require_all_projects()
        behind = None
        if after:
            name, person_id = decode_cursor(after, str, str)
            behind = (name, person_id)
        found = await self._reader.list(after=behind, limit=limit + 1, names_only=names_only)
        page, following = cut(found, limit, lambda person: (person["name"], person["_id"]))
        return PersonPage(items=[Person.of(person) for person in page], next=following)

    async def create(self, body: PersonCreate, caller: Caller) -> Person:
        """Make a person, even where somebody has that name: who makes one by hand means another one."""
        caller.require_all_projects()
        # Nobody has given them a credential: an admin of any projects may be the first to.
        person = local_person(body.name, project_ids=(), now=utcnow())
        await self._writer.insert(person)
        return Person.of(person)

    async def get(self, person_id: str, caller: Caller) -> Person:
        caller.require_all_projects()
        return _shown(await self._reader.get(person_id), person_id)

    async def rename(self, person_id: str, body: PersonUpdate, caller: Caller) -> Person:
        caller.require_all_projects()
        return _shown(await self._writer.rename(person_id, body.name), person_id)

    async def disable(self, person_id: str, caller: Caller) -> Person:
        """End all credentials of a person. Raises Problem 409 when nobody could make keys without them."""
        caller.require_all_projects()
        person: PersonRecord | None = None
        try:
            async for attempt in again_on_conflict(or_unavailable=True):
                with attempt:
                    person = await self._writer.disable(person_id, now=utcnow())
        except LastAdminKeyError as error:
            raise Problem(
                409,
                "last-admin-key",
                "Nobody else has an admin key that lasts: one that reaches all projects and never expires. Without "
                "this person, nobody could make keys once the others expire.",
                field="person_id",
                cure="Make a key with the role admin for somebody else, without project_ids and expires_at. Then "
                "disable this person.",
            ) from error
        _log.info("people.disabled", person_id=person_id, by_id=caller.person_id)
        return _shown(person, person_id)

    async def enable(self, person_id: str, caller: Caller) -> Person:
        caller.require_all_projects()
        return _shown(await self._writer.enable(person_id), person_id)

    async def named(self, person_id: str, caller: Caller) -> PersonRecord:
        """Return the person whom `caller` may give a credential. Raises a Problem of the field person_id."""
        person = await self._reader.get(person_id)
        if person is None or not (person_id == caller.person_id or reaches_no_more(person, caller.project_ids)):
            cure = "List people with GET /people (tandem people list), or give a name in place of the id."
            raise Problem(422, "no-such-person", f"There is no person {person_id!r}.", field="person_id", cure=cure)
        return person

    async def check_is_new(self, name: str, caller: Caller) -> None:
        """Raise Problem 409 when people of this name can log in already: a name cannot say whether one is meant."""
        called = [one for one in await self._reader.called(name) if reaches_no_more(one, caller.project_ids)]
        if not called:
            return
        told = [{"id": one["_id"], "created_at": one["created_at"].isoformat()} for one in called[:MOST_NAMESAKES]]
        who = "Somebody is" if len(called) == 1 else f"{len(called)} people are"
        raise Problem(
            409,
            "name-of-somebody",
            f"{who} called {name!r} already.",
            field="name",
            cure=f"If it is the same person, give person_id, e.g. {called[0]['_id']} (tandem login-link --person ID). "
            "If it is somebody else of that name, give new_person: true (--new-person).",
            people=told,
        )


def _shown(person: PersonRecord | None, person_id: str) -> Person:
    if person is None:
        raise not_found("person", person_id)
    return Person.of(person)
