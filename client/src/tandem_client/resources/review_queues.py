"""Review queues: take items, decide, skip, undo, as the review page does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tandem_client.review_items import DecisionOutcome, DecisionResult, PastDecision, ReviewItemView, ReviewQueue
from tandem_client.transport import Transport


class ReviewQueues:
    """Queues of the review service. `page` is the address of the review page; left out, the connection's own."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def reserve(
        self, job_id: str, *, limit: int = 1, exclude: Sequence[str] = (), page: str | None = None
    ) -> list[ReviewItemView]:
        """Reserve the next items of a job: what the caller holds already comes first, and nobody else gets the same.

        `exclude` are ids of items that are not wanted again.
        """
        body = {"limit": limit, "exclude": list(exclude)}
        found = self._http.post(f"{self._base(page)}/jobs/{job_id}/reservations", body)
        return [ReviewItemView.model_validate(item) for item in found["items"]]

    def decide(
        self,
        item: ReviewItemView,
        values: Mapping[str, Any] | None = None,
        *,
        comment: str | None = None,
        flags: Sequence[str] = (),
        active_seconds: float | None = None,
        page: str | None = None,
    ) -> DecisionResult:
        """Decide on a reserved item; tasks left out keep the model's value.

        The same decision again changes nothing. Raises TandemError where somebody else took the item meanwhile.
        """
        body = item.decision(values) | {"comment": comment, "flags": list(flags), "active_seconds": active_seconds}
        return DecisionResult.model_validate(self._http.post(f"{self._base(page)}/items/{item.item_id}/decision", body))

    def decide_many(
        self, job_id: str, decisions: Iterable[tuple[ReviewItemView, Mapping[str, Any]]], *, page: str | None = None
    ) -> list[DecisionOutcome]:
        """Decide on reserved items of one job, 100 in a request; tasks left out keep the model's value.

        Returns what became of each, in order: one that is refused changes nothing and hinders no other.
        """
        bodies = [item.decision(values) | {"item_id": item.item_id} for item, values in decisions]
        outcomes: list[DecisionOutcome] = []
        for start in range(0, len(bodies), 100):
            body = {"decisions": bodies[start : start + 100]}
            found = self._http.post(f"{self._base(page)}/jobs/{job_id}/decisions", body)
            outcomes += [DecisionOutcome.model_validate(item) for item in found["items"]]
        return outcomes

    def skip(self, item: ReviewItemView, *, page: str | None = None) -> None:
        """Put a reserved item at the end of the queue."""
        self._http.post(f"{self._base(page)}/items/{item.item_id}/skip", {"reservation": item.reservation})

    def renew(self, item: ReviewItemView, *, page: str | None = None) -> ReviewItemView:
        """Keep a reserved item longer; return it with its new end."""
        body = {"reservation": item.reservation}
        found = self._http.post(f"{self._base(page)}/items/{item.item_id}/renew", body)
        return ReviewItemView.model_validate(item.model_dump() | {"reserved_until": found["reserved_until"]})

    def release(self, item: ReviewItemView, *, page: str | None = None) -> bool:
        """Give a reserved item back; return whether the caller still held it."""
        body = {"reservation": item.reservation}
        return bool(self._http.post(f"{self._base(page)}/items/{item.item_id}/release", body)["released"])

    def undo(self, item_id: str, *, page: str | None = None) -> ReviewItemView:
        """Take back one's own decision; return the item, open again and reserved to the caller."""
        return ReviewItemView.model_validate(self._http.post(f"{self._base(page)}/items/{item_id}/undo"))

    def history(self, job_id: str, *, limit: int = 50, page: str | None = None) -> list[PastDecision]:
        """Return the caller's last decisions on a job, newest first."""
        found = self._http.get(f"{self._base(page)}/history", job_id=job_id, limit=limit)
        return [PastDecision.model_validate(item) for item in found["items"]]

    def list(self, *, page: str | None = None) -> list[ReviewQueue]:
        """Return how much of each job waits for people, newest job first."""
        found = self._http.get(f"{self._base(page)}/jobs")
        return [ReviewQueue.model_validate(item) for item in found["items"]]

    def _base(self, page: str | None) -> str:
        return f"{(page or self._http.url).rstrip('/')}/verification/v1"
