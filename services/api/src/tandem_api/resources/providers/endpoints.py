"""/providers"""

from __future__ import annotations

from fastapi import APIRouter

from tandem.web import Viewer
from tandem_api.resources.providers.schemas import ProviderList
from tandem_api.routing import PREFIX, Api

router = APIRouter(prefix=f"{PREFIX}/providers", tags=["providers"])


@router.get("")
async def list_providers(_caller: Viewer, api: Api) -> ProviderList:
    """List the model providers that the operators configured."""
    return api.providers.list()
