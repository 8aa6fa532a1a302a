"""What a worker tells the others of an account, and what it makes of what they tell."""

from __future__ import annotations

import pytest

from tandem.events import AccountReported, WorkerReportedV1
from tandem_llm_worker.calling.model import Model
from tandem_llm_worker.calling.models import Models
from tandem_llm_worker.fleet.sharing import FleetShares
from tandem_llm_worker.providers.client import ProviderClient
from tandem_llm_worker.settings import ProviderSettings

ACCOUNT = AccountReported(provider="p", model="m")


@pytest.fixture
def models() -> Models:
    settings = ProviderSettings(base_url="http://127.0.0.1:1/v1")
    return Models({"p": ProviderClient("p", settings)}, {"p": settings})


def joined(fleet: FleetShares, models: Models) -> Model:
    models.on_new.append(fleet.join)
    model = models.of("p", "m")
    assert model
    return model


def heard(fleet: FleetShares, worker: str, **said: float) -> None:
    account = ACCOUNT.model_copy(update={"accepted": 100, **said})
    fleet.on_report(WorkerReportedV1(worker=worker, slots=1, in_flight=0, accounts=(account,)))


def test_a_model_that_was_not_asked_of_yet_is_told_to_reason_where_that_is_known(models: Models) -> None:
    fleet = FleetShares("one", models, reasons=lambda provider, model: (provider, model) == ("p", "m"))

    assert fleet.say(ACCOUNT).reasons
    assert not fleet.say(AccountReported(provider="p", model="other")).reasons


def test_a_refusal_of_another_worker_is_news_and_what_was_refused_before_it_was_heard_is_none(models: Models) -> None:
    fleet = FleetShares("one", models)
    model = joined(fleet, models)
    model.limiter.accepted()

    heard(fleet, "other", refused=7, requests_per_minute=3000)
    assert model.limiter.allowance.found is None

    heard(fleet, "other", refused=8, requests_per_minute=3000)
    assert model.limiter.allowance.found == 50

    heard(fleet, "other", refused=8, requests_per_minute=1200)
    assert model.limiter.allowance.found == 50


def test_a_worker_that_was_refused_reports_at_once(models: Models) -> None:
    fleet = FleetShares("one", models)
    model = joined(fleet, models)
    fleet.changed.clear()

    model.limiter.refused()

    assert fleet.changed.is_set()
