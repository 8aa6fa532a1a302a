"""Transport of calls to a provider: built and interpreted by the SDK, carried by aiohttp.

The SDK knows how a call looks on the wire (address, authentication, headers) and what an answer means that is not a
success. The first is the same from call to call, and to work it out anew each time costs more than the call. So the
head that the SDK made is kept and sent again with other bodies, straight over the connection; every answer that is no
success is given back to the SDK. A head is kept for a minute only, so that credentials which the SDK renews are new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import openai
import orjson
from multidict import CIMultiDict
from yarl import URL

from tandem.runtime.http_clients import stateless

CONNECT_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30.0
HEAD_SECONDS = 60.0
_MOST_HEADS = 256
_OF_THE_CONNECTION = frozenset(
    ("host", "connection", "accept-encoding", "content-length", "content-encoding", "transfer-encoding")
)
"""Headers that the transport sets by itself, and that no longer describe a body that was read and unpacked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The constant part of each call of one kind."""

    url: URL
    headers: CIMultiDict[str]


_arrived: ContextVar[Reply | None] = ContextVar("arrived", default=None)
"""A received answer that the SDK interprets in place of making the call."""


class Wire(httpx2.AsyncBaseTransport):
    """The connections to one provider, as many as there are calls: the limiter bounds the calls, not the pool.

    No time runs out here but that for connecting; the caller has a deadline for the whole call.
    """

    def __init__(self) -> None:
        self._open: aiohttp.ClientSession | None = None
        self._proxies: dict[str | None, dict[str, Any]] = {}

    def http_client(self) -> httpx2.AsyncClient:
        """Make the SDK's HTTP client; closing it closes the connections."""
        return stateless(httpx2.AsyncClient, transport=self, follow_redirects=True)

    async def request(self, method: str, head: Head, body: bytes | None) -> Reply:
        """Send a request. Raises aiohttp.ClientError, OSError."""
        async with self._session().request(
            method, head.url, data=body, headers=head.headers, allow_redirects=False, **self._proxy(head.url)
        ) as response:
            content = await response.read()
            headers = {
                lower: value
                for name, value in response.headers.items()
                if (lower := name.lower()) not in _OF_THE_CONNECTION
            }
            return Reply(response.status, headers, content)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Make a call for the SDK, or give it the answer that arrived already."""
        reply = _arrived.get()
        if reply is None:
            reply = await self.request(request.method, head_of(request), await request.aread() or None)
        else:
            _arrived.set(None)  # where the answer leads to another call, that one is to be made
        return httpx2.Response(reply.status, headers=reply.headers, content=reply.content)

    async def aclose(self) -> None:
        if self._open is not None:
            await self._open.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._open is None:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=httpx2.create_ssl_context()
            )
            self._open = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            )
        return self._open

    def _proxy(self, url: URL) -> dict[str, Any]:
        """Return the environment's proxy settings, read once a host.

        The library would read them at every call, in a thread.
        """
        if (found := self._proxies.get(url.host)) is None:
            found = self._proxies[url.host] = proxy_options(url)
        return found


def proxy_options(url: URL) -> dict[str, Any]:
    """Return the arguments that make aiohttp use the proxy which the environment names for this address, if any."""
    proxies = getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or not url.host or proxy_bypass(url.host):
        return {}
    proxy = URL(address)
    if proxy.user is None:
        return {"proxy": proxy}
    credentials = aiohttp.encode_basic_auth(proxy.user, proxy.password or "")
    return {"proxy": proxy.with_user(None), "proxy_headers": {"Proxy-Authorization": credentials}}


def head_of(request: httpx2.Request) -> Head:
    headers = CIMultiDict(
        (name, value) for name, value in request.headers.multi_items() if name.lower() not in _OF_THE_CONNECTION
    )
    return Head(URL(str(request.url), encoded=True), headers)


class AccountCaller:
    """Calls of one account. Give the SDK `wire.http_client()` as its HTTP client and no retries of its own."""

    def __init__(self, sdk: openai.AsyncOpenAI, wire: Wire, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._sdk = sdk
        self._wire = wire
        self._clock = clock
        self._heads: dict[tuple[str, object], tuple[Head, float]] = {}

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """POST a JSON body to a path below the base URL; return the answer if it is a success.

        Raises what the SDK raises, and what `TRANSPORT_ERRORS` names. Has no deadline.
        """
        kind = (path, body.get("model"))  # which may be a part of the address
        head, until = self._heads.get(kind, (None, 0.0))
        if head is None or self._clock() >= until:
            return await self._post_by_the_sdk(kind, path, body)
        reply = await self._wire.request("POST", head, orjson.dumps(body))
        if 200 <= reply.status < 300:
            return reply
        if reply.status in (401, 403):
            self._heads.pop(kind, None)
        arrived = _arrived.set(reply)
        try:
            return await self._post_by_the_sdk(kind, path, body, keep=False)
        finally:
            _arrived.reset(arrived)

    async def _post_by_the_sdk(
        self, kind: tuple[str, object], path: str, body: Mapping[str, Any], *, keep: bool = True
    ) -> Reply:
        response = await self._sdk.post(path, cast_to=httpx2.Response, body=body)
        if keep and not response.history:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[kind] = (head_of(response.request), self._clock() + HEAD_SECONDS)
        return Reply(response.status_code, dict(response.headers), response.content)
