"""/providers"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from tandem.web import Viewer, provided
from tandem_api.resources.providers.schemas import ProviderList
from tandem_api.resources.providers.service import ProviderService

router = APIRouter(prefix="/providers", tags=["providers"])
Service = Annotated[ProviderService, provided(ProviderService)]


@router.get("")
async def list_providers(_caller: Viewer, service: Service) -> ProviderList:
    """List the model providers that the operators configured."""
    return service.list()
