"""Rules about people: whose a credential is, and who may name whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tandem.people import (
    Credential,
    Person,
    caller_of,
    local_person,
    name_only_person,
    person_behind,
    person_id_of,
    reaches_no_more,
    scope_of_both,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def credential(key_id: str, name: str, kind: str = "key", *, days: int = 0, **more: Any) -> Credential:
    made: dict[str, Any] = {
        "_id": key_id,
        "hash": "h",
        "kind": kind,
        "name": name,
        "role": "annotator",
        "project_ids": None,
        "created_at": NOW + timedelta(days=days),
        "expires_at": None,
        "revoked": False,
        "parent_id": None,
    }
    return made | more  # type: ignore[return-value]  # the keys are the TypedDict's


def test_a_person_has_the_name_of_the_key_their_id_comes_from() -> None:
    link = credential("l", "you", "login", days=-1, person_id="k")
    found = person_behind("k", [link, credential("k", "admin")])
    assert (found["_id"], found["name"], found["created_at"]) == ("k", "admin", NOW - timedelta(days=1))


def test_without_that_key_the_oldest_other_key_names_the_person_then_the_oldest_session() -> None:
    sessions = [credential(f"s{n}", f"name {n}", "session", days=-n, person_id="gone") for n in range(3)]
    assert person_behind("gone", sessions)["name"] == "name 2"
    assert person_behind("gone", [*sessions, credential("k", "laptop", person_id="gone")])["name"] == "laptop"


@pytest.mark.parametrize(
    ("scopes", "both"),
    [([["p"], ["q"]], ["p", "q"]), ([["p"], None], None), ([["p"], ["p"]], ["p"])],
)
def test_a_person_reaches_what_any_of_their_credentials_does(
    scopes: list[list[str] | None], both: list[str] | None
) -> None:
    made = [credential(str(n), "Ada", person_id="0", project_ids=scope) for n, scope in enumerate(scopes)]
    assert person_behind("0", made)["project_ids"] == both == scope_of_both(*scopes)


def test_a_credential_without_a_person_is_its_own_and_calls_by_its_own_name_until_the_person_is_there() -> None:
    old = credential("k", "Ada")
    assert person_id_of(old) == "k"
    assert caller_of(old, None).name == "Ada"
    person = person_behind("k", [old])
    assert caller_of(old, {**person, "name": "Ada L."}).name == "Ada L."


@pytest.mark.parametrize(
    ("project_ids", "scope", "may"),
    [
        (["p"], ["p", "q"], True),
        (["p", "r"], ["p", "q"], False),
        ([], ["p"], True),
        (None, ["p"], False),
        (None, None, True),
    ],
)
def test_a_person_is_named_by_those_who_reach_all_that_the_person_does(
    project_ids: list[str] | None, scope: list[str] | None, may: bool
) -> None:
    person: Person = local_person("Ada", project_ids=project_ids, now=NOW)
    assert reaches_no_more(person, scope) is may


def test_who_is_known_by_name_alone_has_the_same_id_everywhere_and_is_no_local_person() -> None:
    one, other = (name_only_person("Ada", now=NOW + timedelta(days=n)) for n in range(2))
    assert one["_id"] == other["_id"] != name_only_person("ada", now=NOW)["_id"]
    assert local_person("Ada", project_ids=(), now=NOW)["_id"] != local_person("Ada", project_ids=(), now=NOW)["_id"]
