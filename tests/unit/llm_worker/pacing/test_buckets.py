"""What calls are counted for, beside what they take."""

from __future__ import annotations

from tandem_llm_worker.pacing import AccountLimits, Limiter, Need

NEED = Need(100, 20, 64)


async def used_after(end: str) -> list[float]:
    limiter = Limiter(AccountLimits(tokens_per_minute=60_000))
    with await limiter.reserve(NEED) as reservation:
        assert limiter._buckets.used == [1, 120, 100, 20]
        if end == "settled":
            reservation.settle(input_tokens=90, output_tokens=5)
        elif end == "refused":
            reservation.refused()
        elif end == "not called":
            reservation.not_called()
    return limiter._buckets.used


async def test_a_call_counts_for_what_it_was_reserved_until_its_usage_is_known() -> None:
    assert await used_after("failed") == [1, 120, 100, 20]
    assert await used_after("settled") == [1, 95, 90, 5]


async def test_a_refused_call_and_one_that_was_not_made_count_for_nothing() -> None:
    assert await used_after("refused") == [0, 0, 0, 0]
    assert await used_after("not called") == [0, 0, 0, 0]
