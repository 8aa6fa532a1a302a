"""Bulk acts: one's own opinion on all records of a job that a condition matches, through the review service."""


# Written by `make async-client` from resources/bulk.py: change that one.

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from tandem_client.aio.transport import Transport
from tandem_client.expressions import Condition
from tandem_client.resources.bulk import BulkAct, BulkCheck, _ask


class BulkActs:
    """Bulk acts of the connection's person. `page` is the address of the review page; left out, the connection's."""

    def __init__(self, transport: Transport, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._http = transport
        self._sleep = sleep

    async def check(
        self,
        job_id: str,
        where: Condition | str,
        values: Mapping[str, Any] | None = None,
        *,
        overrule: bool = False,
        page: str | None = None,
    ) -> BulkCheck:
        """Count what an act would do: with `values` it sets them, without it confirms the model's labels."""
        body = _ask(where, values, overrule=overrule)
        return BulkCheck.model_validate(await self._http.ask(f"{self._base(page)}/jobs/{job_id}/acts/check", body))

    async def begin(
        self,
        job_id: str,
        where: Condition | str,
        values: Mapping[str, Any] | None = None,
        *,
        overrule: bool = False,
        records: int | None = None,
        page: str | None = None,
    ) -> BulkAct:
        """Give an opinion on each record that matches now: `values`, or the model's labels where there are none.

        It goes on in the background, also after a restart. With `records`, the number that was counted before, it is
        refused where another number matches now.
        """
        body = {**_ask(where, values, overrule=overrule), "id": uuid4().hex, "records": records}
        return BulkAct.model_validate(await self._http.post(f"{self._base(page)}/jobs/{job_id}/acts", body))

    async def get(self, job_id: str, act_id: str, *, page: str | None = None) -> BulkAct:
        return BulkAct.model_validate(await self._http.get(f"{self._base(page)}/jobs/{job_id}/acts/{act_id}"))

    async def list(self, job_id: str, *, page: str | None = None) -> Sequence[BulkAct]:
        """List one's own acts in the job, newest first."""
        return [
            BulkAct.model_validate(each)
            for each in (await self._http.get(f"{self._base(page)}/jobs/{job_id}/acts"))["items"]
        ]

    async def undo(self, job_id: str, act_id: str, *, page: str | None = None) -> BulkAct:
        """Take back every opinion of the act; what was said before holds again."""
        return BulkAct.model_validate(await self._http.post(f"{self._base(page)}/jobs/{job_id}/acts/{act_id}/undo", {}))

    async def wait(self, act: BulkAct, *, interval: float = 0.5, page: str | None = None) -> BulkAct:
        """Wait until the act, or its undo, is over."""
        while not act.is_over:
            await self._sleep(interval)
            act = await self.get(act.job_id, act.id, page=page)
        return act

    def _base(self, page: str | None) -> str:
        return f"{(page or self._http.url).rstrip('/')}/verification/v1"
