"""Dependencies of endpoints: `api: Api` in an endpoint's signature gives the services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tandem_api.analysis.combinations.service import CombinationService
from tandem_api.analysis.comparisons.service import ComparisonService
from tandem_api.analysis.reports.service import ReportService
from tandem_api.resources.access.service import AccessService
from tandem_api.resources.agents.service import AgentService
from tandem_api.resources.annotations.service import AnnotationService
from tandem_api.resources.campaigns.service import CampaignService
from tandem_api.resources.carry_over.service import CarryOverService
from tandem_api.resources.datasets.service import DatasetService
from tandem_api.resources.jobs.service import JobService
from tandem_api.resources.label_schemas.service import LabelSchemaService
from tandem_api.resources.people.service import PeopleService
from tandem_api.resources.projects.service import ProjectService
from tandem_api.resources.providers.service import ProviderService
from tandem_api.resources.review_orders.service import ReviewOrderService

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Services:
    """One of each for the whole process; they keep no state of requests."""

    projects: ProjectService
    label_schemas: LabelSchemaService
    carry_over: CarryOverService
    datasets: DatasetService
    agents: AgentService
    jobs: JobService
    annotations: AnnotationService
    reports: ReportService
    comparisons: ComparisonService
    combinations: CombinationService
    campaigns: CampaignService
    review_orders: ReviewOrderService
    access: AccessService
    people: PeopleService
    providers: ProviderService


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Api = Annotated[Services, Depends(_services)]
