"""People whom a campaign or a certificate names as its readers."""

from __future__ import annotations

from collections.abc import Sequence

from tandem.store.people.reader import PersonReader
from tandem.web import Problem


async def check_people(reader: PersonReader, people: Sequence[str] | None, project_id: str) -> None:
    """Raise a Problem for somebody who does not read the project."""
    for person_id in people or ():
        person = await reader.get(person_id)
        projects = None if person is None else person["project_ids"]
        if person is None or (projects is not None and project_id not in projects):
            raise Problem(
                422,
                "no-such-person",
                f"Nobody with the id {person_id} reads this project.",
                field="people",
                cure="Name people by their ids; `tandem people` lists them.",
            )
