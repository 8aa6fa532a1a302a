"""How many tokens a call will take, before it is made: learned from what calls took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tandem_llm_worker.pacing.limits import Need

_LEARNING_RATE = 0.05
_FIRST_PER_CHARACTER = 0.25


class TokenEstimate:
    """So many tokens a character of prompt, and so many of answer, never more than it may have."""

    def __init__(self) -> None:
        self._per_character = _FIRST_PER_CHARACTER
        self._output: float | None = None

    def of(self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, samples: int = 1) -> Need:
        output = max_tokens if self._output is None else min(self._output, max_tokens)
        return Need(self.prompt(messages), output * samples, max_tokens * samples)

    def prompt(self, messages: Sequence[Mapping[str, str]]) -> float:
        """Tokens of the prompt."""
        return characters(messages) * self._per_character

    def learn(self, messages: Sequence[Mapping[str, str]], *, input_tokens: int, output_tokens: float) -> None:
        """What the provider counted for an answered call."""
        if input_tokens and (count := characters(messages)):
            self._per_character += _LEARNING_RATE * (input_tokens / count - self._per_character)
        if output_tokens:
            known = output_tokens if self._output is None else self._output
            self._output = known + _LEARNING_RATE * (output_tokens - known)


def characters(messages: Sequence[Mapping[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages)
