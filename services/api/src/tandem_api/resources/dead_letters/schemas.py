"""Dead letters on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from tandem.store.dead_letters.documents import DeadLetterState
from tandem_api.paging import Page
from tandem_api.views import Body, View

MOST_CHARACTERS = 1_000_000


class DeadLetter(View):
    """A message that a consumer could not handle."""

    id: str
    state: DeadLetterState
    topic: str = Field(description="The topic that it was read from.")
    group: str = Field(description="The consumer group that could not handle it.")
    reason: str = Field(description="A word, e.g. `bad_schema` or `handler_failed`.")
    detail: str
    key: str
    job_id: str | None = Field(description="Of the content, where it can be read; so are the following.")
    project_id: str | None
    seq: int | None
    record_id: str | None
    result: str | None = Field(description="What came of a replay.")
    written_at: datetime
    handled_at: datetime | None
    handled_by_id: str | None = Field(description="Who changed, replayed or discarded it last.")
    expires_at: datetime = Field(description="It is forgotten then, whatever became of it.")


class DeadLetterContent(DeadLetter):
    value: str = Field(description="The content as it was; bytes that are not UTF-8 are replaced.")
    fixed: str | None = Field(description="The content as it was changed, which a replay uses.")


class DeadLetterPage(Page[DeadLetter]):
    pass


class DeadLetterFix(Body):
    value: str = Field(min_length=2, max_length=MOST_CHARACTERS, description="The whole content, as JSON.")
