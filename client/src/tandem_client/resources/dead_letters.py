"""Dead letters: messages that no consumer could handle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from tandem_client.paging import pages
from tandem_client.tasks import ApiModel
from tandem_client.transport import Transport

State = Literal["open", "replaying", "replayed", "discarded"]


class DeadLetter(ApiModel):
    """A message that a consumer group could not handle, and what became of it. `value` and `fixed` come with `get`
    alone."""

    id: str
    state: str
    topic: str
    group: str
    reason: str
    detail: str
    key: str
    job_id: str | None = None
    record_id: str | None = None
    result: str | None = None
    written_at: datetime
    handled_at: datetime | None = None
    handled_by_id: str | None = None
    value: str | None = None
    fixed: str | None = None


class DeadLetters:
    """Needs an admin's key for all projects."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def list(
        self, state: State = "open", *, topic: str | None = None, reason: str | None = None
    ) -> Iterator[DeadLetter]:
        """Iterate over dead letters without their content, newest first, fetched page by page."""
        for item in pages(self._http, "/dead-letters", state=state, topic=topic, reason=reason):
            yield DeadLetter.model_validate(item)

    def get(self, letter_id: str) -> DeadLetter:
        """Return a dead letter with its content."""
        return DeadLetter.model_validate(self._http.get(f"/dead-letters/{letter_id}"))

    def fix(self, letter_id: str, value: str) -> DeadLetter:
        """Set the content that a replay uses, as JSON. Raises TandemError where no reader could read it."""
        return DeadLetter.model_validate(self._http.patch(f"/dead-letters/{letter_id}", {"value": value}))

    def replay(self, letter_id: str) -> DeadLetter:
        """Have it handled again: a request asks the model anew, any other event goes to the group that failed."""
        return DeadLetter.model_validate(self._http.post(f"/dead-letters/{letter_id}/replay"))

    def discard(self, letter_id: str) -> DeadLetter:
        """Drop its content for good."""
        return DeadLetter.model_validate(self._http.post(f"/dead-letters/{letter_id}/discard"))
