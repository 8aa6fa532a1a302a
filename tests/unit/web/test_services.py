"""Endpoints get the services that they ask for, and an app that lacks one does not start."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from tandem.web import Services, include_features, provided

router = APIRouter()
under_test = ModuleType("features_under_test")
under_test.router = router  # type: ignore[attr-defined]  # a module made for the test


class Greetings:
    def greeting(self) -> str:
        return "good morning"


class Farewells:
    pass


@router.get("/greeting")
async def greet(greetings: Annotated[Greetings, provided(Greetings)]) -> str:
    return greetings.greeting()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = tmp_path / "a_service" / "resources" / "greetings"
    folder.mkdir(parents=True)
    for parent in (folder, folder.parent, folder.parent.parent):
        (parent / "__init__.py").touch()
    (folder / "endpoints.py").write_text("from features_under_test import router\n")
    (folder / "service.py").write_text("raise AssertionError('only modules named endpoints are imported')\n")
    monkeypatch.setitem(sys.modules, "features_under_test", under_test)
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "a_service"]:
        monkeypatch.delitem(sys.modules, name)
    return import_module("a_service")


async def test_each_module_named_endpoints_is_served_and_gets_its_services(package: ModuleType) -> None:
    app = FastAPI()
    include_features(app, package, Services(Farewells(), Greetings()), prefix="/v1")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        assert (await client.get("/v1/greeting")).json() == "good morning"


def test_an_app_that_lacks_a_service_does_not_start(package: ModuleType) -> None:
    with pytest.raises(LookupError, match=r"/greeting needs Greetings"):
        include_features(FastAPI(), package, Services(Farewells()))
