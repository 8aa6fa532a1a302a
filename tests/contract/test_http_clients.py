"""Hold every HTTP client that requests share to `tandem.runtime.http_clients.stateless`, or to a reason named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from sources import ROOT, SOURCES, calls

LIBRARIES = frozenset({"httpx", "httpx2", "openai", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"})
ALLOWED = {
    (
        "client/src/tandem_client/transport.py",
        "httpx.Client",
    ): "the SDK does not depend on `tandem`; its jar refuses all cookies (tests/unit/client/test_transport.py)",
    (
        "client/src/tandem_client/aio/transport.py",
        "httpx.AsyncClient",
    ): "as the synchronous one, from which it is written (tests/contract/test_async_client.py)",
    (
        "services/llm-worker/src/tandem_llm_worker/providers/transport.py",
        "aiohttp.ClientSession",
    ): "aiohttp's own DummyCookieJar (tests/unit/llm_worker/test_transport.py)",
}
_MAKES_A_CLIENT = ("Client", "AsyncClient", "ClientSession", "Session", "PoolManager", "build_opener", "OpenAI")


def clients_made(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each HTTP client that the source makes on its own, and of each cookie it sets on one."""
    tree = ast.parse(source)
    for call, called in calls(tree):
        if _makes_a_client(called) and not (
            called.startswith("openai.") and any(keyword.arg == "http_client" for keyword in call.keywords)
        ):
            yield call.lineno, called
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Attribute) and target.attr == "cookies" for target in node.targets
        ):
            yield node.lineno, "an assignment to .cookies"


def _makes_a_client(called: str) -> bool:
    library, _, name = called.rpartition(".")
    return library in LIBRARIES and name.endswith(_MAKES_A_CLIENT)


def test_no_service_makes_an_http_client_that_could_keep_cookies() -> None:
    found = {
        (str(file.relative_to(ROOT)), called): line
        for file in SOURCES
        for line, called in clients_made(file.read_text())
    }
    strange = {place: line for place, line in found.items() if place not in ALLOWED}
    assert not strange, "make these clients with tandem.runtime.http_clients.stateless(<class>, ...)"
    assert found.keys() == ALLOWED.keys(), "take what is not there any more out of ALLOWED"


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nhttpx.AsyncClient(timeout=3)",
        "import httpx2 as h\nh.Client()",
        "from httpx import AsyncClient as C\nC()",
        "import openai\nopenai.AsyncOpenAI(api_key='k')",
        "import openai\nopenai.AsyncAzureOpenAI(**settings)",
        "import openai\nopenai.DefaultAioHttpClient()",
        "import aiohttp\naiohttp.ClientSession()",
        "import requests\nrequests.Session()",
        "import urllib.request\nurllib.request.build_opener()",
        "from urllib import request\nrequest.build_opener()",
        "client.cookies = jar",
    ],
)
def test_a_client_of_its_own_is_found_however_it_is_made(source: str) -> None:
    assert list(clients_made(source))


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nfrom tandem.runtime.http_clients import stateless\nstateless(httpx.AsyncClient, timeout=3)",
        "import openai\nopenai.AsyncOpenAI(http_client=wire.http_client())",
        "import httpx\nhttpx.get('http://localhost/readyz')",
        "ProviderClient('name', settings)",
    ],
)
def test_what_keeps_nothing_is_let_be(source: str) -> None:
    assert not list(clients_made(source))
