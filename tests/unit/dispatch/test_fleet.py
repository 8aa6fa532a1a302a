"""What the reports of workers say about accounts."""

from __future__ import annotations

from datetime import UTC, datetime

from tandem.events import AccountReported, AccountState, WorkerReportedV1
from tandem_api.dispatch.fleet import FallbackAccount, FleetView, Obstacle
from tandem_api.dispatch.window import Ceiling

ACCOUNT = ("openai", "small")


def worker(name: str = "w", *accounts: AccountReported, providers: tuple[str, ...] = ("openai",)) -> WorkerReportedV1:
    return WorkerReportedV1(
        worker=name, slots=10, in_flight=0, providers=dict.fromkeys(providers, "ok"), accounts=accounts
    )


def said(
    state: AccountState = AccountState.OK, reason: str = "", model: str = "small", **more: object
) -> AccountReported:
    return AccountReported.model_validate(
        {"provider": "openai", "model": model, "state": state, "reason": reason, **more}
    )


STOPPED = said(AccountState.STOPPED, "quota_exhausted", message="You exceeded your current quota.")


def test_an_account_is_as_bad_as_the_worst_live_worker_says() -> None:
    fleet = FleetView()

    fleet.on_report([worker("one", said()), worker("two", STOPPED), worker("three")])

    obstacle = fleet.obstacle(ACCOUNT)
    assert obstacle
    assert obstacle.reason == "quota_exhausted"
    assert "openai has no quota left for small (You exceeded your current quota)" in obstacle.text
    assert fleet.obstacle(("openai", "large")) is None


def test_an_account_is_well_when_all_say_so_or_who_said_otherwise_is_gone() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", said()), worker("two", STOPPED)])

    fleet.on_report([worker("one", said())])

    assert fleet.obstacle(ACCOUNT) is None


def test_no_worker_says_nothing_about_an_account() -> None:
    fleet = FleetView()
    fleet.on_report([])
    assert fleet.obstacle(ACCOUNT) is None
    assert not fleet.alive
    assert not fleet.all_reported


def test_a_provider_that_a_worker_lacks_is_named_with_the_cure() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", providers=("other",))])
    assert _text(fleet.obstacle(ACCOUNT)).startswith("No llm-worker knows a provider named 'openai'. Add it to TANDEM")

    fleet.on_report([worker("one", providers=("other",)), worker("two")])
    assert _text(fleet.obstacle(ACCOUNT)).startswith("The llm-worker one knows no provider named 'openai'")


def test_the_words_stay_the_same_while_the_trouble_does() -> None:
    times = iter([datetime(2030, 1, 1, 14, minute, tzinfo=UTC) for minute in (0, 1, 2)])
    fleet = FleetView(now=lambda: next(times))
    fleet.on_report([worker("one", said(AccountState.PAUSED, "retry_after", resumes_in_seconds=600))])
    first = fleet.obstacle(ACCOUNT)
    assert "until about 14:10 UTC" in _text(first)

    fleet.on_report([worker("one", said(AccountState.PAUSED, "retry_after", resumes_in_seconds=540))])

    assert fleet.obstacle(ACCOUNT) == first


def test_what_is_handed_back_is_told_once_and_a_new_worker_counts_from_nothing() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", said(handed_back=3)), worker("two", said(handed_back=1), said(model="large"))])
    assert fleet.take_handed_back(ACCOUNT) == 4
    assert fleet.take_handed_back(ACCOUNT) == 0

    fleet.on_report([worker("one", said(handed_back=3)), worker("three", said(handed_back=2))])
    assert fleet.take_handed_back(ACCOUNT) == 2
    assert fleet.take_handed_back(("openai", "large")) == 0


def test_silence_counts_only_after_listening_for_a_while() -> None:
    now = 100.0
    fleet = FleetView(listen_seconds=2.5, clock=lambda: now)
    fleet.on_report([worker()])
    assert not fleet.all_reported
    now = 103.0
    assert fleet.all_reported


def test_slots_are_the_accounts_own_where_workers_say_them() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", said(slots=3)), worker("two")])
    assert fleet.slots(ACCOUNT) == 13


def test_a_window_that_was_too_wide_shrinks_and_opens_again() -> None:
    ceiling = Ceiling()
    assert ceiling.apply(64, 1.0) == 64
    ceiling.handed_back(44, outstanding=64)
    assert ceiling.apply(64, 0.0) == 20
    assert ceiling.apply(64, 1.0) == 23
    assert 23 < ceiling.apply(64, 5.0) < 64
    assert ceiling.apply(64, 20.0) == 64
    ceiling.handed_back(70, outstanding=64)
    assert ceiling.apply(64, 0.0) == 1


def _text(obstacle: Obstacle | None) -> str:
    assert obstacle
    return obstacle.text


