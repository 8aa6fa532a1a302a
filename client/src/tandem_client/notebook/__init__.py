"""Widgets for notebooks: `review(job)` puts the review card into a cell, `table(job)` the records as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tandem_client.frames.extras import need

if TYPE_CHECKING:
    from tandem_client.expressions import Condition
    from tandem_client.models import Job
    from tandem_client.notebook.review_widget import ReviewWidget
    from tandem_client.notebook.table_widget import TableWidget

__all__ = ["review", "table"]


def review(job: Job, *, page: str | None = None, height: int = 620) -> ReviewWidget:
    """Return the review card of a job as a widget: all keys, reservations, history and undo of the page.

    Decisions are those of the connection's person, on the same queue as the page's. `page` is the address of the review
    page, where the connection's own address is the api's; `height` in pixels. Raises TandemError where no review
    service answers.
    """
    need("anywidget", "The review card")
    from tandem_client.notebook.review_widget import ReviewWidget  # noqa: PLC0415 - imports the extra

    return ReviewWidget(job, page=page, height=height)


def table(job: Job, *, where: Condition | str | None = None, page: str | None = None, height: int = 620) -> TableWidget:
    """Return a job's records as a table: least sure first, with filters, a selection, and decisions in bulk.

    `where` limits it, e.g. `(field("confidence") < 0.9) & ~verified`; all records that were run when left out. The ids
    of the selected records are `table.selected`. Raises TandemError, e.g. where the condition is none.
    """
    need("anywidget", "The table")
    from tandem_client.notebook.table_widget import TableWidget  # noqa: PLC0415 - imports the extra

    return TableWidget(job, where=where, page=page, height=height)
