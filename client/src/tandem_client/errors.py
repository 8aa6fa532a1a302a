"""Errors that the SDK raises. Each reads as one sentence that a person can act on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


def with_cure(detail: str, cure: str | None) -> str:
    """Join what is wrong and what to do into one line."""
    return f"{detail.rstrip('.')}. {cure}".strip() if cure else detail


class TandemError(Exception):
    """The API refused a request, or could not be reached.

    `type` is the stable name of the problem (the end of its URI), `status` the HTTP status (0 when no answer
    came), `cure` what to do about it where the server knows, `extras` the problem's other members, e.g. the row and
    column of a bad CSV.
    """

    def __init__(
        self,
        title: str,
        *,
        type: str = "error",  # noqa: A002 - the name that RFC 9457 gives it
        status: int = 0,
        detail: str = "",
        cure: str = "",
        extras: dict[str, Any] | None = None,
    ) -> None:
        self.title = title
        self.type = type
        self.status = status
        self.detail = detail
        self.cure = cure
        self.extras = extras or {}
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """Return what is wrong and what to do, in one line."""
        return with_cure(self.detail or self.title, self.cure)


class UnreachableError(TandemError):
    """No answer came from the server; nothing is known of the request's effect."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            "The server cannot be reached",
            type="unreachable",
            detail=f"No answer from {url} ({reason})",
            cure="Check that Tandem runs there and that TANDEM_URL is right.",
        )


class JobNotFinishedError(TandemError):
    """A job was waited for and did not come to its end in time."""


class ReviewNotFinishedError(TandemError):
    """An order of review was waited for, and not all of its records were looked at in time."""


def error_of(response: httpx.Response) -> TandemError:
    """Build the error that a response of 400 and above stands for; its body must have been read."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        text = response.text.strip().splitlines()
        return TandemError(
            response.reason_phrase or "Error",
            status=response.status_code,
            detail=f"The server answered {response.status_code}" + (f": {text[0][:200]}" if text else ""),
        )
    known = {"type", "title", "status", "detail", "cure"}
    return TandemError(
        str(body.get("title") or response.reason_phrase or "Error"),
        type=re.split("[/:]", str(body.get("type") or "error").rstrip("/"))[-1],
        status=response.status_code,
        detail=str(body.get("detail") or ""),
        cure=str(body.get("cure") or ""),
        extras={name: value for name, value in body.items() if name not in known},
    )
