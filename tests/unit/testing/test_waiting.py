from __future__ import annotations

import pytest

from tandem.testing.waiting import eventually


async def test_the_first_true_result_is_returned() -> None:
    results = iter([0, None, "there"])
    assert await eventually(lambda: next(results)) == "there"


async def test_an_assertion_of_an_async_predicate_means_not_yet_and_is_told_at_the_deadline() -> None:
    async def never() -> bool:
        raise AssertionError("2 of 3 arrived")

    with pytest.raises(AssertionError, match="2 of 3 arrived"):
        await eventually(never, timeout=0.05)


async def test_another_error_is_raised_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)
