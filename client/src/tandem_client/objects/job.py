"""Methods of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from tandem_client.notebook.job_view import job_html, show_live
from tandem_client.objects.framed import Framed

if TYPE_CHECKING:
    from tandem_client.expressions import Condition
    from tandem_client.frames.giving import FrameSource
    from tandem_client.models import Job
    from tandem_client.notebook.review_widget import ReviewWidget
    from tandem_client.notebook.table_widget import TableWidget
    from tandem_client.quality import Comparison, JobReport
    from tandem_client.resources.finding import Found
    from tandem_client.reviewing import Confirmed


class JobMethods(Framed):
    """Frames of a job.

    The columns of the data set come first, as they were imported. Each task has a column of its name with the value
    that holds (the person's where there is one), and one of its confidence; `outcome` and `verified` come last.
    `provenance=True` adds where each label comes from: model, agent, rule, person, times.
    """

    if TYPE_CHECKING:
        dataset_id: str

    def where(self, condition: Condition | str, *, order: str = "seq") -> Found:
        """Find the job's records that match, e.g. `job.where((field("confidence") < 0.9) & ~verified)`."""
        return self.tandem.finding.in_job(self.id, condition, dataset_id=self.dataset_id, order=order)

    def refresh(self) -> Job:
        """Return the job as it is now."""
        return self.tandem.jobs.get(self.id)

    def wait(self, *, timeout: float | None = None, on_progress: Callable[[Job], None] | None = None) -> Job:
        """Wait until the job is over; return it as it is then. Raises JobNotFinishedError after `timeout` seconds."""
        return self.tandem.jobs.wait(self.id, timeout=timeout, on_progress=on_progress)

    def pause(self) -> Job:
        return self.tandem.jobs.pause(self.id)

    def resume(self) -> Job:
        return self.tandem.jobs.resume(self.id)

    def go(self) -> Job:
        """Let the job go on that waits after its canary, or because too many records ended without a label."""
        return self.tandem.jobs.go(self.id)

    def change(self, **changes: Any) -> Job:
        """Change `budget_usd`, `weight`, `records_per_minute` or `failure_stop` while the job has not ended."""
        return self.tandem.jobs.change(self.id, **changes)

    def cancel(self) -> Job:
        return self.tandem.jobs.cancel(self.id)

    def report(self) -> JobReport:
        """Get the job's report, of all records that ended."""
        return self.tandem.jobs.report(self.id)

    def compare(self, *others: Job) -> Comparison:
        """Compare with jobs of other agents over the same records."""
        return self.tandem.comparisons.get([self.id, *(other.id for other in others)])

    def confirm(self, record_ids: Iterable[Any], *, page: str | None = None) -> Confirmed:
        """Confirm the model's labels of these records, e.g. `job.confirm(frame[frame.topic_confidence > 0.99]["id"])`.

        Needs the address of the review page, as the connection's own or as `page`.
        """
        return self.tandem.decisions.confirm(self.id, record_ids, page=page)

    def decide(self, record_id: Any, *, page: str | None = None, **values: Any) -> None:
        """Say what is right for a record: `job.decide("r7", sentiment="positive")`. Raises TandemError."""
        self.tandem.decisions.decide(self.id, record_id, values, page=page)

    def review(self, *, page: str | None = None, height: int = 620) -> ReviewWidget:
        """Return the review card as a widget for a notebook's cell; `tandem_client.notebook.review` tells more."""
        from tandem_client.notebook import review  # noqa: PLC0415 - for notebooks alone

        return review(cast("Job", self), page=page, height=height)

    def table(self, where: Condition | str | None = None, *, page: str | None = None, height: int = 620) -> TableWidget:
        """Return the job's records as a table for a notebook's cell; `tandem_client.notebook.table` tells more."""
        from tandem_client.notebook import table  # noqa: PLC0415 - for notebooks alone

        return table(cast("Job", self), where=where, page=page, height=height)

    def _frame(self, **params: Any) -> FrameSource:
        return self.tandem.jobs.frame(self.id, **params)

    def _repr_html_(self) -> str:
        return job_html(cast("Job", self))

    def _ipython_display_(self) -> None:
        """Show the job in a notebook; its progress goes on there without keeping the kernel busy."""
        show_live(cast("Job", self))
