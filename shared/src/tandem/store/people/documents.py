"""The shape of a person in MongoDB."""

from __future__ import annotations

from tandem.people.person import Person

COLLECTION = "people"

PersonDocument = Person
