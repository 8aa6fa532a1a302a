"""Jobs: an agent's run over the records of a data set."""


# Written by `make async-client` from resources/jobs.py: change that one.

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tandem_client.aio.frames.giving import FrameSource
from tandem_client.aio.models import Job
from tandem_client.aio.paging import pages
from tandem_client.aio.resources.downloads import saved
from tandem_client.aio.transport import Transport
from tandem_client.checks import JobCheck
from tandem_client.errors import JobNotFinishedError
from tandem_client.expressions import Condition
from tandem_client.models import Annotation, AnnotationDetail, JobCost
from tandem_client.passes import JobPass, PassCheck, RunOutcome
from tandem_client.quality import JobReport
from tandem_client.resources.downloads import ExportFormat, format_of
from tandem_client.resources.jobs import _again_body, _job_body
from tandem_client.reviewing import ReviewPolicy, policy_body

OnProgress = Callable[[Job], None]


class Jobs:
    def __init__(self, transport: Transport, *, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._http = transport
        self._sleep = sleep

    async def create(
        self,
        project_id: str,
        *,
        dataset_id: str,
        agent_id: str,
        name: str,
        subset_id: str | None = None,
        limit: int | None = None,
        review_threshold: float | None = None,
        review_policy: ReviewPolicy | None = None,
        weight: float | None = None,
        budget_usd: float | None = None,
        start: bool = True,
        readers: int | None = None,
        adjudicated: bool | None = None,
        records_per_minute: float | None = None,
        canary: Mapping[str, Any] | None = None,
        failure_stop: Mapping[str, Any] | None = None,
        reuse: bool | None = None,
    ) -> Job:
        """Run an agent over a data set or a subset of it, or the first `limit` records.

        Labels with a confidence below `review_threshold` (0 to 1) go to a person; `review_policy` says more, task by
        task. `budget_usd` is a hard stop. So many `readers` must give a record the same value to settle it; with
        `adjudicated` an admin settles those on which they differ.

        `canary={"records": 100, "most_unlabeled": 0.05}` runs the first records and waits, unless at most that share of
        them has no label; without `most_unlabeled` it waits in any case. `failure_stop={"share": 0.2, "of_last": 50}`
        waits when more of the last records have no label. `go` ends both.

        `reuse` takes the answers that this agent version gave to the same content in the data set, at no cost.
        """
        body = _job_body(
            dataset_id=dataset_id,
            agent_id=agent_id,
            name=name,
            subset_id=subset_id,
            limit=limit,
            weight=weight,
            review_policy=policy_body(review_threshold, review_policy),
            budget_usd=budget_usd,
            start=start,
            readers=readers,
            adjudicated=adjudicated,
            records_per_minute=records_per_minute,
            canary=canary,
            failure_stop=failure_stop,
            reuse=reuse,
        )
        return Job.model_validate(await self._http.post(f"/projects/{project_id}/jobs", body))

    async def check(
        self,
        project_id: str,
        *,
        dataset_id: str,
        agent_id: str,
        subset_id: str | None = None,
        limit: int | None = None,
        review_policy: ReviewPolicy | None = None,
        budget_usd: float | None = None,
        probe: bool = True,
    ) -> JobCheck:
        """Everything that is wrong with such a job, and what it will take. With `probe` the model is asked about the
        first record, through the workers, and that is paid."""
        body = _job_body(
            dataset_id=dataset_id,
            agent_id=agent_id,
            subset_id=subset_id,
            limit=limit,
            review_policy=policy_body(None, review_policy),
            budget_usd=budget_usd,
        )
        return JobCheck.model_validate(await self._http.ask(f"/projects/{project_id}/jobs/check", body, probe=probe))

    async def passes(self, job_id: str) -> list[JobPass]:
        """List the job's passes, the first run first."""
        found = await self._http.get(f"/jobs/{job_id}/passes")
        return [JobPass.model_validate(item) for item in found["items"]]

    async def list(self, project_id: str) -> list[Job]:
        return [Job.model_validate(item) async for item in pages(self._http, f"/projects/{project_id}/jobs")]

    async def get(self, job_id: str) -> Job:
        return Job.model_validate(await self._http.get(f"/jobs/{job_id}"))

    async def pause(self, job_id: str) -> Job:
        return Job.model_validate(await self._http.post(f"/jobs/{job_id}/pause"))

    async def resume(self, job_id: str) -> Job:
        return Job.model_validate(await self._http.post(f"/jobs/{job_id}/resume"))

    async def go(self, job_id: str) -> Job:
        """Let a job go on that waits after its canary, or because too many records ended without a label."""
        return Job.model_validate(await self._http.post(f"/jobs/{job_id}/go"))

    async def change(self, job_id: str, **changes: Any) -> Job:
        """Change `budget_usd`, `weight`, `records_per_minute` or `failure_stop` of a job that has not ended.

        None removes a budget, a rate or a failure stop; what is not given stays.
        """
        return Job.model_validate(await self._http.patch(f"/jobs/{job_id}", changes))

    async def cancel(self, job_id: str) -> Job:
        return Job.model_validate(await self._http.post(f"/jobs/{job_id}/cancel"))

    async def set_budget(self, job_id: str, budget_usd: float | None) -> Job:
        """Change what the job may cost in all; None takes the limit away.

        Raised, a job that waits for it goes on; below what is spent, it stops.
        """
        return Job.model_validate(await self._http.patch(f"/jobs/{job_id}", {"budget_usd": budget_usd}))

    async def run_again(
        self,
        job_id: str,
        *,
        outcomes: Sequence[RunOutcome] = (),
        reasons: Sequence[str] = (),
        record_ids: Sequence[str] = (),
        subset_id: str | None = None,
        where: Condition | str | None = None,
        include_verified: bool = False,
        budget_usd: float | None = None,
        canary: Mapping[str, Any] | None = None,
        failure_stop: Mapping[str, Any] | None = None,
    ) -> Job:
        """Run records of a completed or cancelled job again, in a new pass; `check_run_again` counts them beforehand.

        All that is given must hold of a record; of several values, one. Records that people verified are left out
        unless `include_verified`; their decisions hold in any case. `budget_usd` is for all passes together.
        `canary` and `failure_stop` are as in `create`.
        """
        body = _again_body(
            outcomes, reasons, record_ids, subset_id=subset_id, where=where, verified=include_verified, usd=budget_usd
        )
        body |= _job_body(canary=canary, failure_stop=failure_stop)
        return Job.model_validate(await self._http.post(f"/jobs/{job_id}/passes", body))

    async def check_run_again(
        self,
        job_id: str,
        *,
        outcomes: Sequence[RunOutcome] = (),
        reasons: Sequence[str] = (),
        record_ids: Sequence[str] = (),
        subset_id: str | None = None,
        where: Condition | str | None = None,
        include_verified: bool = False,
        budget_usd: float | None = None,
    ) -> PassCheck:
        """Count the records that `run_again` would run, and estimate their price. Nothing is changed."""
        body = _again_body(
            outcomes, reasons, record_ids, subset_id=subset_id, where=where, verified=include_verified, usd=budget_usd
        )
        return PassCheck.model_validate(await self._http.post(f"/jobs/{job_id}/passes/check", body))

    async def wait(
        self,
        job_id: str,
        *,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        interval: float = 0.5,
        until: Callable[[Job], bool] = lambda job: job.is_over,
    ) -> Job:
        """Follow a job to its end (or to `until`), calling `on_progress` with each state seen.

        Raises JobNotFinishedError after `timeout` seconds; the job itself goes on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            job = await self.get(job_id)
            if on_progress is not None:
                on_progress(job)
            if until(job):
                return job
            if deadline is not None and time.monotonic() + interval > deadline:
                raise JobNotFinishedError(
                    "The job is not finished",
                    type="job-not-finished",
                    detail=f"Job {job.name} is {job.state}, {job.counts.ended} of {job.size} records ended, "
                    f"after {timeout:g} s",
                    cure="It continues; look with `tandem status`.",
                )
            await self._sleep(interval)

    async def annotations(
        self,
        job_id: str,
        *,
        outcome: Literal["labeled", "invalid", "failed"] | None = None,
        needs_review: bool | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[Annotation]:
        """Iterate over every annotation of a job in the order of its records, fetched page by page as the iterator
        advances."""
        params: dict[str, Any] = {"outcome": outcome, "needs_review": needs_review, "limit": page_size}
        async for item in pages(self._http, f"/jobs/{job_id}/annotations", **params):
            yield Annotation.model_validate(item)

    async def annotation(self, job_id: str, record_id: str) -> AnnotationDetail:
        """One record with all that is known of it: labels with their confidence, the raw answer, samples, calls, older
        attempts, people's decisions. Raises TandemError where it was not run."""
        return AnnotationDetail.model_validate(await self._http.get(f"/jobs/{job_id}/annotation", record_id=record_id))

    async def annotation_at(self, job_id: str, seq: int) -> AnnotationDetail:
        """Return the record at a place of the data set with all that is known of it, as `annotation` does."""
        return AnnotationDetail.model_validate(await self._http.get(f"/jobs/{job_id}/annotations/{seq}"))

    def frame(self, job_id: str, *, provenance: bool = False) -> FrameSource:
        """Return the job's records with their labels as a frame, fetched when it is converted."""
        return FrameSource(self._http, f"/jobs/{job_id}/frame", provenance=provenance or None)

    async def cost(self, job_id: str) -> JobCost:
        return JobCost.model_validate(await self._http.get(f"/jobs/{job_id}/cost"))

    async def report(self, job_id: str, *, whole: bool = True) -> JobReport:
        """Get the job's report so far; with `whole`, wait until all records that ended are in it."""
        while True:
            report = JobReport.model_validate(await self._http.get(f"/jobs/{job_id}/report"))
            if report.share == 1 or not whole:
                return report

    async def export(
        self,
        job_id: str,
        file: str | Path,
        *,
        format: ExportFormat | None = None,  # noqa: A002 - the API's own name
        spreadsheet_safe: bool = False,
        outcomes: Sequence[str] = (),
        labels: Sequence[str] = (),
        confidence_from: float | None = None,
        confidence_to: float | None = None,
        verified: bool | None = None,
        snapshot: str | None = None,
    ) -> int:
        """Stream a job's labels to a file; return its size in bytes. The format follows the file's ending.

        For a spreadsheet, `spreadsheet_safe` marks the file as UTF-8 and cells that look like formulas as text. The
        others choose rows, which have to meet all of them; `labels` are written as task=label. `snapshot`: "now", so
        that all of the file shows one moment. The file appears when it is complete; a broken transfer leaves an earlier
        one as it was.
        """
        target = Path(file)
        return await saved(
            self._http,
            f"/jobs/{job_id}/export",
            target,
            format=format or format_of(target),
            spreadsheet_safe=spreadsheet_safe or None,
            outcome=list(outcomes) or None,
            label=list(labels) or None,
            confidence_from=confidence_from,
            confidence_to=confidence_to,
            verified=verified,
            snapshot=snapshot,
        )
