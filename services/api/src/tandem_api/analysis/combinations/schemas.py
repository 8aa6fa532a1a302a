"""Combinations on the wire."""

from __future__ import annotations

from pydantic import Field

from tandem.events import ReviewPolicy
from tandem.quality.combining import CombinationRule
from tandem_api.resources.jobs.schemas import Job
from tandem_api.views import Body, Name, View


class CombinationCreate(Body):
    jobs: list[str] = Field(description="Ids of two to eight jobs that have ended, over one data set and label schema.")
    method: CombinationRule = Field(
        default=CombinationRule.VOTE,
        description="vote: what most agents say. dawid_skene: agents count by how often they are right, as estimated "
        "from where they agree; for single choices, from three agents on.",
    )
    name: Name | None = Field(default=None, description="Made from method and jobs when left out.")
    review_policy: ReviewPolicy = Field(
        default=ReviewPolicy(),
        description="The confidence is the share of the agents that agree, or the label's estimated probability: with "
        "a threshold of 1, all records on which agents differ go to a person. Ties are invalid.",
    )


class EstimatedAgent(View):
    job_id: str
    task: str
    accuracy: float = Field(description="Expected share of right labels.")


class Combination(View):
    job: Job
    estimated: list[EstimatedAgent] = Field(description="Estimates of dawid_skene, for each task it is used on.")
    sampled: int = Field(description="Records that the estimate is from.")
