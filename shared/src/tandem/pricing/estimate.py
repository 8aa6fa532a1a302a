"""Estimates of what a job will take, before it runs: tokens, dollars and time, each as a range with what it assumes.
Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from tandem.pricing.sizes import NONE, Range, sum_of
from tandem.pricing.table import ListPrice

_SURELY = 2.6
"""Standard errors to both sides of a mean: the true one lies between them in 99 of 100 samples."""
_MILLION = 1_000_000
_USUAL_CALL_SECONDS, _SLOWEST_CALL_SECONDS = 1.0, 10.0
_SLOWER = 4
"""How many times one call's duration all calls may take on average: the one may have met an idle server."""
_HEADROOM = 1.1


@dataclass(frozen=True, slots=True)
class ReportedLimits:
    """Account limits that the workers report; None: not known."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    calls_in_flight: int = 0
    """0: not known."""


@dataclass(frozen=True, slots=True)
class CallSizes:
    """Tokens of the calls for some records of a job, drawn evenly over all of them."""

    prompts: Sequence[Range]
    constant: Range
    """The part of each prompt that is the same for all records."""
    answer: Range
    """Tokens of one answer."""
    counted: bool
    """True when the prompts were counted by the model's own vocabulary."""
    samples: int = 1
    """Answers to each record."""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Estimate of a whole job. All ranges hold for records that are answered at the first call."""

    records: int
    sampled: int
    prompt_tokens: Range
    output_tokens: Range
    usd: Range | None
    """USD; None where the price is not known."""
    seconds: Range | None
    """Duration; None where no worker reports."""
    note: str
    """Source of the price, or that it is not known."""
    assumes: tuple[str, ...]


def estimate(
    sizes: CallSizes,
    *,
    records: int,
    price: ListPrice | None,
    limits: ReportedLimits | None,
    model: str,
    call_seconds: float | None = None,
) -> CostEstimate:
    """`limits`: None where no worker reports of the account. `call_seconds`: duration of a call that was made, in place
    of what calls usually take. Without records there need be no prompts."""
    prompt = _total(sizes.prompts, records)
    several = sizes.samples
    prompt = Range(prompt.low, prompt.likely, prompt.high * several)  # where the provider answers once a call
    output = sizes.answer * (records * several)
    usd = None if price is None else _price(price, prompt, output, sizes.constant.low * records)
    seconds = None if limits is None else _time(limits, records, prompt, output, call_seconds)
    note = _of_price(price, model)
    assumes = (
        *_of_sizes(sizes, records),
        note,
        _of_time(limits, model, call_seconds),
        "Every record is answered at the first call; repeated, repair and fallback calls come on top.",
    )
    return CostEstimate(records, len(sizes.prompts), prompt, output, usd, seconds, note, assumes)


def _total(prompts: Sequence[Range], records: int) -> Range:
    """Return the sum over all records, from the sample's mean and how far it may be from the mean of all."""
    count = len(prompts)
    if not count:
        return NONE
    mean = sum_of(prompts) * (1 / count)
    spread = 0.0
    if 1 < count < records:
        variance = sum((each.likely - mean.likely) ** 2 for each in prompts) / (count - 1)
        spread = _SURELY * sqrt(variance / count * (1 - count / records)) / mean.likely if mean.likely else 0.0
    return Range(mean.low * max(0.0, 1 - spread), mean.likely, mean.high * (1 + spread)) * records


def _price(price: ListPrice, prompt: Range, output: Range, constant: float) -> Range:
    def dollars(prompt_tokens: float, output_tokens: float, cached: float = 0.0) -> float:
        of_cached = price.input if price.cached_input is None else price.cached_input
        return ((prompt_tokens - cached) * price.input + cached * of_cached + output_tokens * price.output) / _MILLION

    return Range(
        dollars(prompt.low, output.low, min(constant, prompt.low)),
        dollars(prompt.likely, output.likely),
        dollars(prompt.high, output.high),
    )


def _time(
    limits: ReportedLimits, records: int, prompt: Range, output: Range, call_seconds: float | None
) -> Range | None:
    usual = _USUAL_CALL_SECONDS if call_seconds is None else call_seconds
    slowest = _SLOWEST_CALL_SECONDS if call_seconds is None else call_seconds * _SLOWER

    def at_limits(tokens: float) -> float:
        minutes = 0.0
        if limits.requests_per_minute:
            minutes = records / limits.requests_per_minute
        if limits.tokens_per_minute:
            minutes = max(minutes, tokens / limits.tokens_per_minute)
        return minutes * 60

    total = prompt + output
    if not limits.calls_in_flight and not at_limits(1):
        return None
    in_turn = records / limits.calls_in_flight if limits.calls_in_flight else 0.0
    return Range(
        at_limits(total.low) / _HEADROOM,
        max(at_limits(total.likely), in_turn * usual),
        max(at_limits(total.high) * _HEADROOM, in_turn * slowest),
    )


def _of_sizes(sizes: CallSizes, records: int) -> list[str]:
    count = len(sizes.prompts)
    those = "all records" if count >= records else f"{count:,} of {records:,} records, drawn evenly"
    how = "counted by the model's vocabulary" if sizes.counted else "estimated from characters, which is wide"
    return [
        f"Prompts are as long as those of {those}; tokens are {how}.",
        f"Answers take from the shortest that the label schema allows to {sizes.answer.high:,.0f} tokens, their bound.",
    ]


def _of_price(price: ListPrice | None, model: str) -> str:
    if price is None:
        return (
            f"No price is known of {model}; add it to the file that TANDEM_PRICES_FILE names. For a server of your own "
            'write `- {provider: NAME, models: ["*"], free: true}` there.'
        )
    if price.free:
        return f"{model} costs nothing, by the price table."
    cached = "" if price.cached_input is None else ", at best with the constant part of the prompt cached"
    return f"Prices are those of the price table{cached}."


def _of_time(limits: ReportedLimits | None, model: str, call_seconds: float | None) -> str:
    if limits is None:
        return f"No llm-worker has used {model} lately, so nothing is known of its limits and the time is open."
    known = []
    if limits.requests_per_minute:
        known.append(f"{limits.requests_per_minute:,.0f} requests a minute")
    if limits.tokens_per_minute:
        known.append(f"{limits.tokens_per_minute:,.0f} tokens a minute")
    if not known:
        known.append("no limit that is known")
    slowest = f"{_SLOWEST_CALL_SECONDS:g} s a call at the slowest"
    if call_seconds is not None:
        slowest = f"a call takes the {call_seconds:.2g} s of the one that was made, {_SLOWER} times that at the slowest"
    return (
        f"The job has the account to itself: {', '.join(known)}, {limits.calls_in_flight:,} calls at once, {slowest}."
    )
