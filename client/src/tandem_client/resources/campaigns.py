"""Review campaigns: who is asked to look at what."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tandem_client.errors import ReviewNotFinishedError
from tandem_client.reviewing import Campaign, CampaignCount, CampaignStrategy
from tandem_client.transport import Transport

Order = Literal["urgent", "seq", "random"]
StopRule = Literal["never", "all", "decided"]


class Campaigns:
    def __init__(self, transport: Transport, *, sleep: Callable[[float], None]) -> None:
        self._http = transport
        self._sleep = sleep

    def strategies(self) -> list[CampaignStrategy]:
        """List the strategies, each with the JSON Schema of its parameters."""
        found = self._http.get("/campaign-strategies")
        return [CampaignStrategy.model_validate(item) for item in found["items"]]

    def list(self, job_id: str) -> list[Campaign]:
        """List the campaigns of a job."""
        found = self._http.get(f"/jobs/{job_id}/campaigns")
        return [Campaign.model_validate(item) for item in found["items"]]

    def get(self, job_id: str, campaign_id: str) -> Campaign:
        return Campaign.model_validate(self._http.get(f"/jobs/{job_id}/campaigns/{campaign_id}"))

    def create(
        self,
        job_id: str,
        strategy: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        name: str | None = None,
        from_seq: int | None = None,
        below_seq: int | None = None,
        order: Order = "urgent",
        blind_share: float = 0.0,
        people: Sequence[str] | None = None,
        stop: StopRule = "never",
        stop_after: int | None = None,
    ) -> Campaign:
        """Ask people to look at what a strategy picks; `people` are ids, None is everybody who reads.

        The walk runs in the background: `wait` returns when it is over. The same campaign created again is walked again
        and asks for nothing twice.
        """
        body: dict[str, Any] = {
            "strategy": strategy,
            "parameters": dict(parameters or {}),
            "order": order,
            "blind_share": blind_share,
            "stop": {"rule": stop, "after": stop_after},
        }
        bounds = {"from_seq": from_seq, "below_seq": below_seq}
        if any(bound is not None for bound in bounds.values()):
            body["selection"] = {key: value for key, value in bounds.items() if value is not None}
        if name is not None:
            body["name"] = name
        if people is not None:
            body["people"] = list(people)
        return Campaign.model_validate(self._http.post(f"/jobs/{job_id}/campaigns", body))

    def count(self, job_id: str, strategy: str, parameters: Mapping[str, Any] | None = None) -> CampaignCount:
        """Count what a campaign would ask for, without making it; with `thresholds`, what other thresholds would
        change."""
        body = {"strategy": strategy, "parameters": dict(parameters or {})}
        return CampaignCount.model_validate(self._http.ask(f"/jobs/{job_id}/campaigns/count", body))

    def change(self, job_id: str, campaign_id: str, **changes: Any) -> Campaign:
        """Change a campaign: `parameters` (those given), `name`, `order`, `blind_share`, `people`, `stop`.

        Records that it newly picks are asked for; those that it no longer picks are withdrawn unless decided.
        """
        return Campaign.model_validate(self._http.patch(f"/jobs/{job_id}/campaigns/{campaign_id}", changes))

    def pause(self, job_id: str, campaign_id: str) -> Campaign:
        """Pause a campaign: nobody gets its records."""
        return Campaign.model_validate(self._http.post(f"/jobs/{job_id}/campaigns/{campaign_id}/pause"))

    def open(self, job_id: str, campaign_id: str) -> Campaign:
        """Open a paused or closed campaign again."""
        return Campaign.model_validate(self._http.post(f"/jobs/{job_id}/campaigns/{campaign_id}/open"))

    def close(self, job_id: str, campaign_id: str) -> Campaign:
        """Close a campaign: its requests that nobody decided are withdrawn."""
        return Campaign.model_validate(self._http.post(f"/jobs/{job_id}/campaigns/{campaign_id}/close"))

    def wait(self, campaign: Campaign, *, timeout: float | None = None, interval: float = 0.5) -> Campaign:
        """Wait until the campaign has been walked. Raises ReviewNotFinishedError after `timeout` seconds; the walk
        itself goes on."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while campaign.walking and campaign.share < 1:
            if deadline is not None and time.monotonic() + interval > deadline:
                raise ReviewNotFinishedError(
                    "Not all picked records are in a queue yet",
                    type="review-not-finished",
                    detail=f"{campaign.share:.0%} of the records were looked at after {timeout:g} s"
                    + (f". {campaign.notice}" if campaign.notice else ""),
                    cure=f"It continues; look with `campaigns.get({campaign.job_id!r}, {campaign.id!r})`.",
                )
            self._sleep(interval)
            campaign = self.get(campaign.job_id, campaign.id)
        return campaign
