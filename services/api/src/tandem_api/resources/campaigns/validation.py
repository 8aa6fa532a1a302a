"""Campaigns from requests: every parameter is checked before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import orjson
from pydantic import ValidationError

from tandem.events import CampaignTerms, JobState, LabelSchemaSpec, thresholds_campaign_id
from tandem.jobs import Selection
from tandem.people import Caller
from tandem.review.campaigns.strategies.disagreement import DISAGREEMENT
from tandem.review.campaigns.strategies.registry import STRATEGIES
from tandem.review.campaigns.strategies.thresholds import THRESHOLDS
from tandem.review.campaigns.strategy import CampaignScope, Parameters, Strategy
from tandem.store.campaigns.documents import CampaignDocument, disagreement_id, new_campaign
from tandem.store.database import utcnow
from tandem.store.jobs.documents import JobDocument, selected
from tandem.web import Problem
from tandem.web.invalid_content import FieldProblem
from tandem_api.resources.campaigns.schemas import CampaignCreate, CampaignSelection


def strategy_called(name: str) -> Strategy:
    """Return the strategy of this name. Raises a Problem."""
    if (strategy := STRATEGIES.get(name)) is None:
        raise Problem(
            422,
            "no-such-strategy",
            f"There is no review strategy {name!r}.",
            field="strategy",
            cure=f"Use one of {', '.join(STRATEGIES)}.",
        )
    return strategy


def checked_parameters(strategy: Strategy, given: Mapping[str, Any]) -> Parameters:
    """Return the parameters as the strategy reads them. Raises a Problem that names each wrong field."""
    try:
        return strategy.parameters.model_validate(given)
    except ValidationError as error:
        problems = [
            FieldProblem(
                field=".".join(("parameters", *map(str, each["loc"]))),
                detail=each["msg"],
                cure=f"GET /api/v1/campaign-strategies describes the parameters of {strategy.name}.",
            )
            for each in error.errors(include_url=False)
        ]
        raise Problem(
            422,
            "invalid-parameters",
            f"{problems[0].field}: {problems[0].detail}.",
            field=problems[0].field,
            cure=problems[0].cure,
            errors=problems,
        ) from error


def check_against_jobs(strategy: Strategy, parameters: Parameters, jobs: Sequence[JobDocument]) -> None:
    """Check that the strategy can pick from these jobs. Raises a Problem."""
    schemas = tuple(LabelSchemaSpec.model_validate(job["published"]["label_schema"]) for job in jobs)
    scope = CampaignScope(jobs=tuple(job["_id"] for job in jobs), schemas=schemas)
    if (problem := parameters.problem(scope)) is not None:
        field, detail = problem
        raise Problem(422, "invalid-parameters", detail, field=f"parameters.{field}", cure="Name one that exists.")
    if strategy.needs_ended_jobs:
        check_ended(jobs)


def check_fixed(parameters: Parameters, campaign: CampaignDocument) -> None:
    """Check that no parameter changes that holds from the start of the campaign. Raises a Problem."""
    given = parameters.model_dump(mode="json")
    for name in parameters.fixed:
        if given[name] != campaign["parameters"].get(name):
            raise Problem(
                422,
                "invalid-parameters",
                f"{name} cannot be changed: the sample was drawn with it.",
                field=f"parameters.{name}",
                cure="Create another campaign.",
            )


def check_ended(jobs: Sequence[JobDocument]) -> None:
    """Check that the jobs have ended. Raises a Problem."""
    if live := [job["name"] for job in jobs if JobState(job["state"]).is_live]:
        raise Problem(
            409,
            "wrong-state",
            f"{', '.join(live)} {'have' if len(live) > 1 else 'has'} not ended.",
            field="jobs",
            cure="Wait until all jobs are over: which records are picked is not known before.",
        )


def chosen(given: CampaignSelection | None, jobs: Sequence[JobDocument], found: Selection | None) -> Selection:
    """Return the records that all jobs run over, of them those given. Raises a Problem where there is none.

    `found`: what the expression of the selection matches; None where it has none.
    """
    selection = reduce(and_, map(selected, jobs))
    if found is not None:
        selection &= found
    if given is not None and given.seqs is not None:
        selection &= Selection.of(given.seqs)
    elif given is not None:
        low = given.from_seq or 0
        below = selection.below_seq if given.below_seq is None else given.below_seq
        selection &= Selection.range(low, max(low, below))
    if not selection:
        raise Problem(
            422,
            "empty-selection",
            "No record of the job is selected.",
            field="selection",
            cure="Leave it out for all records of the job, or change its expression.",
        )
    return selection


def campaign_of(
    body: CampaignCreate,
    strategy: Strategy,
    parameters: Parameters,
    jobs: Sequence[JobDocument],
    caller: Caller,
    *,
    found: Selection | None = None,
) -> CampaignDocument:
    """Return the campaign that a request asks for. `found`: what the expression of its selection matches."""
    job_ids = [job["_id"] for job in jobs]
    return new_campaign(
        campaign_id=_campaign_id(body, job_ids, parameters),
        name=body.name or strategy.title,
        project_id=jobs[0]["project_id"],
        dataset_id=jobs[0]["dataset_id"],
        jobs=job_ids,
        strategy=strategy.name,
        parameters=parameters.model_dump(mode="json"),
        selection=chosen(body.selection, jobs, found),
        terms=CampaignTerms(order=body.order, blind_share=body.blind_share),
        people=body.people,
        stop={"rule": body.stop.rule.value, "after": body.stop.after},
        created_at=utcnow(),
        created_by=caller.name,
        created_by_id=caller.person_id,
    )


def _campaign_id(body: CampaignCreate, job_ids: Sequence[str], parameters: Parameters) -> str:
    """Return the id of a campaign: the same request is the same campaign, so that it can be sent again."""
    if body.strategy == THRESHOLDS.name:
        return thresholds_campaign_id(job_ids[0])
    asked = parameters.model_dump(mode="json")
    asked.pop("used", None)  # what was fitted changes with each decision
    if body.strategy == DISAGREEMENT.name and body == CampaignCreate(
        strategy=body.strategy, parameters=body.parameters
    ):
        return disagreement_id(job_ids, asked["task"], asked["min_confidence"])
    rest = body.model_dump(mode="json", exclude={"parameters"})
    if rest["selection"] is not None and rest["selection"]["where"] is None:
        del rest["selection"]["where"]  # requests of versions without it keep their ids
    return hashlib.sha256(orjson.dumps([job_ids, asked, rest], option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
