"""The most that one request can cost, before it is sent: the amount that a budget reserves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tandem.events import AgentSpec
from tandem.pricing.table import ListPrice, PriceTable

MOST_PAID_CALLS = 5
"""Maximum paid calls for one answer, by the workers' default: an answer that came, yet malformed, is paid and asked for
again."""
MOST_TOKENS = 32_768
MORE_ROOM = 4
LEAST_MORE_TOKENS = 256
REASONING_ROOM = 4096
"""Tokens that a worker adds to the room of a model that reasons; twice as many once an answer was cut all the same."""
_TOKENS_A_MESSAGE = 16
_TOKENS_A_CALL = 64
_TOKENS_OF_A_COMPLAINT = 1024
"""Maximum tokens of the error message that a model gets about its unreadable answer."""


def room_after_truncation(max_tokens: int) -> int:
    """Return the tokens that a worker grants when an answer was cut at `max_tokens`."""
    return max(max_tokens, min(MOST_TOKENS, max(LEAST_MORE_TOKENS, max_tokens * MORE_ROOM)))


def prompt_size(messages: Iterable[Mapping[str, Any]]) -> int:
    """Return the most tokens that the messages can be: their bytes, and what stands around each."""
    return sum(_TOKENS_A_MESSAGE + len(str(message["content"]).encode()) for message in messages)


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars and tokens, spent or reserved."""

    usd: float = 0.0
    tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.usd + other.usd, self.tokens + other.tokens)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.usd - other.usd, self.tokens - other.tokens)


class RequestBound:
    """The most that a request of an agent can cost, by the bytes of its prompt.

    No token is shorter than a byte, so a prompt has no more tokens than bytes. Counted are every sample, the second
    try with more room after an answer that was cut, a repair call, the fallback model, and for each of these as many
    paid calls as a worker makes at most.
    """

    def __init__(
        self,
        agent: AgentSpec,
        *,
        prices: PriceTable,
        at: datetime,
        response_format: Mapping[str, Any] | None = None,
        paid_calls: int = MOST_PAID_CALLS,
        reasons: bool = False,
    ) -> None:
        """`reasons`: whether one of the models was seen to spend tokens on reasoning; assumed where the agent says how
        much it is to reason.
        """
        models = [(agent.provider, agent.model)]
        if agent.fallback is not None:
            models.append((agent.fallback.provider, agent.fallback.model))
        self.unpriced = tuple(f"{name}/{model}" for name, model in models if not prices.knows(name, model, at))
        """Models without a known price: their part of a bound in dollars is missing."""
        self._prices: list[ListPrice | None] = [prices.find(name, model, at) for name, model in models]
        self._overhead = _TOKENS_A_CALL
        if response_format is not None:
            self._overhead += len(json.dumps(response_format, ensure_ascii=False).encode())
        parameters = agent.parameters
        self._times = paid_calls * parameters.samples
        room = room_after_truncation(parameters.max_tokens)
        reasoning = REASONING_ROOM if reasons or parameters.reasoning_effort is not None else 0
        self._output = parameters.max_tokens + room + 3 * reasoning
        self._repair_prompt = room + _TOKENS_OF_A_COMPLAINT if agent.repair else None

    def of(self, messages: Iterable[Mapping[str, Any]]) -> Cost:
        """Bound the cost of a request with these messages, as they go to the model."""
        return self.of_size(prompt_size(messages))

    def of_size(self, size: int) -> Cost:
        """Bound the cost of a request whose messages have this `prompt_size`."""
        return self.of_prompt(self._overhead + size)

    def of_prompt(self, tokens: int) -> Cost:
        """Bound the cost of a request whose prompt has at most this many tokens."""
        prompt, output = 2 * tokens, self._output  # the first try, and the one with more room
        if self._repair_prompt is not None:
            prompt += 2 * (tokens + self._repair_prompt)
            output += self._output
        prompt, output = prompt * self._times, output * self._times
        usd = sum(
            price.most(prompt_tokens=prompt, completion_tokens=output) for price in self._prices if price is not None
        )
        return Cost(usd, (prompt + output) * len(self._prices))