def test_a_second_model_answers_for_the_trouble_that_it_is_named_for_and_no_other() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", STOPPED)])
    second = ("openai", "large")
    assert fleet.in_the_way(ACCOUNT, None)
    assert fleet.in_the_way(ACCOUNT, FallbackAccount(second, ("refusal",)))
    assert fleet.in_the_way(ACCOUNT, FallbackAccount(second, ("quota_exhausted",))) is None
    fleet.on_report([worker("one", said(AccountState.PAUSED, "retry_after"))])
    assert fleet.in_the_way(ACCOUNT, FallbackAccount(second, ("rate_limited",))) is None


def test_where_neither_model_takes_calls_it_is_told_of_the_second() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", STOPPED, said(AccountState.STOPPED, "authentication", model="large"))])
    obstacle = fleet.in_the_way(ACCOUNT, FallbackAccount(("openai", "large"), ("quota_exhausted",)))
    assert obstacle
    assert obstacle.reason == "authentication"


def test_what_is_told_of_a_running_job_names_the_one_of_two_models_that_takes_no_calls() -> None:
    fleet = FleetView()
    second = FallbackAccount(("openai", "large"), ("quota_exhausted",))
    assert fleet.degradation_note(ACCOUNT, second) is None
    fleet.on_report([worker("one", STOPPED)])
    assert fleet.degradation_note(ACCOUNT, None) is None
    assert str(fleet.degradation_note(ACCOUNT, second)).endswith("The agent's fallback model answers meanwhile.")
    fleet.on_report([worker("one", said(), said(AccountState.STOPPED, "authentication", model="large"))])
    told = str(fleet.degradation_note(ACCOUNT, second))
    assert told.startswith("Provider openai refuses the llm-workers' key")
    assert "The job goes on by itself" not in told
    assert told.endswith("keep what the first one gives.")


def test_that_a_model_reasons_is_not_forgotten_when_a_worker_starts_anew() -> None:
    fleet = FleetView()
    fleet.on_report([worker("one", said(reasons=True))])
    fleet.on_report([worker("two", said())])
    assert fleet.reasons(ACCOUNT)
    assert not fleet.reasons(("openai", "large"))


def test_a_provider_that_is_down_is_named_with_the_cause_and_the_cure() -> None:
    fleet = FleetView()
    texts = {}
    for reason, message in (
        ("connection", "connection refused"),
        ("server_error", "503: Loading model"),
        ("timeout", "no complete answer before the call's deadline"),
    ):
        fleet.on_report([worker("one", said(AccountState.STOPPED, reason, message=message))])
        obstacle = fleet.obstacle(ACCOUNT)
        assert obstacle
        assert message in obstacle.text
        texts[reason] = obstacle.text

    assert texts["connection"].startswith("The llm-workers cannot reach provider openai")
    assert "base_url" in texts["connection"]
    assert "openai answers calls to small with errors" in texts["server_error"]
    assert "timeout_seconds" in texts["timeout"]
    assert all(text.endswith("The job goes on by itself.") for text in texts.values())


def test_a_worker_that_alone_cannot_reach_the_provider_is_named() -> None:
    fleet = FleetView()
    fleet.on_report(
        [
            worker("one", said()),
            worker("two", said(AccountState.STOPPED, "connection", message="its name does not resolve (DNS)")),
        ]
    )

    obstacle = fleet.obstacle(ACCOUNT)

    assert obstacle
    assert obstacle.text.startswith("The llm-worker two cannot reach provider openai (its name does not resolve (DNS))")
    assert "others can" in obstacle.text


def test_an_account_is_limited_for_a_while_after_a_refusal_or_a_hand_back() -> None:
    now = 0.0
    fleet = FleetView(clock=lambda: now)
    fleet.on_report([worker("one", said())])
    assert not fleet.is_limited(ACCOUNT, within=120)

    fleet.on_report([worker("one", said(refused=1))])
    assert fleet.is_limited(ACCOUNT, within=120)
    now = 121.0
    fleet.on_report([worker("one", said(refused=1))])
    assert not fleet.is_limited(ACCOUNT, within=120)

    fleet.on_report([worker("one", said(refused=1, handed_back=2))])
    assert fleet.is_limited(ACCOUNT, within=120)
    assert not fleet.is_limited(("openai", "large"), within=120)


def test_the_group_is_unsettled_for_a_while_after_workers_came_or_went() -> None:
    now = 100.0
    fleet = FleetView(clock=lambda: now)
    assert not fleet.is_unsettled

    seen = []
    for now, names in ((100.0, "ab"), (114.0, "ab"), (116.0, "ab"), (117.0, "a"), (131.0, "a"), (133.0, "a")):  # noqa: B007 - read by the clock
        fleet.on_report([worker(name) for name in names])
        seen.append(fleet.is_unsettled)

    assert seen == [True, True, False, True, True, False]
