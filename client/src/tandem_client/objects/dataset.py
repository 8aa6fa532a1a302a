"""Methods of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from tandem_client.objects.framed import Framed

if TYPE_CHECKING:
    from tandem_client.expressions import Condition
    from tandem_client.frames.giving import FrameSource
    from tandem_client.models import ImportResult
    from tandem_client.resources.finding import Found


class DatasetMethods(Framed):
    """Frames into a data set and out of it."""

    def add(
        self,
        frame: Any,
        *,
        text: str | Sequence[str] | Mapping[str, str],
        id: str | None = None,  # noqa: A002 - what the column is called nearly always
        metadata: Literal["*"] | Sequence[str] = (),
        gold: Mapping[str, str] | None = None,
        label_schema_id: str | None = None,
        make_ids: bool = False,
        on_duplicate: Literal["error", "skip"] | None = None,
        on_same_content: Literal["keep", "skip", "error"] = "keep",
    ) -> ImportResult:
        """Add a frame's rows, all of them or none.

        `frame` is a pandas or polars frame, an Arrow table or anything with `__arrow_c_stream__`, a Hugging Face data
        set, or a list of dicts. `text` names the column or columns that are labeled (a mapping gives the fields other
        names), `id` the column of the rows' own keys; left out, it is the column `id` or `record_id`, and where there
        is none, or with `make_ids`, ids are made from the content. `metadata` names the columns to keep beside, "*" for
        all others. `gold` maps tasks to the columns of values known to be right, `label_schema_id` has them checked.

        Types are kept: frames of this data set and of its jobs have the dtypes that came in. Raises TandemError, which
        names the column and what to do.
        """
        return self.tandem.datasets.add(
            self.id,
            frame,
            text=text,
            id=id,
            metadata=metadata,
            gold=gold,
            label_schema_id=label_schema_id,
            make_ids=make_ids,
            on_duplicate=on_duplicate,
            on_same_content=on_same_content,
        )

    def find(self, condition: Condition | str) -> Found:
        """Find the data set's records that match, e.g. `dataset.find(text.contains("refund"))`."""
        return self.tandem.finding.in_dataset(self.id, condition)

    def _frame(self, **params: Any) -> FrameSource:
        return self.tandem.datasets.frame(self.id, **params)
