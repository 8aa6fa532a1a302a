"""Quality of labels: reports of jobs and comparisons of agents. What does not concern a kind of task is None."""


# Written by `make async-client` from quality.py: change that one.

from __future__ import annotations

from tandem_client.aio.models import Job
from tandem_client.quality import EstimatedAgent
from tandem_client.tasks import ApiModel


class Combination(ApiModel):
    """The job whose labels are combined, and what was estimated of the agents."""

    job: Job
    estimated: tuple[EstimatedAgent, ...] = ()
    sampled: int = 0
