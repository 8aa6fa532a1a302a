"""Widgets for notebooks: `review(job)`, `table(job)`, `prompt_editor(agent)` and `dashboard(project)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tandem_client.frames.extras import need

if TYPE_CHECKING:
    from tandem_client.expressions import Condition
    from tandem_client.models import Agent, Dataset, Job, Project
    from tandem_client.notebook.dashboard_widget import Dashboard
    from tandem_client.notebook.prompt_widget import PromptEditor
    from tandem_client.notebook.review_widget import ReviewWidget
    from tandem_client.notebook.table_widget import TableWidget

__all__ = ["dashboard", "prompt_editor", "review", "table"]


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


def prompt_editor(agent: Agent, *, dataset: Dataset | None = None, limit: int = 2, height: int = 620) -> PromptEditor:
    """Return an editor of an agent's templates: injected parts marked, previewed on records, with tokens and price.

    Saving makes a new version of the agent, which is then `editor.agent`. The first `limit` records of `dataset` are
    shown, of the project's first data set when left out. No model is called.
    """
    need("anywidget", "The prompt editor")
    from tandem_client.notebook.prompt_widget import PromptEditor, first_dataset  # noqa: PLC0415 - imports the extra

    return PromptEditor(agent, dataset=dataset or first_dataset(agent), limit=limit, height=height)


def dashboard(
    project: Project, *, vectors: Mapping[str, Any] | None = None, limit: int = 2000, height: int = 620
) -> Dashboard:
    """Return a project at a glance: progress, labels, who did what, agreement, and its records as points.

    Points near each other use the same words; with `vectors` (record id to numbers, e.g. an embedding) those are near
    whose vectors are. Of each job the first `limit` records are looked at. `dashboard.selected` has the ids of the
    points that were dragged over, `dashboard.save(name)` makes a subset of them.
    """
    need("anywidget", "The dashboard")
    from tandem_client.notebook.dashboard_widget import Dashboard  # noqa: PLC0415 - imports the extra

    return Dashboard(project, vectors=vectors, limit=limit, height=height)
