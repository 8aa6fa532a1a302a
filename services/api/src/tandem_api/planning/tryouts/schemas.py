"""Try-outs on the wire."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tandem.events import Outcome, TaskLabel
from tandem.web.invalid_content import FieldProblem
from tandem_api.views import Body, View

MOST_TRIED = 3
_MOST_CHARACTERS = 100_000


class TryRequest(Body):
    """A request for a try-out: either records of a data set, or the caller's own `records`."""

    dataset_id: str | None = None
    from_seq: int = Field(default=0, ge=0, description="Start at the data set's first record with this seq or above.")
    limit: int = Field(default=1, ge=1, le=MOST_TRIED)
    records: list[dict[str, str]] = Field(
        default=[], max_length=MOST_TRIED, description="The fields of each, e.g. {'text': 'What a day!'}."
    )

    @model_validator(mode="after")
    def _says_what_to_try(self) -> Self:
        if (self.dataset_id is None) != bool(self.records):
            raise ValueError("give either dataset_id or records")
        if (
            not all(self.records)
            or sum(len(text) for each in self.records for text in each.values()) > _MOST_CHARACTERS
        ):
            raise ValueError(f"records have fields, and {_MOST_CHARACTERS:,} characters at most")
        return self


class TriedRecord(View):
    """The model's answer to one record, and how it was read."""

    seq: int
    record_id: str
    outcome: Outcome | None = Field(description="Null: no answer came in time.")
    reason: str | None = None
    detail: str | None = None
    raw: str | None = Field(default=None, description="The answer's text.")
    labels: tuple[TaskLabel, ...] = ()
    provider: str = ""
    model: str = ""
    seconds: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    usd: float | None = Field(default=None, description="Null where the price is not known.")


class Tryout(View):
    id: str
    state: Literal["answered", "unanswered"]
    problem: FieldProblem | None = Field(description="Why answers are missing.")
    records: list[TriedRecord]
    usd: float | None = Field(description="Price of all answers; null where a price is not known.")
    notice: str | None = Field(default=None, description="Note on how the calls were made.")
