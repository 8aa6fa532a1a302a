"""Dead letters: messages that no consumer could handle."""


# Written by `make async-client` from resources/dead_letters.py: change that one.

from __future__ import annotations

from collections.abc import AsyncIterator

from tandem_client.aio.paging import pages
from tandem_client.aio.transport import Transport
from tandem_client.resources.dead_letters import DeadLetter, State


class DeadLetters:
    """Needs an admin's key for all projects."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def list(
        self, state: State = "open", *, topic: str | None = None, reason: str | None = None
    ) -> AsyncIterator[DeadLetter]:
        """Iterate over dead letters without their content, newest first, fetched page by page."""
        async for item in pages(self._http, "/dead-letters", state=state, topic=topic, reason=reason):
            yield DeadLetter.model_validate(item)

    async def get(self, letter_id: str) -> DeadLetter:
        """Return a dead letter with its content."""
        return DeadLetter.model_validate(await self._http.get(f"/dead-letters/{letter_id}"))

    async def fix(self, letter_id: str, value: str) -> DeadLetter:
        """Set the content that a replay uses, as JSON. Raises TandemError where no reader could read it."""
        return DeadLetter.model_validate(await self._http.patch(f"/dead-letters/{letter_id}", {"value": value}))

    async def replay(self, letter_id: str) -> DeadLetter:
        """Have it handled again: a request asks the model anew, any other event goes to the group that failed."""
        return DeadLetter.model_validate(await self._http.post(f"/dead-letters/{letter_id}/replay"))

    async def discard(self, letter_id: str) -> DeadLetter:
        """Drop its content for good."""
        return DeadLetter.model_validate(await self._http.post(f"/dead-letters/{letter_id}/discard"))
