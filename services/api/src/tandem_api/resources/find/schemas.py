"""Find on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tandem.finding import Expression
from tandem.finding.lexing import MOST_CHARACTERS
from tandem_api.resources.annotations.schemas import Annotation
from tandem_api.views import Body, View

TextForm = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]


OrderText = Annotated[str, StringConstraints(min_length=1, max_length=300)]
ORDERS = (
    "`seq`; of a job also `confidence`, the lowest of a record's labels, `decided`, the time of people's decision, "
    "`state`, and `label.TASK` of a single choice. `-` in front: descending."
)
MOST_METADATA = 300
"""Characters of a text of metadata in a page."""


class Counting(StrEnum):
    NONE = "none"
    QUICK = "quick"
    """Exact up to 10,000, else "at least"."""
    EXACT = "exact"


class Find(Body):
    where: TextForm | Expression | None = Field(
        default=None,
        description="The expression, as text or as a tree. Left out: all records.",
        examples=['text contains "refund" and label = negative and confidence < 0.8 and not verified'],
    )
    order: OrderText = Field(default="seq", description=ORDERS)
    after: str | None = Field(default=None, max_length=2000, description="`next` of the page before.")
    limit: int = Field(default=100, ge=0, le=1000, description="Records a page; 0 for the count alone.")
    count: Counting = Field(default=Counting.NONE, description="Whether to count all that match.")
    metadata: bool = Field(default=False, description="Whether to return the records' metadata; long texts are cut.")


class Measure(Body):
    where: TextForm | Expression | None = Field(
        default=None, description="The expression, as text or as a tree. Left out: all records."
    )


class FoundCount(View):
    records: int
    exact: bool = Field(description="False: at least so many.")
    text: str = Field(description="For people, e.g. 10,000+.")


class FoundRecord(View):
    seq: int
    record_id: str
    excerpt: str | None = Field(description="Beginning of the record.")
    matched: list[str] = Field(description="The tests of the expression that made it match.")
    annotation: Annotation | None = Field(default=None, description="Of the job; null where the record was not run.")
    metadata: dict[str, Any] | None = Field(default=None, description="Only on request.")


class FoundPage(View):
    where: str = Field(description="The expression as it was understood.")
    items: list[FoundRecord]
    next: str | None = Field(default=None, description="Send it as `after` for the next page; null on the last.")
    count: FoundCount | None = None
    scanned: int = Field(description="Records that were looked at for this page.")
    stopped: bool = Field(
        description="True: time ran out before the page was full. `next` goes on where the search stopped."
    )
    blind: int = Field(
        default=0,
        description="Records of the data set that were left out, whether or not they match, because the caller is "
        "still to read them without knowing their labels.",
    )


class Confidences(View):
    """How many records that match have their lowest confidence in each of equal parts of 0 to 1."""

    where: str
    bins: list[int] = Field(description="The first one from 0; a confidence of 1 is in the last one.")
    most: int | None = Field(description="A bin counts up to so many; null: all.")
    whole_job: bool = Field(
        description="True: the bins count all records of the job, since the expression reads what no index holds."
    )
    blind: int = Field(
        default=0, description="Records left out: the caller is still to read them without their labels."
    )
