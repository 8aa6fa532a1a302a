"""Clients made by `stateless` carry nothing from one request to the next, of both libraries that services use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from tandem.runtime.http_clients import stateless

COOKIE = {"Set-Cookie": "session=somebody; Path=/"}


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_cookie_is_neither_kept_nor_sent_and_a_requests_own_one_passes(library: Any) -> None:
    sent: list[str | None] = []

    def answer(request: Any) -> Any:
        sent.append(request.headers.get("cookie"))
        if request.url.path == "/login":
            return library.Response(307, headers=COOKIE | {"Location": "/home"})
        return library.Response(200, headers=COOKIE)

    with stateless(library.Client, transport=library.MockTransport(answer), follow_redirects=True) as client:
        client.get("http://a.test/")
        client.get("http://a.test/", headers={"Cookie": "session=mine"})
        client.get("http://a.test/login")
        client.cookies.set("session", "set by hand", domain="a.test")
        client.get("http://a.test/")
        assert not list(client.cookies.jar)
    assert sent == [None, "session=mine", None, None, None]


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_nothing_of_the_environment_goes_out(library: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine a.test login root password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://root:secret@127.0.0.1:1")

    def answer(request: Any) -> Any:
        return library.Response(200, json=sorted(request.headers))

    with stateless(library.Client, transport=library.MockTransport(answer)) as client:
        assert not {"authorization", "proxy-authorization", "cookie"} & set(client.get("http://a.test/").json())
        assert client.trust_env is False


@pytest.mark.parametrize("kept", ["cookies", "auth"])
def test_what_would_go_out_with_every_request_is_refused(kept: str) -> None:
    with pytest.raises(TypeError, match=kept):
        stateless(httpx.Client, **{kept: {"a": "b"}})
