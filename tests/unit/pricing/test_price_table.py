"""The price table: which price holds for which model on which day, and what it makes of tokens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tandem.events import ModelCall, Usage
from tandem.pricing import ListPrice, PriceFileError, PriceTable, parse_prices, price_of, spend_of, totals_of
from tandem.pricing.files import load_prices

TODAY = datetime(2026, 11, 1, tzinfo=UTC)
OPERATORS = """
as_of: 2026-10-01
providers: {team-b: openai}
prices:
  - {provider: local, models: ["*"], free: true}
  - {provider: openai, models: [gpt-4o-mini], input: 1, output: 2, valid_from: 2026-01-01}
"""


def tokens(prompt: int, completion: int, cached: int = 0) -> Usage:
    return Usage(prompt_tokens=prompt, completion_tokens=completion, cached_tokens=cached)


def call(model: str = "", usage: Usage | None = None, **more: object) -> ModelCall:
    return ModelCall.model_validate({"started_at": TODAY, "seconds": 1, "model": model, "usage": usage, **more})


def test_the_prices_that_come_with_tandem_are_read_and_dated() -> None:
    table = load_prices()
    assert table.as_of is not None
    assert table.price("gpt-4o-mini-2024-07-18", tokens(1_000_000, 0), "openai", TODAY).amount == 0.15
    assert table.price("gpt-4o-mini-audio-preview", tokens(1, 1), "openai", TODAY).amount is None


def test_cached_tokens_are_a_part_of_the_prompt_and_cost_less() -> None:
    price = ListPrice(provider="p", models=("m",), input=2, cached_input=0.5, output=10)
    assert price.amount(tokens(1_000_000, 100_000, cached=400_000)) == pytest.approx(1.2 + 0.2 + 1.0)
    assert price.amount(tokens(10, 0, cached=99)) == pytest.approx(5e-6)


def test_a_price_holds_from_its_day_on() -> None:
    table = load_prices()
    assert table.price("o3", tokens(1_000_000, 0), "openai", date(2025, 6, 9)).amount == 10
    assert table.price("o3", tokens(1_000_000, 0), "openai", date(2025, 6, 10)).amount == 2
    assert not table.knows("openai", "o3", date(2024, 1, 1))


def test_the_operators_file_wins_and_names_other_providers(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(OPERATORS)
    table = load_prices(file)
    assert table.price("gpt-4o-mini", tokens(1_000_000, 0), "openai", TODAY).amount == 1
    assert table.price("gpt-4o-mini", tokens(1_000_000, 0), "team-b", TODAY).amount == 1
    assert table.price("gpt-4.1", tokens(1_000_000, 0), "team-b", TODAY).amount == 2
    assert table.price("anything", tokens(5, 5), "local", TODAY).amount == 0
    assert table.price("anything", tokens(5, 5), "elsewhere", TODAY).amount is None


def test_an_exact_name_wins_over_a_pattern_and_a_longer_pattern_over_a_shorter() -> None:
    prices = [(["*"], 1), (["gpt-*"], 2), (["gpt-x"], 3)]
    file = parse_prices(
        str({"prices": [{"provider": "*", "models": m, "input": n, "output": 0} for m, n in prices]}), name="f"
    )
    table = PriceTable([file])
    found = [table.find("any", model, TODAY) for model in ("llama", "gpt-y", "gpt-x")]
    assert [price.input for price in found if price] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("prices: [", "not YAML"),
        ("prices: [{provider: p, models: [m], input: -1, output: 1}]", "prices.0.input"),
        ("prices: [{provider: p, models: [m], input: 1}]", "give `input` and `output`"),
        ("prices: [{provider: p, models: [m], free: true, output: 1}]", "no other price"),
        ("prices: [{provider: p, models: [m], input: 1, output: 1, outptu: 3}]", "outptu"),
        ("currency: EUR", "currency"),
    ],
)
def test_a_wrong_file_says_where(text: str, place: str) -> None:
    with pytest.raises(PriceFileError, match=r"prices of ours") as caught:
        parse_prices(text, name="prices of ours")
    assert place in str(caught.value)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(PriceFileError, match="cannot be read"):
        load_prices(tmp_path / "none.yaml")


TWO = PriceTable([parse_prices("prices: [{provider: p, models: [a], input: 1, output: 2}]", name="t")])


def test_an_answer_of_one_model_is_priced_by_its_total() -> None:
    calls = [call(error="timeout"), call(status=200)]
    usage = tokens(1_000_000, 500_000)
    price = price_of(TWO, provider="p", model="a", usage=usage, calls=calls, at=TODAY)
    assert price is not None
    assert (price.amount, price.by_model) == (2.0, None)
    (row,) = spend_of(provider="p", model="a", usage=usage, calls=calls, price=price)
    assert (row.calls, row.retries, row.amount, row.unpriced_tokens) == (2, 1, 2.0, 0)


def test_a_second_model_is_priced_by_its_own_price_and_what_is_unknown_is_counted() -> None:
    calls = [call("a", tokens(1_000_000, 0), provider="p", error="refusal"), call(usage=tokens(70, 7))]
    usage = tokens(1_000_070, 7)
    price = price_of(TWO, provider="p", model="b", usage=usage, calls=calls, at=TODAY)
    assert price is not None
    assert price.amount is None
    assert price.by_model == {"p/a": 1.0, "p/b": None}
    rows = {row.model: row for row in spend_of(provider="p", model="b", usage=usage, calls=calls, price=price)}
    assert (rows["a"].amount, rows["a"].unpriced_tokens) == (1.0, 0)
    assert (rows["b"].amount, rows["b"].unpriced_tokens) == (0.0, 77)
    assert totals_of(rows.values()).tokens == 1_000_077


def test_an_answer_without_a_call_cost_nothing() -> None:
    assert price_of(TWO, provider="p", model="a", usage=None, calls=(), at=TODAY) is None
    assert spend_of(provider="p", model="a", usage=None, calls=(), price=None) == ()


USAGES = st.builds(tokens, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.none() | USAGES), max_size=5))
def test_no_token_of_an_answer_is_lost_between_its_models(calls: list[tuple[str, Usage | None]]) -> None:
    made = [call(model, usage, provider="p" if model else "") for model, usage in calls]
    used = [usage for _, usage in calls if usage is not None]
    usage = tokens(sum(u.prompt_tokens for u in used), sum(u.completion_tokens for u in used)) if used else None
    price = price_of(TWO, provider="p", model="a", usage=usage, calls=made, at=TODAY)
    total = totals_of(spend_of(provider="p", model="a", usage=usage, calls=made, price=price))
    assert total.calls == len(calls)
    assert total.tokens == (usage.prompt_tokens + usage.completion_tokens if usage else 0)
    if price is not None and price.amount is not None:
        assert total.amount == pytest.approx(price.amount)
        assert total.unpriced_tokens == 0
