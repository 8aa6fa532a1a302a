"""Decisions from a program: what a person says of a record's labels, through the review service."""


# Written by `make async-client` from resources/decisions.py: change that one.

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tandem_client.aio.transport import Transport
from tandem_client.errors import TandemError
from tandem_client.resources.decisions import _suggested
from tandem_client.reviewing import Confirmed


class Decisions:
    """Opinions of the connection's person. `page` is the address of the review page; left out, the connection's own."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def decide(self, job_id: str, record_id: Any, values: Mapping[str, Any], *, page: str | None = None) -> None:
        """Say what is right for a record: the value of each task, by task; tasks left out keep the model's value.

        Raises TandemError, e.g. where a value is none of the task's or the record got a newer label meanwhile.
        """
        opened = await self._opened(job_id, record_id, page)
        await self._give(job_id, opened, _suggested(opened) | dict(values), page)

    async def confirm(self, job_id: str, record_ids: Iterable[Any], *, page: str | None = None) -> Confirmed:
        """Confirm the model's labels of these records, one after the other.

        Records that cannot be confirmed, e.g. without a label or to be read blind, are left and reported.
        """
        confirmed: list[str] = []
        refused: dict[str, str] = {}
        for record_id in record_ids:
            try:
                opened = await self._opened(job_id, record_id, page)
                values = _suggested(opened)
                missing = [task["name"] for task in opened["tasks"] if task["name"] not in values]
                if missing:
                    refused[str(record_id)] = f"The model has no label for {', '.join(missing)}."
                    continue
                await self._give(job_id, opened, values, page)
                confirmed.append(str(record_id))
            except TandemError as error:
                if error.status in (0, 401, 403):
                    raise
                refused[str(record_id)] = error.sentence
        return Confirmed(confirmed=tuple(confirmed), refused=refused)

    async def _opened(self, job_id: str, record_id: Any, page: str | None) -> dict[str, Any]:
        """Open the record: the server notes what was shown."""
        opened: dict[str, Any] = await self._http.get(
            f"{self._base(page)}/jobs/{job_id}/record", record_id=str(record_id)
        )
        return opened

    async def _give(self, job_id: str, opened: Mapping[str, Any], values: Mapping[str, Any], page: str | None) -> None:
        body = {"values": values, "attempt": opened["attempt"]}
        await self._http.post(f"{self._base(page)}/jobs/{job_id}/records/{opened['seq']}/opinions", body)

    def _base(self, page: str | None) -> str:
        return f"{(page or self._http.url).rstrip('/')}/verification/v1"
