"""Review campaigns on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from tandem.events import CampaignOrder
from tandem.finding.lexing import MOST_CHARACTERS
from tandem.review.campaigns.moves import CampaignState, StopRule
from tandem.store.campaigns.documents import CampaignDocument, selected
from tandem.store.review_items.documents import QueueCounts
from tandem_api.views import Body, Name, View

STALLED = "The postprocessor has not yet noted what was sent. It is sent again; no action is needed."
MOST_SEQS_GIVEN = 1_000_000

Share = Annotated[float, Field(ge=0, le=1)]
People = Annotated[list[str], Field(min_length=1, max_length=500)]
_ORDER = "`urgent`: as the strategy says, for thresholds the least confident first; `seq`; `random`."
_BLIND = "Share of the records whose reader does not see the model's label before they decide; drawn record by record."
_PEOPLE = "Ids of the people who get the records; null: all readers."


class CampaignSelection(Body):
    """Records by seq: a range, or a set; of them those that match an expression."""

    from_seq: int | None = Field(default=None, ge=0)
    below_seq: int | None = Field(default=None, ge=0)
    seqs: list[Annotated[int, Field(ge=0, lt=2**32)]] | None = Field(
        default=None, max_length=MOST_SEQS_GIVEN, description="These records; not beside a range."
    )

    where: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)] | None = Field(
        default=None, description="Records of the job that match this expression now, as in find."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.seqs is not None and (self.from_seq is not None or self.below_seq is not None):
            raise ValueError("give a range or seqs, not both")
        return self


class Stop(Body):
    """Rule by which the campaign closes: never; with `all` records decided and all jobs ended; `after` decisions."""

    rule: StopRule = StopRule.NEVER
    after: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _after_goes_with_decided(self) -> Self:
        if (self.rule is StopRule.DECIDED) != (self.after is not None):
            raise ValueError("`after` is given with the rule `decided`, and with no other")
        return self


class CampaignCreate(Body):
    strategy: str = Field(description="Name of a strategy; GET /campaign-strategies lists them.")
    parameters: dict[str, Any] = Field(default={}, description="Parameters of the strategy.")
    name: Name | None = None
    selection: CampaignSelection | None = Field(default=None, description="Left out: all records of the job.")
    order: CampaignOrder = Field(default=CampaignOrder.URGENT, description=_ORDER)
    blind_share: Share = Field(default=0.0, description=_BLIND)
    people: People | None = Field(default=None, description=_PEOPLE)
    stop: Stop = Stop()


class CampaignUpdate(Body):
    """Fields that are left out stay as they are. The campaign is walked again: newly picked records are asked for, and
    requests for records that it no longer picks and nobody decided are withdrawn."""

    parameters: dict[str, Any] | None = Field(default=None, description="Those given replace the ones of these names.")
    name: Name | None = None
    order: CampaignOrder | None = Field(default=None, description=_ORDER + " Holds for records asked for from now on.")
    blind_share: Share | None = Field(default=None, description=_BLIND + " Holds for records asked for from now on.")
    people: People | None = Field(default=None, description=_PEOPLE)
    stop: Stop | None = None


class CampaignCount(View):
    """Preview of a campaign: what it would do, without doing it."""

    records: int = Field(description="Annotations that were looked at.")
    selected: int = Field(description="Size of the selection. Where it is larger than `records`, counts are scaled up.")
    exact: bool = Field(description="False: the counts are estimated from evenly spaced parts of the selection.")
    picked: int = Field(description="Records that the strategy picks; would_ask + queued + waiting + decided.")
    would_ask: int
    would_withdraw: int = Field(description="Records that the campaign asks for now and would no longer.")
    queued: int = Field(description="Asked for by this campaign already.")
    waiting: int = Field(description="Asked for by another campaign already.")
    decided: int = Field(description="A person has decided on them.")


class Campaign(View):
    """A review campaign and its progress: picked = queued + waiting + decided, of the share that was walked."""

    id: str
    name: str
    job_id: str
    strategy: str
    parameters: dict[str, Any]
    from_seq: int
    below_seq: int
    records: int = Field(description="Size of the selection.")
    order: CampaignOrder
    blind_share: float
    people: list[str] | None
    stop: Stop
    state: CampaignState
    state_reason: str | None
    walking: bool = Field(description="Whether records are still being looked for.")
    share: float = Field(description="Share of the selection that was walked; 1 at the end.")
    picked: int
    queued: int = Field(description="Asked for by this campaign when it was walked.")
    waiting: int = Field(description="Asked for by another campaign then.")
    decided: int = Field(description="Decided by a person then, in any of its jobs.")
    queues: dict[str, int] = Field(description="Job to how many of the queued are in its queue.")
    items_open: int = Field(description="Its records that wait in a queue now.")
    items_decided: int = Field(description="Its records that people decided by now.")
    notice: str | None = Field(description="Reason why the walk does not progress.")
    created_at: datetime
    created_by: str
    created_by_id: str | None = None
    finished_at: datetime | None = Field(description="When the last walk ended.")

    @classmethod
    def shown(cls, campaign: CampaignDocument, queue: QueueCounts, created_by: str) -> Self:
        """Show a campaign. `queue`: its items now; `created_by`: the name of the person who made it."""
        selection = selected(campaign)
        shown = {
            "job_id": campaign["jobs"][0],
            "from_seq": selection.from_seq,
            "below_seq": selection.below_seq,
            "records": len(selection),
            "share": share_walked(campaign),
            "items_open": queue.open,
            "items_decided": queue.decided,
            "created_by": created_by,
            "notice": STALLED if campaign["stalled"] else None,
        }
        return cls.of({**campaign, **campaign["counts"], **shown})


class CampaignList(View):
    items: list[Campaign]


class CampaignStrategy(View):
    name: str
    title: str
    needs_ended_jobs: bool = Field(description="Whether it can be used only when the job has ended.")
    parameters: dict[str, Any] = Field(description="JSON Schema of its parameters.")


class CampaignStrategyList(View):
    items: list[CampaignStrategy]


def share_walked(campaign: CampaignDocument) -> float:
    """Return the share of the selection that the walk has passed."""
    selection = selected(campaign)
    if not campaign["walking"] or campaign["again"] or not selection:
        return 1.0
    return selection.count(selection.from_seq, campaign["cursor"]) / len(selection)
