"""Agents side by side: how far they agree, where they differ, and their labels made into one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tandem_client.flips import Flips
from tandem_client.paging import pages
from tandem_client.quality import Combination, Comparison, Difference
from tandem_client.resources.campaigns import Campaigns
from tandem_client.reviewing import Campaign, ReviewPolicy, policy_body
from tandem_client.transport import Transport

Method = Literal["vote", "dawid_skene"]


class Comparisons:
    def __init__(self, transport: Transport, campaigns: Campaigns) -> None:
        self._http = transport
        self._campaigns = campaigns

    def get(self, job_ids: Sequence[str], *, whole: bool = True) -> Comparison:
        """Compare two to eight jobs over one data set; with `whole`, wait until all records are in."""
        while True:
            comparison = Comparison.model_validate(self._http.get("/comparisons", job=list(job_ids)))
            if comparison.share == 1 or not whole:
                return comparison

    def differences(
        self,
        job_ids: Sequence[str],
        *,
        task: str | None = None,
        order: Literal["usefulness", "seq"] = "usefulness",
        page_size: int = 100,
    ) -> Iterator[Difference]:
        """Iterate over the records where the agents differ, fetched page by page as the iterator advances.

        By usefulness (confident labels that contradict each other first) the list ends after a thousand; by seq it has
        all. `task` may be left out when the jobs have one in common.
        """
        params: dict[str, Any] = {"job": list(job_ids), "task": task, "order": order, "limit": page_size}
        for item in pages(self._http, "/comparisons/differences", **params):
            yield Difference.model_validate(item)

    def review(
        self,
        job_ids: Sequence[str],
        *,
        task: str | None = None,
        min_confidence: float | None = None,
        wait: bool = True,
        timeout: float | None = None,
        interval: float = 0.5,
    ) -> Campaign:
        """Make a campaign for the records on which the jobs differ: on one task or on any, and with `min_confidence`
        only where every agent is at least so sure. None is sent twice, and none that a person decided on.

        Waits until all are in a queue, unless `wait` is False. Raises ReviewNotFinishedError after `timeout` seconds;
        the campaign itself goes on.
        """
        first, *others = job_ids
        parameters = {"jobs": others, "task": task, "min_confidence": min_confidence}
        given = {key: value for key, value in parameters.items() if value is not None}
        campaign = self._campaigns.create(first, "disagreement", given)
        return self._campaigns.wait(campaign, timeout=timeout, interval=interval) if wait else campaign

    def flips(
        self,
        old_job_id: str,
        new_job_id: str,
        *,
        task: str | None = None,
        campaign_id: str | None = None,
        old_missed: int | None = None,
        alpha: float = 0.05,
    ) -> Flips:
        """Tell which labels change from the old job to the new one, and how many are wrong afterwards at most.

        `campaign_id`: the campaign of `audit_flips` whose blind reads bound what is wrong with probability 1 - `alpha`;
        the last one where it is None. `old_missed`: wrong old labels at most, by a certificate of the old job.
        """
        if campaign_id is None:
            campaign_id = self._last_audit(old_job_id, new_job_id, task)
        given = {"task": task, "campaign": campaign_id, "old_missed": old_missed, "alpha": alpha}
        params: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        while True:
            found = Flips.model_validate(self._http.get("/comparisons/flips", old=old_job_id, new=new_job_id, **params))
            if found.share == 1:
                return found

    def audit_flips(
        self,
        old_job_id: str,
        new_job_id: str,
        *,
        reads: int,
        task: str | None = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Campaign:
        """Have people read about `reads` of the changed labels blind, drawn at random, once.

        Raises ReviewNotFinishedError after `timeout` seconds; the campaign itself goes on.
        """
        flips = self.flips(old_job_id, new_job_id, task=task).flips
        share = min(1.0, max(1, reads) / max(1, flips))
        parameters: dict[str, Any] = {"jobs": [old_job_id], "share": share}
        if task is not None:
            parameters["task"] = task
        campaign = self._campaigns.create(new_job_id, "flips", parameters, blind_share=1.0)
        return self._campaigns.wait(campaign, timeout=timeout) if wait else campaign

    def _last_audit(self, old_job_id: str, new_job_id: str, task: str | None) -> str | None:
        """Return the last campaign that samples what changed between the jobs."""
        found = [
            each
            for each in self._campaigns.list(new_job_id)
            if each.strategy == "flips"
            and list(each.parameters.get("jobs", ())) == [old_job_id]
            and (task is None or each.parameters.get("task") in (None, task))
        ]
        return max(found, key=lambda each: each.created_at).id if found else None

    def combine(
        self,
        job_ids: Sequence[str],
        *,
        method: Method = "vote",
        name: str | None = None,
        review_threshold: float | None = None,
        review_policy: ReviewPolicy | None = None,
    ) -> Combination:
        """Make a job whose labels are those of several jobs, combined.

        Labels with a confidence below `review_threshold` go to a person; with 1, all on which agents differ do.
        """
        body: dict[str, Any] = {"jobs": list(job_ids), "method": method}
        if name is not None:
            body["name"] = name
        if (policy := policy_body(review_threshold, review_policy)) is not None:
            body["review_policy"] = policy
        return Combination.model_validate(self._http.post("/combinations", body))
