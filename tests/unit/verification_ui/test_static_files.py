"""The built page travels compressed, as the browser accepts it."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import pytest

from tandem_verification_ui.app import make_app

SCRIPT = "console.log('größe');" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    script = tmp_path / "assets" / "index-abc.js"
    script.write_text(SCRIPT)
    Path(f"{script}.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    Path(f"{script}.br").write_bytes(b"brotli")
    return tmp_path


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, GZIP;q=0.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_file_is_sent_in_the_smallest_encoding_that_the_browser_accepts(
    built: Path, accepts: str, encoding: str | None
) -> None:
    transport = httpx.ASGITransport(make_app(static=built))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://page") as client,
        client.stream("GET", "/assets/index-abc.js", headers={"Accept-Encoding": accepts}) as response,
    ):
        sent = b"".join([part async for part in response.aiter_raw()])
    assert response.status_code == 200
    assert response.headers.get("content-encoding") == encoding
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["content-type"].startswith("text/javascript; charset=utf-8")
    assert "immutable" in response.headers["cache-control"]
    assert int(response.headers["content-length"]) == len(sent)
    assert (gzip.decompress(sent) if encoding == "gzip" else sent) == (
        b"brotli" if encoding == "br" else SCRIPT.encode()
    )
