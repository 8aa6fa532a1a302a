"""Static files of the built page: files by their path, the page itself for every address that it routes on its own."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT = Path(__file__).parent / "static"
INDEX = "index.html"
HASHED = "assets"
"""The folder whose file names carry a hash of their content."""
OWN_PREFIXES = ("api", "verification")
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
"""Encodings in which the build writes text files beside the files themselves, the smallest first."""

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tandem: the page is not built</title>
<h1>The page is not built</h1>
<p>The review service runs, and its API answers, but the web app is missing from this installation.</p>
<p>Build it with <code>make web</code> in the source tree (it needs Node 20 or newer), then reload.</p>
</html>
"""


class PageFiles(StaticFiles):
    """The built web app. Says how to build it where it is missing; looks again at each request."""

    def __init__(self, directory: Path = BUILT) -> None:
        self._root = directory
        super().__init__(directory=directory, check_dir=False)

    async def check_config(self) -> None:
        """Accept a missing folder: it may come later, and an answer says what to do until then."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(status_code=405, headers={"Allow": "GET, HEAD"})
        parts = PurePosixPath(path).parts
        if parts and parts[0] in OWN_PREFIXES:
            raise HTTPException(status_code=404)
        is_page = not parts or parts == (INDEX,) or not PurePosixPath(parts[-1]).suffix
        if is_page:
            return await self._page(scope)
        response = await self._encoded(path, scope)
        hashed = parts[0] == HASHED
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response

    async def _page(self, scope: Scope) -> Response:
        if not (self._root / INDEX).is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503)
        response = await self._encoded(INDEX, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def _encoded(self, path: str, scope: Scope) -> Response:
        """Return the file, compressed as the client accepts it where the build wrote it so."""
        accepted = _accepted(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS:
            if encoding in accepted and self.lookup_path(path + suffix)[1] is not None:
                response = await super().get_response(path + suffix, scope)
                kind, _ = guess_type(path)
                response.headers["Content-Type"] = f"{kind}; charset=utf-8" if kind else "application/octet-stream"
                response.headers["Content-Encoding"] = encoding
                response.headers["Vary"] = "Accept-Encoding"
                return response
        response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        return response


def _accepted(header: str) -> set[str]:
    """Return the encodings that an Accept-Encoding header names, without those of weight 0.

    Example: `gzip;q=0, br` accepts br alone.
    """
    accepted = set()
    for part in header.split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            accepted.add(name.strip().lower())
    return accepted
