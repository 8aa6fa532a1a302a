"""Orders of review on the wire: disagreement campaigns in their older form."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import Field

from tandem.store.campaigns.documents import CampaignDocument
from tandem_api.resources.campaigns.schemas import STALLED, share_walked
from tandem_api.views import Body, View


class OrderState(StrEnum):
    OPEN = "open"
    """Is walked, block by block."""
    DONE = "done"


class ReviewOrderCreate(Body):
    jobs: list[str] = Field(
        description="Ids of two to eight jobs over one data set that have ended. A record goes into the queue of the "
        "first of them that has an annotation of it."
    )
    task: str | None = Field(default=None, description="Only where jobs differ on this task; left out: on any task.")
    min_confidence: float | None = Field(
        default=None, ge=0, le=1, description="Only where every agent is at least so sure of its label."
    )


class ReviewOrder(View):
    """An order of review: differing = queued + waiting + decided, of the share that was examined."""

    id: str = Field(description="Id of the campaign.")
    jobs: list[str]
    task: str | None
    min_confidence: float | None
    state: OrderState
    share: float = Field(description="Share of the compared records examined so far; 1 at the end.")
    differing: int
    queued: int = Field(description="Sent to a person by this order.")
    waiting: int = Field(description="In the queue of one of the jobs before.")
    decided: int = Field(description="A person decided on them, in one of the jobs.")
    queues: dict[str, int] = Field(description="Job to how many of the queued are in its queue.")
    notice: str | None = Field(description="Reason why the order does not progress.")
    created_at: datetime
    created_by: str = Field(description="The name of the person who gave it.")
    created_by_id: str | None = Field(default=None, description="Id of that person.")
    finished_at: datetime | None

    @classmethod
    def shown(cls, campaign: CampaignDocument, created_by: str) -> Self:
        """Show a disagreement campaign. `created_by`: the name of the person who made it."""
        shown = {
            "task": campaign["parameters"]["task"],
            "min_confidence": campaign["parameters"]["min_confidence"],
            "state": OrderState.OPEN if campaign["walking"] else OrderState.DONE,
            "differing": campaign["counts"]["picked"],
            "created_by": created_by,
            "share": share_walked(campaign),
            "notice": STALLED if campaign["stalled"] else None,
        }
        return cls.of({**campaign, **campaign["counts"], **shown})


class ReviewOrderList(View):
    items: list[ReviewOrder] = Field(description="One at most.")
