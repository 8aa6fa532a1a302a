"""Estimate of the tokens that a call will take, before it is made: learned from earlier calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tandem.pricing.sizes import AROUND_ALL, AROUND_EACH, CHARACTERS_A_TOKEN
from tandem_llm_worker.pacing.limits import Need

_LEARNING_RATE = 0.05


class TokenEstimate:
    """Estimate of a call's tokens: by the characters of its prompt, and the mean answer, at most its largest answer."""

    def __init__(self, count: Callable[[str], int] | None = None) -> None:
        """Create an estimate without experience. `count`: counts the tokens of a text exactly."""
        self._count = count
        self._per_character = 1 / CHARACTERS_A_TOKEN
        self._output: float | None = None

    def of(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, samples: int = 1, exactly: bool = False
    ) -> Need:
        """Return the tokens that a call with `messages` needs.

        `exactly`: count the prompt, if that can be done; it takes time, and is worth it where tokens are scarce.
        """
        output = max_tokens if self._output is None else min(self._output, max_tokens)
        return Need(
            self._counted(messages) if exactly else self.prompt(messages), output * samples, max_tokens * samples
        )

    def prompt(self, messages: Sequence[Mapping[str, str]]) -> float:
        """Return the estimated tokens of the prompt."""
        return characters(messages) * self._per_character

    def _counted(self, messages: Sequence[Mapping[str, str]]) -> float:
        if self._count is None:
            return self.prompt(messages)
        return AROUND_ALL + sum(AROUND_EACH + self._count(message["content"]) for message in messages)

    def learn(self, messages: Sequence[Mapping[str, str]], *, input_tokens: int, output_tokens: float) -> None:
        """Learn from what the provider counted for an answered call."""
        if input_tokens and (count := characters(messages)):
            self._per_character += _LEARNING_RATE * (input_tokens / count - self._per_character)
        if output_tokens:
            known = output_tokens if self._output is None else self._output
            self._output = known + _LEARNING_RATE * (output_tokens - known)


def characters(messages: Sequence[Mapping[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages)
