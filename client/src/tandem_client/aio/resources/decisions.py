"""Decisions from a program: what a person says of a record's labels, through the review service."""


# Written by `make async-client` from resources/decisions.py: change that one.

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tandem_client.aio.transport import Transport
from tandem_client.errors import TandemError
from tandem_client.review_items import OpenedRecord, RecordOpinions, in_json
from tandem_client.reviewing import Confirmed


class Decisions:
    """Opinions of the connection's person. `page` is the address of the review page; left out, the connection's own."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    async def open(self, job_id: str, record_id: Any, *, page: str | None = None) -> OpenedRecord:
        """Open a record by its own id. The server notes what it shows; values of a blind record are left out."""
        found = await self._http.get(f"{self._base(page)}/jobs/{job_id}/record", record_id=str(record_id))
        return OpenedRecord.model_validate(found)

    async def open_at(self, job_id: str, seq: int, *, page: str | None = None) -> OpenedRecord:
        """Open the record at a place of the data set."""
        return OpenedRecord.model_validate(await self._http.get(f"{self._base(page)}/jobs/{job_id}/records/{seq}"))

    async def opinions(self, job_id: str, seq: int, *, page: str | None = None) -> RecordOpinions:
        """Return all opinions on a record with their history, and what holds by them."""
        return RecordOpinions.model_validate(
            await self._http.get(f"{self._base(page)}/jobs/{job_id}/records/{seq}/opinions")
        )

    async def give(
        self,
        opened: OpenedRecord,
        values: Mapping[str, Any],
        *,
        comment: str | None = None,
        flags: Iterable[str] = (),
        overrule: bool = False,
        page: str | None = None,
    ) -> RecordOpinions:
        """Give an opinion on a record that was opened; tasks left out keep the model's value.

        `overrule` outranks the readers, for admins. Raises TandemError where the record got a newer label meanwhile.
        """
        body = {
            "values": opened.suggested | in_json(values),
            "attempt": opened.attempt,
            "comment": comment,
            "flags": list(flags),
            "overrule": overrule,
        }
        found = await self._http.post(f"{self._base(page)}/jobs/{opened.job_id}/records/{opened.seq}/opinions", body)
        return RecordOpinions.model_validate(found)

    async def withdraw(self, job_id: str, seq: int, *, page: str | None = None) -> RecordOpinions:
        """Withdraw one's own opinion on a record; the history stays."""
        found = await self._http.post(f"{self._base(page)}/jobs/{job_id}/records/{seq}/opinions/withdraw")
        return RecordOpinions.model_validate(found)

    async def decide(self, job_id: str, record_id: Any, values: Mapping[str, Any], *, page: str | None = None) -> None:
        """Say what is right for a record: the value of each task, by task; tasks left out keep the model's value.

        Raises TandemError, e.g. where a value is none of the task's or the record got a newer label meanwhile.
        """
        opened = await self.open(job_id, record_id, page=page)
        await self.give(opened, values, page=page)

    async def confirm(self, job_id: str, record_ids: Iterable[Any], *, page: str | None = None) -> Confirmed:
        """Confirm the model's labels of these records, one after the other.

        Records that cannot be confirmed, e.g. without a label or to be read blind, are left and reported.
        """
        confirmed: list[str] = []
        refused: dict[str, str] = {}
        for record_id in record_ids:
            try:
                opened = await self.open(job_id, record_id, page=page)
                if missing := opened.without_value(opened.suggested):
                    refused[str(record_id)] = f"The model has no label for {', '.join(missing)}."
                    continue
                await self.give(opened, {}, page=page)
                confirmed.append(str(record_id))
            except TandemError as error:
                if error.status in (0, 401, 403):
                    raise
                refused[str(record_id)] = error.sentence
        return Confirmed(confirmed=tuple(confirmed), refused=refused)

    def _base(self, page: str | None) -> str:
        return f"{(page or self._http.url).rstrip('/')}/verification/v1"
