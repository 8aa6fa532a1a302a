"""The commands that a widget's browser side may give, and their way to the server.

The browser sends the requests of the review card as messages over the widget's channel; the kernel's client makes them,
with its own address and key, which never leave the kernel. Only requests of the widget's own job pass: whoever can run
code in the notebook's page can review that job, and do nothing else with the key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tandem_client.errors import TandemError
from tandem_client.transport import Transport

MAX_CHARACTERS = 2000
"""Most characters of an id, a method or a path."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request of the browser."""

    id: str
    method: str
    path: str
    body: Any

    @classmethod
    def of(cls, content: Any) -> Ask | None:
        """Read a message; None where it is no request."""
        if not isinstance(content, dict) or content.get("kind") != "ask":
            return None
        given = {name: content.get(name) for name in ("id", "method", "path")}
        parts = {name: part for name, part in given.items() if isinstance(part, str) and len(part) < MAX_CHARACTERS}
        return cls(**parts, body=content.get("body")) if parts.keys() == given.keys() else None


class ReviewCommands:
    """Answers the requests of one job's review card."""

    def __init__(self, transport: Transport, *, page: str, job_id: str, label_schema_id: str) -> None:
        self._http = transport
        self._page = page.rstrip("/")
        job, schema = re.escape(job_id), re.escape(label_schema_id)
        item = rf"/verification/v1/items/{job}(?::|%3A)\d+"
        self._allowed = [
            ("GET", re.compile(r"/api/v1/sessions/current")),
            ("GET", re.compile(rf"/api/v1/jobs/{job}")),
            ("GET", re.compile(rf"/api/v1/label-schemas/{schema}")),
            ("GET", re.compile(r"/verification/v1/jobs")),
            ("GET", re.compile(rf"/verification/v1/history\?job_id={job}(&limit=\d+)?")),
            ("GET", re.compile(rf"/api/v1/jobs/{job}/annotations/\d+")),
            ("GET", re.compile(rf"/verification/v1/jobs/{job}/record\?record_id=[^&]+")),
            ("GET", re.compile(rf"/verification/v1/jobs/{job}/records/\d+(/opinions)?")),
            ("POST", re.compile(rf"/verification/v1/jobs/{job}/records/\d+/opinions(/withdraw)?")),
            ("POST", re.compile(rf"/verification/v1/jobs/{job}/reservations")),
            ("POST", re.compile(rf"{item}/(decision|skip|renew|release|undo)")),
        ]

    def answer(self, ask: Ask) -> dict[str, Any]:
        """Make the request; return the answer as a message. Failures are problems, as the server sends them."""
        if not any(ask.method == method and allowed.fullmatch(ask.path) for method, allowed in self._allowed):
            return self._message(ask, 403, problem(403, "Not allowed", f"{ask.method} {ask.path} is no command here."))
        base = self._http.url if ask.path.startswith("/api/") else self._page
        try:
            status, body = self._http.passed_on(ask.method, base + ask.path, ask.body)
        except TandemError as error:
            return self._message(ask, 503, problem(503, error.title, error.detail, error.cure))
        return self._message(ask, status, body)

    def check(self) -> None:
        """Raise TandemError where no review service answers at the page's address."""
        status, _ = self._http.passed_on("GET", f"{self._page}/verification/v1/jobs", None)
        if status == 404:
            raise TandemError(
                "No review page is there",
                type="no-review-page",
                status=404,
                detail=f"{self._page} is not the address of the review page",
                cure='Give its address, e.g. review(job, page="http://127.0.0.1:8080"), or connect to it.',
            )

    def _message(self, ask: Ask, status: int, body: Any) -> dict[str, Any]:
        return {"kind": "answer", "id": ask.id, "status": status, "body": body}


def problem(status: int, title: str, detail: str, cure: str = "") -> dict[str, Any]:
    """Return a problem in the form in which the services send theirs."""
    return {"type": "about:blank", "status": status, "title": title, "detail": detail, "cure": cure or None}
