"""Requests that no program of good will sends: refused before anything is built from them."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

from tandem.web.problems import Problem

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"


def known_method(method: str) -> str:
    """Return the method for metrics and spans; everything that somebody invented has one name."""
    return method if method in METHODS else OTHER_METHOD


def check_well_formed(scope: Scope, headers: Headers) -> None:
    """Check the target and the framing of a request. Raises a Problem.

    Refused are targets that are no path (`http://elsewhere/`, `a#b`), which a proxy could take for another server's,
    and bodies with two lengths, of which two servers may believe one each (RFC 9112, 6.1).
    """
    target: bytes = scope.get("raw_path") or scope["path"].encode()
    if not target.startswith(b"/") or target.startswith(b"//") or b"#" in target or b"#" in scope["query_string"]:
        raise Problem(
            400,
            "bad-target",
            "The request is for something that is no path of this server.",
            cure="Begin the path with one slash, and leave out what follows the sign #.",
        )
    if "content-length" in headers and "transfer-encoding" in headers:
        raise Problem(
            400,
            "two-lengths",
            "The request gives the length of its body in two ways.",
            cure="Send Content-Length or Transfer-Encoding, not both.",
        )
