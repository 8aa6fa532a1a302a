"""Policy of how many people must agree before their opinions settle a record."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MOST_READERS = 10


class OpinionPolicy(BaseModel):
    """A job's policy; it never changes once the job exists.

    readers=1: one reader settles a record. readers=n: n people must give the same value for a task.
    adjudicated: once `readers` people differ, no further reader is asked; an adjudicator's opinion settles the record.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    readers: int = Field(default=1, ge=1, le=MOST_READERS)
    adjudicated: bool = False
