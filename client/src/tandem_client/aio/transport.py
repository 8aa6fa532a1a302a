"""HTTP to the API: authentication, problem details as errors, patience with a server that is just restarting."""


# Written by `make async-client` from transport.py: change that one.

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tandem_client.aio.threads import in_thread
from tandem_client.errors import TandemError, UnreachableError, error_of
from tandem_client.transport import _AWAY, _NEVER_SENT, ANSWER_SECONDS, API, _given, _no_cookies, _reason


class Transport:
    """Requests to one server.

    A request that did not reach the server, and a GET that got no answer, are made again for up to `patience` seconds.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        timeout: float = 30.0,
        patience: float = 10.0,
        http: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.patience = patience
        self._sleep = sleep
        self._timeout = timeout
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.AsyncClient(
            base_url=self.url + API, headers=headers, timeout=timeout, transport=http, cookies=_no_cookies()
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        return (await self._request("GET", path, params=params)).json()

    async def post(self, path: str, json: Any = None, **params: Any) -> Any:
        response = await self._request("POST", path, params=params, json=json)
        return response.json() if response.content else None

    async def ask(self, path: str, json: Any, **params: Any) -> Any:
        """Send a POST whose answer takes as long as a model does."""
        return (await self._request("POST", path, params=params, json=json, timeout=ANSWER_SECONDS)).json()

    async def patch(self, path: str, json: Any) -> Any:
        return (await self._request("PATCH", path, json=json)).json()

    async def delete(self, path: str) -> None:
        await self._request("DELETE", path)

    async def upload(self, path: str, body: Iterable[bytes], *, content_type: str, params: Mapping[str, Any]) -> Any:
        """Stream a request body. Not repeated: the iterator can be read once."""
        try:
            response = await self._client.post(
                path,
                params=_given(params),
                content=in_thread(body),
                headers={"Content-Type": content_type},
                timeout=httpx.Timeout(60.0, read=None),  # the answer comes when the whole file is in
            )
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error
        return self._checked(response).json()

    @asynccontextmanager
    async def download(self, path: str, **params: Any) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a response body as chunks of bytes."""
        try:
            async with self._client.stream("GET", path, params=_given(params), timeout=120.0) as response:
                if response.is_error:
                    await response.aread()
                    raise error_of(response)
                yield response.aiter_bytes()
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error

    async def passed_on(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        """Make a request of somebody else once, e.g. of a widget; return status and body, errors included.

        Raises UnreachableError.
        """
        try:
            response = await self._client.request(method, url, json=body)
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error
        try:
            return response.status_code, response.json() if response.content else None
        except ValueError:
            return response.status_code, None

    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        timeout: float | None = None,
    ) -> Any:
        deadline = time.monotonic() + self.patience
        pause = 0.1
        while True:
            failure: TandemError
            try:
                response = await self._client.request(
                    method, path, params=_given(params or {}), json=json, timeout=timeout or self._timeout
                )
            except httpx.TransportError as error:
                failure = UnreachableError(self.url, _reason(error))
                again = method == "GET" or isinstance(error, _NEVER_SENT)
                if not again:
                    raise failure from error
            else:
                if not (method == "GET" and response.status_code in _AWAY):
                    return self._checked(response)
                failure = error_of(response)
            if time.monotonic() + pause > deadline:
                raise failure
            await self._sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads retries, protects nothing
            pause = min(pause * 2, 2.0)

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_error:
            raise error_of(response)
        return response
