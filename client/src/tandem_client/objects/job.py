"""What a job does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tandem_client.objects.framed import Framed

if TYPE_CHECKING:
    from tandem_client.frames.giving import FrameSource


class JobMethods(Framed):
    """Frames of a job.

    The columns of the data set come first, as they were imported. Each task has a column of its name with the value
    that holds (the person's where there is one), and one of its confidence; `outcome` and `verified` come last.
    `provenance=True` adds where each label comes from: model, agent, rule, person, times.
    """

    def _frame(self, **params: Any) -> FrameSource:
        return self.tandem.jobs.frame(self.id, **params)
