"""People over HTTP: whose a credential is, and what ends with a person."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tandem.store.database import Database
from tandem.web import Services
from tandem_api.resources.access.service import AccessService

from .conftest import ADMIN_KEY, client_of, import_csv, key, made, rows

CURRENT = "/sessions/current"


@pytest.fixture
async def ada(admin: httpx.AsyncClient) -> Any:
    return await made(admin, "/people", {"name": "Ada"})


async def person_of(app: FastAPI, *, token: str | None = None, link: str | None = None) -> Any:
    """Return who a key is, or who is logged in after using a login link."""
    async with client_of(app, token) as client:
        if link is not None:
            await made(client, "/sessions", {"login_token": link})
        return (await client.get(CURRENT)).json()


async def test_a_person_is_made_shown_listed_and_renamed(admin: httpx.AsyncClient, ada: Any) -> None:
    assert (ada["name"], ada["source"], ada["disabled_at"]) == ("Ada", "local", None)
    assert (await admin.get(f"/people/{ada['id']}")).json() == ada
    namesake = await made(admin, "/people", {"name": "Ada"})
    assert namesake["id"] != ada["id"], "who makes a person by hand means another one"
    renamed = await admin.patch(f"/people/{ada['id']}", json={"name": "Ada L."})
    assert renamed.json() == ada | {"name": "Ada L."}
    first = (await admin.get("/people", params={"limit": 2})).json()
    second = (await admin.get("/people", params={"limit": 2, "after": first["next"]})).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Ada", "Ada L.", "admin"]
    assert second["next"] is None
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/disable"), ("POST", "/enable")):
        body = {"name": "x"} if method == "PATCH" else None
        assert (await admin.request(method, f"/people/unknown{path}", json=body)).status_code == 404
    assert (await admin.post("/people", json={"name": "two\nlines"})).status_code == 422


async def test_a_key_is_a_named_persons_or_a_new_ones(app: FastAPI, admin: httpx.AsyncClient, ada: Any) -> None:
    mine = await key(admin, "annotator", name="laptop", person_id=ada["id"])
    assert (mine["name"], mine["person_id"], mine["person"]) == ("laptop", ada["id"], "Ada")
    others = [await key(admin, "annotator", name="Ada") for _ in range(2)]
    assert len({ada["id"], *(one["person_id"] for one in others)}) == 3, "a key's name makes nobody somebody else"
    assert (await person_of(app, token=mine["token"]))["name"] == "Ada"
    listed = {one["id"]: one for one in (await admin.get("/api-keys")).json()["items"]}
    assert (listed[mine["id"]]["name"], listed[mine["id"]]["person"]) == ("laptop", "Ada")
    refused = await admin.post("/api-keys", json={"name": "k", "role": "viewer", "person_id": "unknown"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no-such-person")
    assert refused.json()["field"] == "person_id"


async def test_two_links_are_one_persons_by_the_id_and_never_by_the_name(
    app: FastAPI, admin: httpx.AsyncClient
) -> None:
    first = await made(admin, "/login-links", {"name": "Ada"})
    again = await admin.post("/login-links", json={"name": "Ada"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/name-of-somebody")
    assert [one["id"] for one in again.json()["people"]] == [first["person_id"]]
    assert first["person_id"] in again.json()["cure"]
    assert "new_person" in again.json()["cure"]
    same = await made(admin, "/login-links", {"person_id": first["person_id"]})
    other = await made(admin, "/login-links", {"name": "Ada", "new_person": True})
    seen = [await person_of(app, link=link["token"]) for link in (first, same, other)]
    assert [one["name"] for one in seen] == ["Ada"] * 3
    assert seen[0]["person_id"] == seen[1]["person_id"] != seen[2]["person_id"]
    nameless = [await made(admin, "/login-links", {}) for _ in range(2)]
    assert [one["name"] for one in nameless] == ["admin"] * 2
    assert len({"bootstrap-admin", *(one["person_id"] for one in nameless)}) == 3
    mine = await made(admin, "/login-links", {"as_caller": True, "name": "you"})
    assert (mine["person_id"], mine["name"]) == ("bootstrap-admin", "admin")


@pytest.mark.parametrize(
    "body",
    [
        {"person_id": "p", "name": "Ada"},
        {"person_id": "p", "as_caller": True},
        {"person_id": "p", "new_person": True},
        {"as_caller": True, "new_person": True},
    ],
)
async def test_a_link_says_in_one_way_whose_it_is(admin: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await admin.post("/login-links", json=body)).status_code == 422


async def test_a_new_name_is_shown_wherever_the_person_did_something(  # noqa: PLR0917 - one of each kind of resource
    app: FastAPI, admin: httpx.AsyncClient, ada: Any, project: Any, dataset: Any, agent: Any, database: Database
) -> None:
    token = (await key(admin, "admin", name="laptop", person_id=ada["id"]))["token"]
    async with client_of(app, token) as program:
        assert (await import_csv(program, dataset, rows(3))).status_code == 201
        body = {"dataset_id": dataset["id"], "agent_id": agent["id"], "name": "first"}
        job = await made(program, f"/projects/{project['id']}/jobs", body)
        assert (job["created_by"], job["created_by_id"]) == ("Ada", ada["id"])
    await admin.patch(f"/people/{ada['id']}", json={"name": "Ada L."})
    shown = (await admin.get(f"/datasets/{dataset['id']}")).json()["imports"][0]
    assert (shown["committed_by"], shown["committed_by_id"]) == ("Ada L.", ada["id"])
    [listed] = (await admin.get(f"/projects/{project['id']}/datasets")).json()["items"]
    assert listed["imports"][0] == shown
    for found in (
        (await admin.get(f"/jobs/{job['id']}")).json(),
        (await admin.get(f"/projects/{project['id']}/jobs")).json()["items"][0],
    ):
        assert (found["created_by"], found["created_by_id"]) == ("Ada L.", ada["id"])
    for name in ("projects", "datasets", "agents", "label_schemas"):
        stored = await database[name].find_one({})
        assert stored is not None
        assert stored["created_by_id"] == "bootstrap-admin", name


async def test_a_disabled_persons_keys_links_and_sessions_end_at_once(
    app: FastAPI, admin: httpx.AsyncClient, ada: Any
) -> None:
    new = await key(admin, "admin", name="laptop", person_id=ada["id"])
    async with client_of(app, new["token"]) as program, AsyncExitStack() as stack:
        browser, by_link, bens = [await stack.enter_async_context(client_of(app)) for _ in range(3)]
        await made(browser, "/sessions", {"api_key": new["token"]})
        links = [await made(admin, "/login-links", {"person_id": ada["id"]}) for _ in range(2)]
        await made(by_link, "/sessions", {"login_token": links[0]["token"]})
        link = await made(program, "/login-links", {"name": "Ben"})
        await made(bens, "/sessions", {"login_token": link["token"]})
        disabled = await admin.post(f"/people/{ada['id']}/disable")
        assert disabled.status_code == 200
        assert disabled.json()["disabled_at"] is not None
        for client in (program, browser, by_link, bens):
            assert (await client.get(CURRENT)).status_code == 401
        assert (await browser.post("/sessions", json={"login_token": links[1]["token"]})).status_code == 401
        for path, body in (("/login-links", {}), ("/api-keys", {"name": "k", "role": "viewer"})):
            refused = await admin.post(path, json=body | {"person_id": ada["id"]})
            assert (refused.status_code, refused.json()["type"]) == (422, "/problems/person-gets-no-credentials")
        assert "person_id" not in (await admin.post("/login-links", json={"name": "Ada"})).json().get("cure", "")
        assert (await admin.post(f"/people/{ada['id']}/enable")).json()["disabled_at"] is None
        assert (await program.get(CURRENT)).status_code == 401, "what ended stays over"
        back = await made(admin, "/login-links", {"person_id": ada["id"]})
        assert (await person_of(app, link=back["token"]))["person_id"] == ada["id"]


async def test_a_credential_that_stayed_behind_is_refused_while_its_person_is_disabled(
    app: FastAPI, admin: httpx.AsyncClient, ada: Any, database: Database
) -> None:
    """As one that a replica of an older version makes at that moment."""
    new = await key(admin, "viewer", person_id=ada["id"])
    await database["people"].update_one({"_id": ada["id"]}, {"$set": {"disabled_at": new["created_at"]}})
    async with client_of(app, new["token"]) as program:
        assert "disabled" in (await program.get(CURRENT)).json()["detail"]
        assert (await program.post("/sessions", json={"api_key": new["token"]})).status_code == 401


async def test_the_last_admin_is_not_disabled_until_somebody_else_has_a_lasting_key(
    app: FastAPI, admin: httpx.AsyncClient, services: Services
) -> None:
    await key(admin, "admin", name="second", person_id="bootstrap-admin")
    refused = await admin.post("/people/bootstrap-admin/disable")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-admin-key")
    assert "somebody else" in refused.json()["cure"]
    other = await key(admin, "admin", name="Ben")
    assert (await admin.post("/people/bootstrap-admin/disable")).status_code == 200, "oneself too"
    assert (await admin.get("/projects")).status_code == 401
    assert not await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
    assert await services[AccessService].ensure_bootstrap_admin("another-admin-key-that-is-long-enough")
    assert (await person_of(app, token="another-admin-key-that-is-long-enough"))["person_id"] == "bootstrap-admin"  # noqa: S106 - a token of this test alone
    async with client_of(app, other["token"]) as ben:
        assert (await ben.post(f"/people/{other['person_id']}/disable")).status_code == 200


async def test_an_admin_of_some_projects_names_only_people_who_reach_no_more(
    app: FastAPI, admin: httpx.AsyncClient, project: Any, ada: Any
) -> None:
    other = await made(admin, "/projects", {"name": "other"})
    scope = {"project_ids": [project["id"]]}
    token = (await key(admin, "admin", **scope))["token"]
    elsewhere = await key(admin, "annotator", project_ids=[other["id"]])
    await key(admin, "viewer", person_id=ada["id"], **scope)
    async with client_of(app, token) as scoped:
        for person_id in ("bootstrap-admin", elsewhere["person_id"], "unknown"):
            refused = await scoped.post("/login-links", json={"person_id": person_id})
            assert (refused.status_code, refused.json()["type"]) == (422, "/problems/no-such-person"), person_id
        own = await made(scoped, "/login-links", {"name": "admin"})
        assert own["person_id"] != "bootstrap-admin", "who is out of reach is not told of"
        for person_id in (ada["id"], own["person_id"]):
            assert (await made(scoped, "/login-links", {"person_id": person_id}))["person_id"] == person_id
        await key(admin, "viewer", person_id=ada["id"])
        refused = await scoped.post("/login-links", json={"person_id": ada["id"]})
        assert refused.status_code == 422, "now Ada reaches more than this admin"
        for method, path in (("GET", "/people"), ("GET", f"/people/{ada['id']}"), ("POST", "/people")):
            assert (await scoped.request(method, path, json={"name": "x"})).status_code == 403
