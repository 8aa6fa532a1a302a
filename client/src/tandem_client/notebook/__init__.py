"""Widgets for notebooks: `review(job)` puts the review card into a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tandem_client.frames.extras import need

if TYPE_CHECKING:
    from tandem_client.models import Job
    from tandem_client.notebook.review_widget import ReviewWidget

__all__ = ["review"]


def review(job: Job, *, page: str | None = None, height: int = 620) -> ReviewWidget:
    """Return the review card of a job as a widget: all keys, reservations, history and undo of the page.

    Decisions are those of the connection's person, on the same queue as the page's. `page` is the address of the review
    page, where the connection's own address is the api's; `height` in pixels. Raises TandemError where no review
    service answers.
    """
    need("anywidget", "The review card")
    from tandem_client.notebook.review_widget import ReviewWidget  # noqa: PLC0415 - imports the extra

    return ReviewWidget(job, page=page, height=height)
