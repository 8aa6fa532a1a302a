"""Find on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from tandem.finding import Expression
from tandem.finding.lexing import MOST_CHARACTERS
from tandem_api.finding.finder import FindOrder
from tandem_api.resources.annotations.schemas import Annotation
from tandem_api.views import Body, View

TextForm = Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]


class Counting(StrEnum):
    NONE = "none"
    QUICK = "quick"
    """Exact up to 10,000, else "at least"."""
    EXACT = "exact"


class Find(Body):
    where: TextForm | Expression = Field(
        description="The expression, as text or as a tree.",
        examples=['text contains "refund" and label = negative and confidence < 0.8 and not verified'],
    )
    order: FindOrder = Field(
        default=FindOrder.SEQ,
        description="Of a job also `confidence` and `-confidence`, the lowest of a record's labels.",
    )
    after: str | None = Field(default=None, max_length=2000, description="`next` of the page before.")
    limit: int = Field(default=100, ge=0, le=1000, description="Records a page; 0 for the count alone.")
    count: Counting = Field(default=Counting.NONE, description="Whether to count all that match.")


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
