"""Bulk acts: one's own opinion on all records of a job that a condition matches, through the review service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from tandem_client.expressions import Condition
from tandem_client.transport import Transport

ActKind = Literal["confirm", "label"]


class BulkCheck(BaseModel):
    """What an act would do. Where it is not `exact`, the counts are those of the first `looked_at` records."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    records: int
    exact: bool
    looked_at: int
    would_give: int
    unchanged: int
    skipped: dict[str, int] = {}
    blind: int = 0


class BulkAct(BaseModel):
    """An act and its progress; `skipped` says why records were left as they are."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    job_id: str
    kind: ActKind
    values: dict[str, Any] = {}
    where: str | None = None
    state: Literal["running", "done", "undoing", "undone"]
    records: int
    share: float
    given: int
    unchanged: int
    skipped: dict[str, int] = {}
    undone: int = 0
    kept: dict[str, int] = {}

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "undone")


class BulkActs:
    """Bulk acts of the connection's person. `page` is the address of the review page; left out, the connection's."""

    def __init__(self, transport: Transport, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._http = transport
        self._sleep = sleep

    def check(
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
        return BulkCheck.model_validate(self._http.ask(f"{self._base(page)}/jobs/{job_id}/acts/check", body))

    def begin(
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
        return BulkAct.model_validate(self._http.post(f"{self._base(page)}/jobs/{job_id}/acts", body))

    def get(self, job_id: str, act_id: str, *, page: str | None = None) -> BulkAct:
        return BulkAct.model_validate(self._http.get(f"{self._base(page)}/jobs/{job_id}/acts/{act_id}"))

    def list(self, job_id: str, *, page: str | None = None) -> Sequence[BulkAct]:
        """List one's own acts in the job, newest first."""
        return [
            BulkAct.model_validate(each) for each in self._http.get(f"{self._base(page)}/jobs/{job_id}/acts")["items"]
        ]

    def undo(self, job_id: str, act_id: str, *, page: str | None = None) -> BulkAct:
        """Take back every opinion of the act; what was said before holds again."""
        return BulkAct.model_validate(self._http.post(f"{self._base(page)}/jobs/{job_id}/acts/{act_id}/undo", {}))

    def wait(self, act: BulkAct, *, interval: float = 0.5, page: str | None = None) -> BulkAct:
        """Wait until the act, or its undo, is over."""
        while not act.is_over:
            self._sleep(interval)
            act = self.get(act.job_id, act.id, page=page)
        return act

    def _base(self, page: str | None) -> str:
        return f"{(page or self._http.url).rstrip('/')}/verification/v1"


def _ask(where: Condition | str, values: Mapping[str, Any] | None, *, overrule: bool) -> dict[str, Any]:
    kind: ActKind = "label" if values else "confirm"
    return {"kind": kind, "values": dict(values or {}), "where": str(where), "overrule": overrule}
