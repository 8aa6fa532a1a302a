"""The asynchronous client is written from the synchronous one, and has all that it has."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import tandem_client
from sources import ROOT
from tandem_client import AsyncTandem, Tandem, aio
from tandem_client.aio.objects import project as async_project
from tandem_client.aio.resources.finding import Found as AsyncFound
from tandem_client.objects import project
from tandem_client.resources.finding import Found

_SCRIPT = importlib.util.spec_from_file_location("async_client", ROOT / "scripts" / "async_client.py")
assert _SCRIPT is not None
assert _SCRIPT.loader is not None
async_client = sys.modules["async_client"] = importlib.util.module_from_spec(_SCRIPT)
_SCRIPT.loader.exec_module(async_client)

OTHER_NAMES = {"__enter__": "__aenter__", "__exit__": "__aexit__", "__iter__": "__aiter__"}
OTHER_PARAMETERS = {"http", "sleep"}
"""Of the connections, for tests: functions that are awaited."""


def pairs() -> Iterator[tuple[str, Any, Any]]:
    yield "Tandem", Tandem, AsyncTandem
    yield "Found", Found, AsyncFound
    for name in ("Project", "Dataset", "Agent", "Job"):
        yield name, getattr(tandem_client, name), getattr(aio, name)
    for name in ("ProjectDatasets", "ProjectSchemas", "ProjectAgents", "ProjectJobs"):
        yield name, getattr(project, name), getattr(async_project, name)
    waiting, awaited = Tandem("http://tandem.test", "key"), AsyncTandem("http://tandem.test", "key")
    for name, resource in vars(waiting).items():
        if not name.startswith("_") and type(resource).__module__.startswith("tandem_client.resources"):
            yield f"tandem.{name}", type(resource), type(getattr(awaited, name))


def methods(kind: type) -> dict[str, Any]:
    dunder = {"__init__", *OTHER_NAMES, *OTHER_NAMES.values()}
    return {
        name: inspect.unwrap(member)
        for owner in reversed(kind.__mro__)
        if owner.__module__.startswith("tandem_client")
        for name, member in vars(owner).items()
        if inspect.isfunction(member) and (not name.startswith("_") or name in dunder)
    }


def parameters(method: Any) -> list[tuple[str, Any, Any]]:
    found = inspect.signature(method).parameters.values()
    return [
        (each.name, each.kind, each.default if not callable(each.default) else "callable")
        for each in found
        if each.name not in OTHER_PARAMETERS
    ]


PAIRS = {name: (waiting, awaited) for name, waiting, awaited in pairs()}


def test_the_files_are_as_the_script_writes_them() -> None:
    target = ROOT / "client" / "src" / "tandem_client" / "aio"
    written = async_client.written_files()
    by_hand = {"__init__.py", "binding.py", "threads.py", "frames/giving.py"}
    packages = {f"{name}/__init__.py" for name in ("frames", "objects", "resources")}
    there = {file.relative_to(target).as_posix(): file.read_text() for file in target.rglob("*.py")}
    stale = {path for path, text in written.items() if there.get(path) != text}
    assert not stale, "run `make async-client` and commit what it writes"
    assert there.keys() - written.keys() == by_hand | packages, "delete what has no synchronous counterpart any more"


@pytest.mark.parametrize("name", PAIRS)
def test_both_clients_have_the_same_methods_with_the_same_parameters(name: str) -> None:
    waiting, awaited = map(methods, PAIRS[name])
    wanted = {
        OTHER_NAMES.get(each, each): method
        for each, method in waiting.items()
        if method.__qualname__ not in async_client.SYNCHRONOUS_ONLY
    }
    assert wanted.keys() == awaited.keys()
    for each, method in wanted.items():
        assert parameters(method) == parameters(awaited[each]), each


def test_every_method_that_asks_the_server_is_awaited_or_iterated_over() -> None:
    asking = {
        f"{name}.{each}": awaited_methods[each]
        for name, (_, awaited) in PAIRS.items()
        for awaited_methods in [methods(awaited)]
        for each in awaited_methods
        if name.startswith("tandem.") and each not in ("__init__", "frame", "in_job", "in_dataset")
    }
    assert len(asking) > 60
    plain = [
        name
        for name, method in asking.items()
        if not (inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method))
    ]
    assert not plain
