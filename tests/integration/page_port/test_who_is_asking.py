"""Each request on the page's port is answered for the credential it brings, and for no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest

from tandem.people import SESSION_COOKIE

from .conftest import ADMIN_KEY, CSRF, Port, routes

LOGIN, LOGOUT = ("POST", "/api/v1/sessions"), ("DELETE", "/api/v1/sessions/current")
WALKED = [route for route in routes() if route not in (LOGIN, LOGOUT)]
CURRENT = "/api/v1/sessions/current"


@dataclass
class Visitors:
    """An admin and an annotator who are logged in, each in a browser of their own, and somebody without a credential.

    `nobody` sends no cookie that an answer may have set.
    """

    port: Port
    root: httpx.AsyncClient
    ada: httpx.AsyncClient
    nobody: httpx.AsyncClient

    async def ask(self, browser: httpx.AsyncClient, method: str, path: str) -> int:
        if browser is self.nobody:
            browser.cookies.clear()
        return (await browser.request(method, _filled(path))).status_code

    async def expected(self, browser: httpx.AsyncClient, method: str, path: str) -> int:
        """Return what the application itself answers to the browser's credential, with no forwarder between."""
        app = self.port.api if path.startswith("/api") else self.port.review
        cookies = {} if browser is self.nobody else {"Cookie": f"{SESSION_COOKIE}={browser.cookies[SESSION_COOKIE]}"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as direct:
            return (await direct.request(method, _filled(path), headers=CSRF | cookies)).status_code


@pytest.fixture
async def visitors(port: Port) -> AsyncIterator[Visitors]:
    async with AsyncExitStack() as stack:
        root, ada, nobody = [await stack.enter_async_context(port.browser()) for _ in range(3)]
        assert (await ada.post("/api/v1/sessions", json={"login_token": await _link(port, "Ada")})).status_code == 201
        assert (await root.post("/api/v1/sessions", json={"api_key": ADMIN_KEY})).status_code == 201
        yield Visitors(port, root, ada, nobody)


async def _link(port: Port, name: str) -> str:
    async with port.program(ADMIN_KEY) as admin:
        answer = await admin.post("/api/v1/login-links", json={"name": name, "role": "annotator", "new_person": True})
    token: str = answer.json()["token"]
    return token


def _filled(path: str) -> str:
    """Return the path with ids that nothing has."""
    filled = path.replace("{seq}", "1")
    while "{" in filled:
        filled = filled[: filled.index("{")] + "none" + filled[filled.index("}") + 1 :]
    return filled


async def test_after_logins_a_request_without_a_credential_is_refused_on_every_route(visitors: Visitors) -> None:
    for method, path in [*WALKED, LOGOUT]:
        assert await visitors.ask(visitors.nobody, method, path) == 401, (method, path)


async def test_each_browser_is_answered_for_its_own_login_on_every_route(visitors: Visitors) -> None:
    for method, path in WALKED:
        for browser in (visitors.root, visitors.ada, visitors.nobody):
            expected = await visitors.expected(browser, method, path)
            assert await visitors.ask(browser, method, path) == expected, (method, path)


async def test_browsers_that_ask_at_the_same_time_are_not_mixed_up_on_any_route(visitors: Visitors) -> None:
    everyone = [visitors.root, visitors.ada, visitors.nobody]
    for method, path in WALKED:
        expected = [await visitors.expected(browser, method, path) for browser in everyone]
        got = await asyncio.gather(*(visitors.ask(browser, method, path) for browser in everyone * 2))
        assert got == expected * 2, (method, path)


async def test_a_login_in_one_browser_changes_no_other(visitors: Visitors, port: Port) -> None:
    async with port.browser() as eve, port.browser() as late:
        await eve.post("/api/v1/sessions", json={"login_token": await _link(port, "Eve")})
        names = [(await browser.get(CURRENT)).json()["name"] for browser in (visitors.root, visitors.ada, eve)]
        assert names == ["admin", "Ada", "Eve"]
        assert (await late.get(CURRENT)).status_code == 401
        assert (await eve.delete(CURRENT)).status_code == 204
        assert (await eve.get(CURRENT)).status_code == 401
        assert (await visitors.ada.get(CURRENT)).json()["name"] == "Ada", "logging out ends one's own session alone"


async def test_an_api_key_in_a_header_wins_over_nothing_that_was_sent_before(visitors: Visitors, port: Port) -> None:
    async with port.program(ADMIN_KEY) as admin:
        key = (await admin.post("/api/v1/api-keys", json={"name": "reader", "role": "viewer"})).json()["token"]
    async with port.program(key) as reader:
        assert (await reader.get(CURRENT)).json()["name"] == "reader"
        assert (await visitors.ada.get(CURRENT)).json()["name"] == "Ada"
        assert (await reader.post("/api/v1/projects", json={"name": "p"})).status_code == 403
        assert await visitors.ask(visitors.nobody, "GET", CURRENT) == 401


async def test_requests_that_are_given_up_leave_no_answer_to_the_next_one_on_their_connection(
    visitors: Visitors,
) -> None:
    async def name_of(browser: httpx.AsyncClient, *, given_up: bool) -> str | None:
        asking = asyncio.ensure_future(browser.get(CURRENT))
        if given_up:
            for _ in range(5):  # the request is on its way then
                await asyncio.sleep(0)
            asking.cancel()
        try:
            answer = await asking
        except asyncio.CancelledError:
            return None
        name: str = answer.json().get("name", "nobody")
        return name

    browsers = {"admin": visitors.root, "Ada": visitors.ada, "nobody": visitors.nobody}
    for _ in range(10):
        visitors.nobody.cookies.clear()
        asked = [(name, given_up) for given_up in (True, False, False) for name in browsers]
        told = await asyncio.gather(*(name_of(browsers[name], given_up=given_up) for name, given_up in asked))
        assert [answer for answer in told if answer] == [
            name for (name, _), answer in zip(asked, told, strict=True) if answer
        ]
        assert told.count("nobody") >= 2
