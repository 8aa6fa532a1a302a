"""Make HTTP clients that carry nothing from one request to the next.

A client that requests share is also shared by the people behind them. With the cookie jar that HTTP libraries give a
client by default, the `Set-Cookie` of one person's login goes out with the next person's request.
"""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar
from typing import Any, TypeVar

ClientT = TypeVar("ClientT")


class NoCookies(CookieJar):
    """A cookie jar that stays empty: it reads no answer, takes no cookie, adds none to a request."""

    def set_cookie(self, cookie: Cookie) -> None:
        """Drop the cookie."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Read nothing of the answer."""

    def add_cookie_header(self, request: Any) -> None:
        """Leave the request as it is; a Cookie header of its own passes."""


def stateless(client_class: type[ClientT], /, **options: Any) -> ClientT:
    """Make a client that keeps no cookies and no authentication, e.g. `stateless(httpx.AsyncClient, timeout=5)`.

    `client_class` is a client of httpx or of a library with the same constructor (httpx2). Proxies and credentials of
    the environment are left alone, unless `trust_env=True` is given.
    """
    for kept in ("cookies", "auth"):
        if kept in options:
            raise TypeError(f"{kept} would go out with every request of the client; give it to the request instead")
    return client_class(**{"trust_env": False, **options, "cookies": NoCookies()})
