"""What the workers know of an account, put together."""

from __future__ import annotations

from typing import Any

from builders import an_agent
from tandem.events import AccountReported, AccountState, WorkerReportedV1
from tandem_api.planning.checks import account_warnings
from tandem_api.workers.accounts import known_account


def worker(name: str, *accounts: AccountReported, provider: str = "p") -> WorkerReportedV1:
    return WorkerReportedV1(worker=name, slots=9, in_flight=0, providers={provider: "ok"}, accounts=accounts)


def said(**more: Any) -> AccountReported:
    return AccountReported(**{"provider": "p", "model": "m", **more})


def test_the_limits_are_the_accounts_and_the_slots_are_added_up() -> None:
    first = said(requests_per_minute=60.0, slots=3, context_window=8000, dropped_parameters=("seed",))
    second = said(requests_per_minute=58.0, slots=4, context_window=4000, dropped_parameters=("logprobs",))
    account = known_account([worker("a", first), worker("b", second)], "p", "m")
    assert account.limits is not None
    assert (account.limits.requests_per_minute, account.limits.tokens_per_minute) == (60.0, None)
    assert account.limits.calls_in_flight == 7
    assert account.context_window == 4000
    assert account.dropped_parameters == ("logprobs", "seed")
    assert account.trouble == ""


def test_of_a_model_that_nobody_used_only_the_workers_are_known() -> None:
    account = known_account([worker("a", said(model="other")), worker("b", provider="q")], "p", "m")
    assert (account.workers, account.lacking, account.used, account.limits) == (2, ("b",), False, None)


def test_the_worst_trouble_is_told() -> None:
    paused = said(state=AccountState.PAUSED, reason="retry_after")
    stopped = said(state=AccountState.STOPPED, reason="quota_exhausted", message="no credit")
    assert known_account([worker("a", paused), worker("b", stopped)], "p", "m").trouble == "no credit"
    assert known_account([worker("a", paused), worker("b", said())], "p", "m").trouble == "retry_after"


def test_a_model_that_its_provider_does_not_list_is_warned_of() -> None:
    agent = an_agent(provider="p", model="gpt4")

    def warnings(*accounts: AccountReported) -> list[tuple[str, str | None]]:
        account = known_account([worker("a", *accounts)], "p", "gpt4")
        return [(each.detail, each.cure) for each in account_warnings(agent, account, schema="")]

    assert warnings(said(model="gpt4")) == [], "where there is no list, nothing is known"
    assert warnings(said(model="gpt4", listed=True)) == []
    [(detail, cure)] = warnings(said(model="gpt4", listed=False, alike=("gpt-4",)))
    assert "lists no model 'gpt4'" in detail
    assert cure == "Did you mean 'gpt-4'?"
