"""When to call again, and how long to wait."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tandem.events import ErrorKind
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict
from tandem_llm_worker.providers.retry import Retry
from tandem_llm_worker.settings import RetrySettings


@dataclass
class Story:
    """Calls that go as scripted, on a clock that the waits move."""

    outcomes: list[CallFailed | str]
    seconds_per_call: float = 0.0
    now: float = 0.0
    calls: int = 0
    waits: list[float] = field(default_factory=list)

    async def call(self) -> str:
        self.calls += 1
        self.now += self.seconds_per_call
        outcome = self.outcomes[min(self.calls, len(self.outcomes)) - 1]
        if isinstance(outcome, CallFailed):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def retry(self, *, jitter: float = 1.0, **more: float) -> Retry:
        """`jitter`: where in the range each draw falls."""
        settings = RetrySettings.model_validate(more)
        return Retry(
            settings, sleep=self.sleep, clock=lambda: self.now, jitter=lambda low, high: low + jitter * (high - low)
        )


def transient(retry_after: float | None = None) -> CallFailed:
    return CallFailed(ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT, "broken", status=500, retry_after=retry_after)


def refused(retry_after: float | None = None) -> CallFailed:
    return CallFailed(ErrorKind.RATE_LIMITED, CallVerdict.RATE_LIMITED, "slowly", status=429, retry_after=retry_after)


async def test_a_call_that_goes_well_is_made_once_and_waits_for_nothing() -> None:
    story = Story(["fine"])

    assert await story.retry().budget()(story.call) == "fine"

    assert (story.calls, story.waits) == (1, [])


async def test_a_transient_failure_is_called_again_and_waits_double_each_time() -> None:
    story = Story([transient(), transient(), transient(), "fine"])

    assert await story.retry(base_seconds=0.5).budget()(story.call) == "fine"

    assert story.waits == [0.5, 1.0, 2.0]


async def test_waits_have_full_jitter() -> None:
    story = Story([transient(), transient(), "fine"])

    await story.retry(jitter=0.0).budget()(story.call)

    assert story.waits == [0.0, 0.0]


async def test_a_permanent_failure_is_raised_at_once() -> None:
    story = Story([CallFailed(ErrorKind.AUTHENTICATION, CallVerdict.PERMANENT, "no", status=401)])

    with pytest.raises(CallFailed, match="no"):
        await story.retry().budget()(story.call)

    assert (story.calls, story.waits) == (1, [])


async def test_a_permanent_failure_after_a_transient_one_is_raised_at_once() -> None:
    story = Story([transient(), CallFailed(ErrorKind.REFUSAL, CallVerdict.PERMANENT, "never")])

    with pytest.raises(CallFailed, match="never"):
        await story.retry().budget()(story.call)

    assert story.calls == 2


async def test_calls_are_bounded_in_number_and_the_last_failure_is_raised() -> None:
    story = Story([transient()])

    with pytest.raises(CallFailed, match="broken"):
        await story.retry(max_calls=4).budget()(story.call)

    assert (story.calls, len(story.waits)) == (4, 3)


async def test_refusals_have_a_bound_of_their_own() -> None:
    story = Story([*([refused()] * 8), transient(), "fine"])

    assert await story.retry(max_calls=2, max_refused_calls=10, max_wait_seconds=1).budget()(story.call) == "fine"


async def test_no_call_starts_past_the_total_time() -> None:
    story = Story([transient()], seconds_per_call=10)

    with pytest.raises(CallFailed):
        await story.retry(max_calls=100, max_seconds=35, max_wait_seconds=4).budget()(story.call)

    assert story.now == 33.5 + 10  # the fourth began after 33.5 s, the fifth would have after 47.5
    assert story.calls == 4


async def test_retry_after_is_waited_for_with_a_little_jitter() -> None:
    story = Story([refused(retry_after=7), "fine"])

    await story.retry(base_seconds=0.5).budget()(story.call)

    assert story.waits == [7.5]


async def test_retry_after_is_capped() -> None:
    story = Story([refused(retry_after=3600), "fine"])

    await story.retry(max_retry_after_seconds=30, base_seconds=0.5).budget()(story.call)

    assert story.waits == [30.5]


async def test_other_errors_pass_through() -> None:
    async def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Retry(RetrySettings()).budget()(bug)
