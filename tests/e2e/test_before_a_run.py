"""What is told before a run, on a whole stack: the probe goes the way of every record, and the estimate holds."""

from __future__ import annotations

import pytest

from stacks import RunningStack
from tandem_client import Agent, TandemError
from tandem_client.checks import Between
from tandem_client.models import Job

LIMIT = 300


@pytest.fixture
def agent(running_stack: RunningStack) -> tuple[Agent, str]:
    """An agent of a new project, and its data set of tweets."""
    _, dataset_id, agent_id = running_stack.project_with_tweets()
    return running_stack.tandem.agents.get(agent_id), dataset_id


def holds(estimate: Between | None, actual: float) -> bool:
    assert estimate is not None
    return estimate.low <= actual <= estimate.high


def test_a_probe_goes_through_the_workers_and_is_in_no_list(
    running_stack: RunningStack, agent: tuple[Agent, str]
) -> None:
    version, dataset_id = agent
    found = running_stack.tandem.jobs.check(version.project_id, dataset_id=dataset_id, agent_id=version.id)
    assert (found.ok, found.problems) == (True, ())
    assert found.probe is not None
    (tried,) = found.probe.records
    assert (tried.outcome, tried.model) == ("labeled", version.model)
    assert tried.raw is not None
    assert tried.labels[0]["value"] in tried.raw
    assert tried.labels[0]["confidence"] is not None
    assert running_stack.tandem.jobs.list(version.project_id) == []
    with pytest.raises(TandemError) as refused:
        running_stack.tandem.jobs.get(found.probe.id)
    assert refused.value.status == 404
    annotation = running_stack.mongo["annotations"].find_one({"job_id": found.probe.id})
    assert annotation is not None
    assert annotation["spending"]["models"][0]["prompt_tokens"] == tried.prompt_tokens
    assert annotation["expires_at"] > annotation["created_at"]
    assert running_stack.mongo["review_items"].count_documents({"job_id": found.probe.id}) == 0


def test_the_estimate_holds_what_the_run_takes(running_stack: RunningStack, agent: tuple[Agent, str]) -> None:
    version, dataset_id = agent
    tandem = running_stack.tandem
    tandem.agents.try_out(version.id, dataset_id=dataset_id)  # now the workers know the model
    found = tandem.jobs.check(
        version.project_id, dataset_id=dataset_id, agent_id=version.id, limit=LIMIT, probe=False
    ).estimate
    assert found is not None
    assert found.records == LIMIT
    assert 150 < found.sampled <= 200
    job: Job = tandem.jobs.create(
        version.project_id, dataset_id=dataset_id, agent_id=version.id, name="all", limit=LIMIT
    )
    job = tandem.jobs.wait(job.id, timeout=60)
    assert job.counts.labeled == LIMIT
    cost = tandem.jobs.cost(job.id).total
    assert holds(found.prompt_tokens, cost.prompt_tokens)
    assert holds(found.output_tokens, cost.completion_tokens)
    assert job.finished_at is not None
    assert job.started_at is not None
    assert holds(found.seconds, (job.finished_at - job.started_at).total_seconds())


def test_an_agent_is_tried_on_a_text_of_ones_own(running_stack: RunningStack, agent: tuple[Agent, str]) -> None:
    version, _ = agent
    tried = running_stack.tandem.agents.try_out(version.id, records=[{"text": "What a day!"}, {"text": "Late again."}])
    assert [each.outcome for each in tried.records] == ["labeled", "labeled"]
    assert {label["task"] for each in tried.records for label in each.labels} == {"sentiment"}


def test_a_model_without_quota_is_a_problem_until_it_is_cured(
    running_stack: RunningStack, agent: tuple[Agent, str]
) -> None:
    version, dataset_id = agent
    tandem = running_stack.tandem
    running_stack.behave(models={version.model: {"failures": {"quota_exhausted": 1.0}}})
    try:
        found = tandem.jobs.check(version.project_id, dataset_id=dataset_id, agent_id=version.id)
    finally:
        running_stack.behave(models={})
    assert not found.ok
    assert f"no quota left for {version.model}" in found.problems[0].detail
    assert tandem.jobs.list(version.project_id) == []
    assert tandem.jobs.check(version.project_id, dataset_id=dataset_id, agent_id=version.id).ok


def test_examples_that_people_verified_reach_the_model(running_stack: RunningStack, agent: tuple[Agent, str]) -> None:
    version, dataset_id = agent
    tandem = running_stack.tandem
    job = tandem.jobs.create(
        version.project_id, dataset_id=dataset_id, agent_id=version.id, name="first", limit=20, review_threshold=1.0
    )
    tandem.jobs.wait(job.id, timeout=60)
    running_stack.mongo["annotations"].update_many(
        {"job_id": job.id, "seq": {"$lt": 6}},
        [
            {
                "$set": {
                    "verification_revision": 1,
                    "verification": {
                        "values": {"sentiment": {"$first": "$labels.value"}},
                        "decided_at": "$$NOW",
                        "revision": 1,
                    },
                }
            }
        ],
    )
    nearest = tandem.agents.create(
        version.project_id,
        name="nearest",
        provider=version.provider,
        model=version.model,
        label_schema_id=version.label_schema_id,
        drawn_examples={"by": "nearest", "count": 3},
    )
    (prompt,) = tandem.agents.preview(nearest.id, dataset_id=dataset_id, limit=1)
    assert [message.role for message in prompt.messages] == ["system", *["user", "assistant"] * 3, "user"]
    tried = tandem.agents.try_out(nearest.id, dataset_id=dataset_id)
    plain = tandem.agents.try_out(version.id, dataset_id=dataset_id)
    assert (tried.records[0].prompt_tokens or 0) > (plain.records[0].prompt_tokens or 0)
