"""The page's port as people reach it: the review application and the api behind its forwarder, over a real MongoDB."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from served import served
from tandem.messaging import Connection, Producer
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.database import Database
from tandem.store.indexes import ensure_indexes
from tandem_api.app import make_app as make_api_app
from tandem_api.bootstrap import make_services
from tandem_api.resources.access.service import AccessService
from tandem_api.settings import ApiSettings, ProviderOffer
from tandem_verification_ui.app import make_app as make_review_app
from tandem_verification_ui.bootstrap import make_services as make_review_services
from tandem_verification_ui.forward import Forwarder
from tandem_verification_ui.review.publisher import DecisionPublisher

ADMIN_KEY = "an-admin-key-that-is-long-enough-for-tests"
CSRF = {"X-Tandem-Request": "1"}
_SERVICES = Path(__file__).parents[3] / "services"


@dataclass
class Port:
    """Where the page is served, and the two applications behind it."""

    url: str
    api: FastAPI
    review: FastAPI
    database: Database

    def browser(self) -> httpx.AsyncClient:
        """Open a browser: it keeps the cookies that answers set, as the page does."""
        return httpx.AsyncClient(base_url=self.url, headers=CSRF, timeout=30, trust_env=False)

    def program(self, token: str) -> httpx.AsyncClient:
        """Open a program that sends this API key."""
        return httpx.AsyncClient(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )


def routes() -> list[tuple[str, str]]:
    """Return method and path template of every operation of both OpenAPI documents."""
    found = []
    for service in ("api", "verification-ui"):
        document = json.loads((_SERVICES / service / "openapi.json").read_text())
        found += [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]
    return found


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.fixture
async def port(mongo_url: str, mongo_db_name: str, database: Database) -> AsyncIterator[Port]:
    settings = ApiSettings(
        mongo=MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}),
        providers=(ProviderOffer(name="offline", models=("nearest-label",)),),
        tryout_seconds=0.2,
    )
    services, authenticator = make_services(settings, database)
    await services[AccessService].ensure_bootstrap_admin(ADMIN_KEY)
    api = make_api_app(services, authenticator)
    nowhere = Connection(KafkaSettings(bootstrap_servers="127.0.0.1:1", unavailable_limit_seconds=0.1))
    reviewing, reviewers = make_review_services(
        database, publisher=DecisionPublisher(Producer(nowhere)), reservation_seconds=120
    )
    async with served(api) as api_url:
        forwarder = Forwarder(api_url)
        review = make_review_app(
            authenticator=reviewers,
            services=reviewing,
            forwarder=forwarder,
        )
        async with served(review) as url:
            yield Port(url, api, review, database)
        await forwarder.close()
