"""Nobody can lock everybody out: an admin key that lasts always stays."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tandem.store.database import Database, utcnow
from tandem.web import Services
from tandem_api.resources.access.service import AccessService

from .conftest import ADMIN_KEY, client_of, key


async def test_the_last_admin_key_is_not_revoked_and_the_answer_says_what_to_do(
    app: FastAPI, admin: httpx.AsyncClient
) -> None:
    refused = await admin.delete("/api-keys/bootstrap-admin")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-admin-key")
    assert "Make another key" in refused.json()["cure"]
    assert (await admin.get("/projects")).status_code == 200
    other = await key(admin, "admin")
    assert (await admin.delete("/api-keys/bootstrap-admin")).status_code == 204, "a key may revoke itself"
    assert (await admin.get("/projects")).status_code == 401
    async with client_of(app, other["token"]) as newer:
        assert (await newer.delete(f"/api-keys/{other['id']}")).status_code == 409
        assert (await newer.delete("/api-keys/bootstrap-admin")).status_code == 204, "it was revoked already"


@pytest.mark.parametrize(
    "more",
    [
        {"role": "annotator"},
        {"project_ids": ["p"]},
        {"expires_at": utcnow() + timedelta(days=365)},
        {"revoked": True},
        {"kind": "session", "parent_id": "bootstrap-admin"},
    ],
    ids=["of another role", "of some projects", "that will expire", "that is revoked", "that is a session"],
)
async def test_no_key_takes_the_place_of_the_last_one_that(
    admin: httpx.AsyncClient, database: Database, more: dict[str, Any]
) -> None:
    new = await key(admin, "admin")
    await database["api_keys"].update_one({"_id": new["id"]}, {"$set": more})
    assert (await admin.delete("/api-keys/bootstrap-admin")).status_code == 409


async def test_a_key_that_expires_may_go_while_another_lasts_and_not_when_it_is_all_there_is(
    app: FastAPI, admin: httpx.AsyncClient, database: Database
) -> None:
    soon = (utcnow() + timedelta(days=1)).isoformat()
    first, second = [await key(admin, "admin", expires_at=soon) for _ in range(2)]
    assert (await admin.delete(f"/api-keys/{first['id']}")).status_code == 204
    await database["api_keys"].update_one({"_id": "bootstrap-admin"}, {"$set": {"revoked": True}})
    async with client_of(app, second["token"]) as last:
        assert (await last.delete(f"/api-keys/{second['id']}")).status_code == 409


@pytest.mark.parametrize("keys", [2, 3, 6])
async def test_of_admin_keys_that_revoke_each_other_at_once_one_stays(
    app: FastAPI, admin: httpx.AsyncClient, database: Database, keys: int
) -> None:
    new = [await key(admin, "admin") for _ in range(keys)]
    assert (await admin.delete("/api-keys/bootstrap-admin")).status_code == 204
    async with AsyncExitStack() as stack:
        programs = [await stack.enter_async_context(client_of(app, one["token"])) for one in new]
        answers = await asyncio.gather(
            *(program.delete(f"/api-keys/{one['id']}") for program, one in zip(programs, new, strict=True))
        )
    assert sorted(answer.status_code for answer in answers) == [204] * (keys - 1) + [409], [a.text for a in answers]
    left = await database["api_keys"].count_documents({"kind": "key", "revoked": False})
    assert left == 1


async def test_a_bootstrap_key_that_was_revoked_stays_so_until_another_is_set(
    app: FastAPI, admin: httpx.AsyncClient, services: Services
) -> None:
    await key(admin, "admin")
    assert (await admin.delete("/api-keys/bootstrap-admin")).status_code == 204
    assert not await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
    assert (await admin.get("/projects")).status_code == 401
    assert await services[AccessService].ensure_bootstrap_admin("another-admin-key-that-is-long-enough")
    async with client_of(app, "another-admin-key-that-is-long-enough") as newer:
        assert (await newer.get("/projects")).status_code == 200


async def test_a_bootstrap_key_whose_token_is_another_keys_is_not_good(
    admin: httpx.AsyncClient, services: Services
) -> None:
    viewer = await key(admin, "viewer")
    assert not await services[AccessService].ensure_bootstrap_admin(viewer["token"])
    assert (await admin.get("/projects")).status_code == 200, "the one before stays"
