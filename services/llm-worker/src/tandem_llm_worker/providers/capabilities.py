"""What each model of each provider turned out to take. Learned from the provider's own complaints, per process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tandem.events import ModelParameters
from tandem_llm_worker.providers.errors import Unsupported

_AT_MOST = re.compile(
    r"(?:<=|less than or equal to|at most|max(?:imum)?(?: (?:value|allowed))?(?: is| of)?|between 0 and)"
    r"\s*:?\s*(\d+)",
    re.IGNORECASE,
)


class Capabilities:
    """The parameters that one model takes. Everything is assumed until the provider complains."""

    def __init__(self, *, structured_output: bool = True) -> None:
        self._dropped: set[str] = set() if structured_output else {"response_format"}
        self._room = "max_tokens"
        self._most_top_logprobs: int | None = None

    @property
    def dropped(self) -> frozenset[str]:
        return frozenset(self._dropped)

    @property
    def structured_output(self) -> bool:
        return "response_format" not in self._dropped

    def parameters(
        self, wanted: ModelParameters, *, response_format: dict[str, Any] | None, max_tokens: int
    ) -> dict[str, Any]:
        """What to send beside model and messages."""
        optional = {"temperature": wanted.temperature, "top_p": wanted.top_p, "seed": wanted.seed}
        parameters: dict[str, Any] = {self._room: max_tokens}
        parameters |= {name: value for name, value in optional.items() if value is not None}
        if wanted.logprobs:
            parameters["logprobs"] = True
            if top := min(wanted.top_logprobs, self._most_top_logprobs or wanted.top_logprobs):
                parameters["top_logprobs"] = top
        if response_format is not None:
            parameters["response_format"] = response_format
        return {name: value for name, value in parameters.items() if name not in self._dropped}

    def learn(self, complaint: Unsupported, *, sent: Mapping[str, Any]) -> None:
        """Remember the complaint about what was sent, so that the next request is one that the provider takes.

        Saying the same again changes nothing: many calls are under way when the first complaint comes.
        """
        parameter = complaint.parameter
        most = _most(complaint.message) if parameter == "top_logprobs" else None
        if most is not None and most < sent[parameter]:
            self._most_top_logprobs = min(most, self._most_top_logprobs or most)
        elif parameter == "max_tokens":
            self._room = "max_completion_tokens"
        elif parameter == "logprobs":
            self._dropped |= {"logprobs", "top_logprobs"}
        else:
            self._dropped.add(parameter)


def _most(message: str) -> int | None:
    match = _AT_MOST.search(message)
    most = int(match.group(1)) if match else 0
    return most if most > 0 else None
