"""Bulk acts, as the review API takes and gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from tandem.events import LabelValue
from tandem.finding.lexing import MOST_CHARACTERS
from tandem.store.bulk_acts.documents import ActCounts, ActKind, ActState, BulkActDocument
from tandem.web.request_body import RequestBody

MOST_RECORDS = 100_000
MOST_NAMED = 10_000

Where = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)]
ActId = Annotated[str, StringConstraints(pattern=r"^[0-9a-zA-Z-]{8,64}$")]


class BulkAsk(RequestBody):
    """An act, and the records that it is for: those that an expression matches now, or those named."""

    kind: ActKind = Field(description="confirm: the model's values. label: `values`.")
    values: dict[str, LabelValue] = Field(
        default={}, description="Under label: the value of one task or more; other tasks keep the value that holds."
    )
    where: Where | None = Field(
        default=None, description="Records of the job that match this expression, as in find; empty: all."
    )
    seqs: list[Annotated[int, Field(ge=0, lt=2**32)]] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMED, description="These records, by seq; not beside `where`."
    )
    overrule: bool = Field(
        default=False, description="Outrank the readers' opinions, and include records that others decided; for admins."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.where is None) == (self.seqs is None):
            raise ValueError("give `where` or `seqs`: one of them says which records")
        if (self.kind is ActKind.LABEL) != bool(self.values):
            raise ValueError("`values` go with the kind label, and with no other")
        return self


class BulkRequest(BulkAsk):
    id: ActId | None = Field(default=None, description="Chosen by the client: the same request again is the same act.")
    records: int | None = Field(
        default=None, ge=0, description="The number that was counted before; refused where another number matches now."
    )


class BulkCheck(BaseModel):
    """What an act would do, without doing it."""

    records: int = Field(description="Records that match.")
    exact: bool = Field(
        description="False: the counts below are those of the first records alone, `looked_at` of them."
    )
    looked_at: int
    would_give: int = Field(description="Records on which an opinion would be written.")
    unchanged: int = Field(description="Records on which the caller said the same already.")
    skipped: dict[str, int] = Field(description="Reason to records that would be left as they are.")
    blind: int = Field(
        description="Records of the data set that are left out unseen: the caller is still to read them without labels."
    )


class BulkAct(BaseModel):
    """An act and its progress. given + unchanged + skipped = the records below the cursor."""

    id: str
    job_id: str
    kind: ActKind
    values: dict[str, LabelValue]
    where: str | None
    overrule: bool
    state: ActState
    records: int
    share: float = Field(description="Share of the records that the act, or its undo, has passed.")
    given: int
    unchanged: int
    skipped: dict[str, int]
    undone: int = Field(description="Opinions that its undo took back, or gave anew as they were before.")
    kept: dict[str, int] = Field(description="Reason to opinions that its undo left.")
    created_at: datetime
    created_by: str
    finished_at: datetime | None

    @classmethod
    def shown(cls, act: BulkActDocument, share: float) -> Self:
        counts, undo = act["counts"], act.get("undo_counts")
        return cls(
            id=act["_id"],
            job_id=act["job_id"],
            kind=ActKind(act["kind"]),
            values=act["values"],
            where=act["where"],
            overrule=act["overrule"],
            state=ActState(act["state"]),
            records=act["selection"]["size"],
            share=share,
            given=counts["given"],
            unchanged=counts["unchanged"],
            skipped=counts["skipped"],
            undone=0 if undo is None else undo["given"],
            kept={} if undo is None else undo["skipped"],
            created_at=act["created_at"],
            created_by=act["created_by"],
            finished_at=act["finished_at"],
        )


class BulkActList(BaseModel):
    items: list[BulkAct]


def added(counts: ActCounts, more: ActCounts) -> ActCounts:
    """Return the sum of both."""
    skipped = dict(counts["skipped"])
    for reason, number in more["skipped"].items():
        skipped[reason] = skipped.get(reason, 0) + number
    return {
        "given": counts["given"] + more["given"],
        "unchanged": counts["unchanged"] + more["unchanged"],
        "skipped": skipped,
    }
