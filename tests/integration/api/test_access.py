"""Keys, roles, project scope, login links, sessions."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tandem.people import SESSION_COOKIE, Authenticator, hash_token
from tandem.store.database import Database, utcnow
from tandem.web import Services
from tandem_api.app import make_app
from tandem_api.resources.access.schemas import SessionCreate
from tandem_api.resources.access.service import AccessService

from .conftest import ADMIN_KEY, client_of, key, made

CSRF = {"X-Tandem-Request": "1"}


async def test_without_a_credential_every_route_but_the_login_is_closed(anyone: httpx.AsyncClient) -> None:
    for path, methods in make_app(None, None).openapi()["paths"].items():
        for method in methods:
            if (method, path) == ("post", "/api/v1/sessions"):
                continue
            answer = await anyone.request(method, f"http://api{path}".replace("{seq}", "1"))
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["type"] == "/problems/not-authenticated"


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic dTpw", "Bearer", ADMIN_KEY])
async def test_a_wrong_credential_is_refused(anyone: httpx.AsyncClient, header: str) -> None:
    assert (await anyone.get("/projects", headers={"Authorization": header})).status_code == 401


async def test_a_key_is_shown_once_and_kept_as_a_hash(admin: httpx.AsyncClient, database: Database) -> None:
    new = await key(admin, "viewer")
    assert new["token"].startswith("tdm_")
    listed = (await admin.get("/api-keys")).json()["items"]
    assert [item["name"] for item in listed] == ["a viewer", "admin"]
    assert all("token" not in item and "hash" not in item for item in listed)
    kept = await database["api_keys"].find_one({"_id": new["id"]})
    assert kept is not None
    assert kept["hash"] == hash_token(new["token"])
    assert new["token"] not in str(kept)


async def test_a_viewer_reads_and_changes_nothing(app: FastAPI, admin: httpx.AsyncClient, job: Any) -> None:
    async with client_of(app, (await key(admin, "viewer"))["token"]) as viewer:
        assert (await viewer.get(f"/jobs/{job['id']}")).status_code == 200
        assert (await viewer.get(f"/jobs/{job['id']}/export")).status_code == 200
        for path in (f"/jobs/{job['id']}/pause", f"/jobs/{job['id']}/cancel"):
            refused = await viewer.post(path)
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
        assert (await viewer.post("/projects", json={"name": "x"})).status_code == 403
        assert (await viewer.get("/api-keys")).status_code == 403


async def test_a_key_of_one_project_does_not_see_another(  # noqa: PLR0917 - one of each kind of resource
    app: FastAPI, admin: httpx.AsyncClient, project: Any, dataset: Any, label_schema: Any, agent: Any, job: Any
) -> None:
    other = await made(admin, "/projects", {"name": "other"})
    token = (await key(admin, "admin", project_ids=[other["id"]]))["token"]
    async with client_of(app, token) as stranger:
        assert [item["name"] for item in (await stranger.get("/projects")).json()["items"]] == ["other"]
        for path in (
            f"/projects/{project['id']}",
            f"/projects/{project['id']}/jobs",
            f"/projects/{project['id']}/datasets",
            f"/projects/{project['id']}/agents",
            f"/projects/{project['id']}/label-schemas",
            f"/datasets/{dataset['id']}",
            f"/datasets/{dataset['id']}/records",
            f"/datasets/{dataset['id']}/records/0",
            f"/label-schemas/{label_schema['id']}",
            f"/agents/{agent['id']}",
            f"/jobs/{job['id']}",
            f"/jobs/{job['id']}/annotations",
            f"/jobs/{job['id']}/annotations/0",
            f"/jobs/{job['id']}/report",
            f"/jobs/{job['id']}/export",
        ):
            assert (await stranger.get(path)).status_code == 404, path
        assert (await stranger.post(f"/jobs/{job['id']}/cancel")).status_code == 404
        assert (await stranger.post("/projects", json={"name": "third"})).status_code == 403
        assert (await stranger.get("/api-keys")).status_code == 403
        body = {"dataset_id": dataset["id"], "agent_id": agent["id"]}
        smuggled = await stranger.post(f"/projects/{other['id']}/jobs", json=body)
        assert smuggled.status_code == 422
        assert {error["field"] for error in smuggled.json()["errors"]} == {"dataset_id", "agent_id"}


async def test_a_login_link_opens_one_session_once(app: FastAPI, admin: httpx.AsyncClient) -> None:
    link = await made(admin, "/login-links", {"role": "annotator", "name": "Ada", "ttl_seconds": 60})
    async with client_of(app) as one, client_of(app) as other:
        answers = await asyncio.gather(
            *(client.post("/sessions", json={"login_token": link["token"]}) for client in (one, other))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 401]
        browser, answer = (one, answers[0]) if answers[0].status_code == 201 else (other, answers[1])
        session = {"person_id": link["person_id"], "name": "Ada", "role": "annotator", "project_ids": None}
        assert answer.json() == session
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Secure" not in cookie
        assert (await browser.get("/sessions/current")).json()["name"] == "Ada"
        assert (await browser.get("/projects", headers={"Authorization": f"Bearer {link['token']}"})).status_code == 401


async def test_a_cookie_over_https_is_for_https_alone(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://api/api/v1") as browser:
        answer = await browser.post("/sessions", json={"api_key": ADMIN_KEY})
    assert "Secure" in answer.headers["set-cookie"]


async def test_with_a_cookie_an_unsafe_request_needs_the_header_that_foreign_pages_do_not_send(app: FastAPI) -> None:
    async with client_of(app) as browser:
        await browser.post("/sessions", json={"api_key": ADMIN_KEY})
        forged = await browser.post("/projects", json={"name": "forged"})
        assert (forged.status_code, forged.json()["type"]) == (403, "/problems/not-allowed")
        assert (await browser.post("/projects", json={"name": "meant"}, headers=CSRF)).status_code == 201


async def test_logging_out_ends_the_session(app: FastAPI) -> None:
    async with client_of(app) as browser:
        await browser.post("/sessions", json={"api_key": ADMIN_KEY})
        token = browser.cookies[SESSION_COOKIE]
        assert (await browser.delete("/sessions/current", headers=CSRF)).status_code == 204
        assert SESSION_COOKIE not in browser.cookies
        browser.cookies.set(SESSION_COOKIE, token)
        assert (await browser.get("/sessions/current")).status_code == 401


async def test_a_session_expires(app: FastAPI, database: Database) -> None:
    async with client_of(app) as browser:
        await browser.post("/sessions", json={"api_key": ADMIN_KEY})
        await database["api_keys"].update_one(
            {"kind": "session"}, {"$set": {"expires_at": utcnow() - timedelta(seconds=1)}}
        )
        assert "expired" in (await browser.get("/sessions/current")).json()["detail"]


async def test_revoking_a_key_ends_its_sessions_and_login_links_at_once(app: FastAPI, admin: httpx.AsyncClient) -> None:
    new = await key(admin, "admin")
    async with client_of(app, new["token"]) as program, client_of(app) as browser:
        link = await made(program, "/login-links", {})
        await browser.post("/sessions", json={"api_key": new["token"]})
        assert (await browser.get("/sessions/current")).status_code == 200
        assert (await admin.delete(f"/api-keys/{new['id']}")).status_code == 204
        assert (await program.get("/projects")).status_code == 401
        assert (await browser.get("/sessions/current")).status_code == 401
        assert (await browser.post("/sessions", json={"login_token": link["token"]})).status_code == 401
    assert (await admin.delete("/api-keys/unknown")).status_code == 404


async def test_a_login_link_reaches_no_more_than_the_key_behind_it(
    app: FastAPI, admin: httpx.AsyncClient, project: Any
) -> None:
    other = await made(admin, "/projects", {"name": "other"})
    token = (await key(admin, "admin", project_ids=[project["id"]]))["token"]
    async with client_of(app, token) as scoped, client_of(app) as browser:
        wider = await scoped.post("/login-links", json={"project_ids": [other["id"]]})
        assert wider.status_code == 403
        link = await made(scoped, "/login-links", {"role": "viewer"})
        session = await made(browser, "/sessions", {"login_token": link["token"]})
        assert session["project_ids"] == [project["id"]]
        assert (await browser.get(f"/projects/{other['id']}")).status_code == 404


async def test_another_bootstrap_key_takes_the_place_of_the_one_before(
    app: FastAPI, admin: httpx.AsyncClient, services: Services
) -> None:
    async with client_of(app) as browser:
        await browser.post("/sessions", json={"api_key": ADMIN_KEY})
        await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
        assert (await browser.get("/sessions/current")).status_code == 200, "the same key changes nothing"
        await services[AccessService].ensure_bootstrap_admin("another-admin-key-that-is-long-enough")
        assert (await admin.get("/projects")).status_code == 401
        assert (await browser.get("/sessions/current")).status_code == 401
    async with client_of(app, "another-admin-key-that-is-long-enough") as newer:
        assert (await newer.get("/projects")).status_code == 200


@pytest.mark.parametrize("body", [{}, {"login_token": "a", "api_key": "b"}, {"login_token": ""}])
async def test_a_login_takes_one_of_the_two_tokens(anyone: httpx.AsyncClient, body: dict[str, str]) -> None:
    assert (await anyone.post("/sessions", json=body)).status_code == 422


# --- sessions end with their key


@pytest.mark.parametrize("through", ["api_key", "login_link"])
@pytest.mark.parametrize(
    "end",
    [
        {"$set": {"revoked": True}},
        {"$set": {"expires_at": utcnow() - timedelta(seconds=1)}},
        {"$set": {"hash": hash_token("another token")}},
        None,
    ],
    ids=["revoked", "expired", "replaced", "gone"],
)
async def test_a_session_is_refused_from_the_moment_its_key_is_no_longer_good(
    app: FastAPI, admin: httpx.AsyncClient, database: Database, through: str, end: dict[str, Any] | None
) -> None:
    """The session's own document stays, as after a process that died between the two writes."""
    new = await key(admin, "admin")
    async with client_of(app, new["token"]) as program, client_of(app) as browser:
        link = await made(program, "/login-links", {})
        login = {"api_key": new["token"]} if through == "api_key" else {"login_token": link["token"]}
        later = await made(program, "/login-links", {})
        await made(browser, "/sessions", login)
        assert (await browser.get("/projects")).status_code == 200
        if end is None:
            await database["api_keys"].delete_one({"_id": new["id"]})
        else:
            await database["api_keys"].update_one({"_id": new["id"]}, end)
        refused = await browser.get("/projects")
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/not-authenticated")
        assert (await browser.post("/sessions", json={"login_token": later["token"]})).status_code == 401


