"""HTTP to the API: authentication, problem details as errors, patience with a server that is just restarting."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from tandem_client.errors import TandemError, UnreachableError, error_of

API = "/api/v1"
ANSWER_SECONDS = 180.0
_AWAY = {502, 503, 504}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)


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
        http: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.patience = patience
        self._sleep = sleep
        self._timeout = timeout
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(
            base_url=self.url + API, headers=headers, timeout=timeout, transport=http, cookies=_no_cookies()
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: Any) -> Any:
        return self._request("GET", path, params=params).json()

    def post(self, path: str, json: Any = None, **params: Any) -> Any:
        response = self._request("POST", path, params=params, json=json)
        return response.json() if response.content else None

    def ask(self, path: str, json: Any, **params: Any) -> Any:
        """Send a POST whose answer takes as long as a model does."""
        return self._request("POST", path, params=params, json=json, timeout=ANSWER_SECONDS).json()

    def patch(self, path: str, json: Any) -> Any:
        return self._request("PATCH", path, json=json).json()

    def delete(self, path: str) -> None:
        self._request("DELETE", path)

    def upload(self, path: str, body: Iterable[bytes], *, content_type: str, params: Mapping[str, Any]) -> Any:
        """Stream a request body. Not repeated: the iterator can be read once."""
        try:
            response = self._client.post(
                path,
                params=_given(params),
                content=body,
                headers={"Content-Type": content_type},
                timeout=httpx.Timeout(60.0, read=None),  # the answer comes when the whole file is in
            )
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error
        return self._checked(response).json()

    @contextmanager
    def download(self, path: str, **params: Any) -> Iterator[Iterator[bytes]]:
        """Stream a response body as chunks of bytes."""
        try:
            with self._client.stream("GET", path, params=_given(params), timeout=120.0) as response:
                if response.is_error:
                    response.read()
                    raise error_of(response)
                yield response.iter_bytes()
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error

    def passed_on(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        """Make a request of somebody else once, e.g. of a widget; return status and body, errors included.

        Raises UnreachableError.
        """
        try:
            response = self._client.request(method, url, json=body)
        except httpx.TransportError as error:
            raise UnreachableError(self.url, _reason(error)) from error
        try:
            return response.status_code, response.json() if response.content else None
        except ValueError:
            return response.status_code, None

    def _request(
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
                response = self._client.request(
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
            self._sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads retries, protects nothing
            pause = min(pause * 2, 2.0)

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_error:
            raise error_of(response)
        return response


def _no_cookies() -> CookieJar:
    """Make a jar that takes no cookie: threads share the client, and the token alone says who is asking."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """Without those left open; booleans in the way of JSON."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value is not None
    }


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
