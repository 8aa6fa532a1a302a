"""People and programs that use the cluster through HTTP, each request until its effect is certain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE_SECONDS = 150.0
_COME_BACK = {502, 503, 504}


class Balanced:
    """Requests to two replicas: the next one is asked where one does not answer or says to come back.

    For requests that may be made twice; `post_once` for those that may not.
    """

    def __init__(self, urls: list[str], token: str) -> None:
        self._urls = urls
        self._turn = 0
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"}, timeout=httpx.Timeout(8.0), trust_env=False
        )

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Return the first answer that is not 502, 503 or 504. Raises AssertionError after PATIENCE_SECONDS."""
        answer = self._request(method, path, how, found=lambda: None)
        assert isinstance(answer, httpx.Response)
        return answer

    def post_once(self, path: str, body: dict[str, Any], *, found: Callable[[], str | None]) -> str | httpx.Response:
        """Return the answer, or the id that `found` returns when an earlier try took effect unseen."""
        return self._request("POST", path, {"json": body}, found=found)

    def _request(
        self, method: str, path: str, how: dict[str, Any], *, found: Callable[[], str | None]
    ) -> str | httpx.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        last = ""
        while time.monotonic() < deadline:
            url = self._urls[self._turn % len(self._urls)]
            try:
                answer = self._http.request(method, f"{url}{path}", **how)
            except httpx.TransportError as error:
                last = repr(error)
            else:
                if answer.status_code not in _COME_BACK:
                    return answer
                last = answer.text
            self._turn += 1
            time.sleep(0.2)
            if (known := found()) is not None:
                return known
        raise AssertionError(f"no certain answer to {method} {path} within {PATIENCE_SECONDS:.0f} s: {last}")

    def json(self, method: str, path: str, **how: Any) -> Any:
        """Return the body of an answer that must be a success."""
        answer = self.request(method, path, **how)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class Made:
    """A decision whose effect is certain."""

    job_id: str
    seq: int
    value: str
    by: str


class Reviewer(threading.Thread):
    """One person who decides on what comes, until `stop`."""

    def __init__(self, name: str, http: Balanced, jobs: Callable[[], list[str]]) -> None:
        super().__init__(name=name, daemon=True)
        self.made: list[Made] = []
        self.failure: BaseException | None = None
        self._http = http
        self._jobs = jobs
        self._stopping = threading.Event()

    def run(self) -> None:
        """Decide, and keep what went wrong for the test to raise."""
        try:
            while not self._stopping.is_set():
                decided = [self._decide_one(job_id) for job_id in self._jobs()]
                self._stopping.wait(0.2 if any(decided) else 0.6)
        except BaseException as error:  # noqa: BLE001 - the test raises it
            self.failure = error

    def stop(self) -> None:
        """End after the decision under way."""
        self._stopping.set()

    def _decide_one(self, job_id: str) -> bool:
        path = f"/verification/v1/jobs/{job_id}/reservations"
        answer = self._http.request("POST", path, json={"limit": 1})
        if answer.status_code == httpx.codes.NOT_FOUND or not answer.json()["items"]:
            return False
        assert answer.is_success, answer.text
        item = answer.json()["items"][0]
        shown = {each["task"]: each["value"] for each in item["suggestions"]}
        task = item["tasks"][0]
        options = [option["value"] for option in task["options"]]
        value = options[(item["seq"] + len(self.made)) % len(options)]
        values = {task["name"]: value}
        decision = {
            "reservation": item["reservation"],
            "attempt": item["attempt"],
            "values": values,
            "shown_values": shown,
        }
        answer = self._http.request("POST", f"/verification/v1/items/{item['item_id']}/decision", json=decision)
        if answer.status_code == httpx.codes.CONFLICT:
            return False  # the reservation ran out while a server was away; whoever holds it now decides
        assert answer.is_success, answer.text
        self.made.append(Made(job_id, item["seq"], value, self.name))
        return True