async def test_neither_a_session_nor_a_login_link_outlives_its_key(
    app: FastAPI, admin: httpx.AsyncClient, database: Database
) -> None:
    end = utcnow() + timedelta(seconds=90)
    new = await key(admin, "admin", expires_at=end.isoformat())
    async with client_of(app, new["token"]) as program, client_of(app) as browser:
        link = await made(program, "/login-links", {"ttl_seconds": 7 * 24 * 3600})
        assert datetime.fromisoformat(link["expires_at"]) == end
        await made(browser, "/sessions", {"api_key": new["token"]})
    session = await database["api_keys"].find_one({"kind": "session"})
    assert session is not None
    assert session["expires_at"] == end


# --- whose it is


async def test_each_login_link_is_a_person_and_a_keys_sessions_are_the_keys(
    app: FastAPI, admin: httpx.AsyncClient, services: Services
) -> None:
    async def person(body: dict[str, Any]) -> str:
        _, token, _ = await services[AccessService].log_in(SessionCreate(**body))
        caller = await authenticator.caller(method="GET", headers={}, cookies={SESSION_COOKIE: token})
        return caller.person_id

    authenticator: Authenticator = app.state.authenticator
    links = [await made(admin, "/login-links", {"name": "Ada", "new_person": True}) for _ in range(2)]
    ada, other = [await person({"login_token": link["token"]}) for link in links]
    assert ada != other, "two people with a link each are two, even of one name"
    mine = await made(admin, "/login-links", {"name": "me", "as_caller": True})
    key_caller = await authenticator.caller(
        method="GET", headers=httpx.Headers({"Authorization": f"Bearer {ADMIN_KEY}"}), cookies={}
    )
    assert await person({"api_key": ADMIN_KEY}) == await person({"login_token": mine["token"]}) == key_caller.person_id
    assert key_caller.person_id not in (ada, other)
