"""A stack whose own admin key was revoked starts again, with a new one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pymongo
import pytest
from pydantic import SecretStr

from tandem_client import Tandem, TandemError
from tandem_local.stack import DataDir, Stack, StackModel


def test_a_stack_whose_key_was_revoked_makes_itself_another_and_ends_what_the_old_one_made(
    tmp_path: Path, mongo_url: str, mongo_db_name: str
) -> None:
    said: list[str] = []

    def stack() -> Stack:
        return Stack(
            DataDir(tmp_path),
            model=StackModel("simulated", "model", "http://127.0.0.1:9/v1", SecretStr("none")),
            mongo=SecretStr(mongo_url),
            environment={"TANDEM_MONGO__DATABASE": mongo_db_name},
            say=said.append,
        )

    with stack() as first:
        with Tandem(first.api_url, first.admin_key) as tandem:
            tandem.projects.create("kept")
            link = tandem.access.login_link(name="you", as_caller=True)
        with httpx.Client(base_url=first.api_url, headers={"Authorization": f"Bearer {first.admin_key}"}) as admin:
            refused = admin.delete("/api/v1/api-keys/bootstrap-admin")
            assert refused.json()["type"] == "/problems/last-admin-key"
    with pymongo.MongoClient[dict[str, object]](mongo_url) as client:  # as versions did that let it happen
        client[mongo_db_name]["api_keys"].update_one({"_id": "bootstrap-admin"}, {"$set": {"revoked": True}})
    assert not any("new one" in sentence for sentence in said)

    with stack() as second:
        assert second.admin_key != first.admin_key
        assert second.admin_key == DataDir(tmp_path).admin_key() == DataDir(tmp_path).state()["admin_key"]
        assert any("it gets a new one" in sentence for sentence in said)
        with Tandem(second.api_url, second.admin_key) as tandem:
            assert [project.name for project in tandem.projects.list()] == ["kept"]
        with Tandem(second.api_url, first.admin_key) as old, pytest.raises(TandemError, match="not known"):
            old.projects.list()
        with httpx.Client(base_url=second.api_url) as browser:
            assert browser.post("/api/v1/sessions", json={"login_token": link.token}).status_code == 401
