"""What each model of each provider turned out to take. Learned from the provider's own complaints, per process."""

from __future__ import annotations

from typing import Any, Literal

from tandem.events import ModelParameters
from tandem.pricing import REASONING_ROOM
from tandem_llm_worker.providers.complaints import Complaint
from tandem_llm_worker.settings import ModelSettings

Api = Literal["chat", "responses"]

_MOST_SCHEMAS = 256
_ROOM = ("max_tokens", "max_completion_tokens")
_ALTERNATIVES = (10, 5)
"""Fall back on these where a provider complains of `top_logprobs` and does not say how many it takes."""


class Capabilities:
    """What one model takes. Everything is assumed until the provider complains."""

    def __init__(
        self,
        settings: ModelSettings | None = None,
        *,
        structured_output: bool = True,
        reasons: bool = False,
        is_openai: bool = False,
    ) -> None:
        """`reasons`: known beforehand. `is_openai`: the provider itself."""
        settings = settings or ModelSettings()
        if settings.structured_output is not None:
            structured_output = settings.structured_output
        self._dropped: set[str] = set() if structured_output else {"response_format"}
        for name in settings.not_taken:
            self._drop(name)
        self._bad_schemas: set[str] = set()
        self._room = "max_completion_tokens" if reasons and is_openai else "max_tokens"
        self._most_tokens: int | None = None
        self._most_top_logprobs: int | None = None
        self._most_samples: int | None = None
        self._reasoning_room = REASONING_ROOM if reasons else 0
        self._may_switch = settings.api == "auto"
        self.api: Api = "responses" if settings.api == "responses" else "chat"
        self.context_window = settings.context_window
        self._window_is_given = settings.context_window is not None

    @property
    def dropped(self) -> tuple[str, ...]:
        """Names, as chat completions have them, of parameters that the model does not take."""
        return tuple(sorted(self._dropped))

    @property
    def reasons(self) -> bool:
        """Whether answers have more room, for reasoning. It bounds, it need not be spent."""
        return self._reasoning_room > 0

    @property
    def room(self) -> str:
        """The name of the parameter that bounds an answer."""
        return self._room

    def parameters(
        self,
        wanted: ModelParameters,
        *,
        response_format: dict[str, Any] | None,
        max_tokens: int,
        most_tokens: int | None = None,
        schema_key: str = "",
        samples: int = 1,
        drawn: int = 0,
        more_reasoning: bool = False,
    ) -> dict[str, Any]:
        """What to send beside model and messages, by the names of chat completions.

        `most_tokens` bounds the room for this prompt alone.
        `more_reasoning`: the room for reasoning was too small for this prompt.
        `samples` more answers are wanted; `drawn` were drawn by earlier calls, which had other seeds.
        """
        reasoning = self._room_to_reason(wanted)
        room = max_tokens + (2 * reasoning if more_reasoning else reasoning)
        if self._most_tokens is not None:
            room = min(room, self._most_tokens)
        parameters: dict[str, Any] = {self._room: room if most_tokens is None else min(room, most_tokens)}
        if wanted.temperature is not None:
            parameters["temperature"] = wanted.temperature
        if wanted.top_p is not None:
            parameters["top_p"] = wanted.top_p
        if wanted.seed is not None:
            parameters["seed"] = wanted.seed + drawn
        if wanted.reasoning_effort is not None:
            parameters["reasoning_effort"] = wanted.reasoning_effort
        if wanted.logprobs:
            parameters["logprobs"] = True
            if top := min(wanted.top_logprobs, self._most_top_logprobs or wanted.top_logprobs):
                parameters["top_logprobs"] = top
        if response_format is not None and schema_key not in self._bad_schemas:
            parameters["response_format"] = response_format
        if samples > 1 and self.api == "chat":
            parameters["n"] = min(samples, self._most_samples or samples)
        if self._dropped:
            for name in self._dropped:
                parameters.pop(name, None)
        return parameters

    def learn(self, complaint: Complaint, *, sent: dict[str, Any], schema_key: str = "") -> None:
        """Remember the complaint about what was sent, so that the next call is one that the provider takes.

        Saying the same again changes nothing: several calls may be under way when the first complaint comes.
        """
        parameter, most = complaint.parameter, complaint.most
        if complaint.other_api:
            if self._may_switch:
                self.api = "responses"
        elif complaint.context_window is not None:
            if not self._window_is_given:
                self.context_window = complaint.context_window
        elif most is not None and most < sent.get(parameter, 0):
            self._bound(parameter, most)
        elif parameter in _ROOM:
            self._room = _ROOM[1 - _ROOM.index(parameter)]
            if parameter == "max_tokens":  # bounds the visible answer alone, which only models that reason tell apart
                self.needs_room_to_reason()
        elif complaint.of_this_schema:
            if len(self._bad_schemas) < _MOST_SCHEMAS:
                self._bad_schemas.add(schema_key)
        elif parameter == "top_logprobs" and (fewer := _fewer(sent.get(parameter, 0))):
            self._bound(parameter, min(fewer, self._most_top_logprobs or fewer))
        elif parameter:
            self._drop(parameter)

    def _drop(self, parameter: str) -> None:
        self._dropped |= {"logprobs", "top_logprobs"} if parameter == "logprobs" else {parameter}

    def _room_to_reason(self, wanted: ModelParameters) -> int:
        """Of this agent's answers: an effort that it names, and that the model takes, says that there is reasoning."""
        if wanted.reasoning_effort in (None, "none") or "reasoning_effort" in self._dropped:
            return self._reasoning_room
        return REASONING_ROOM

    def _bound(self, parameter: str, most: int) -> None:
        if parameter in _ROOM:
            self._most_tokens = most
        elif parameter == "top_logprobs":
            self._most_top_logprobs = most
        elif parameter == "n":
            self._most_samples = max(1, most)

    def no_samples(self) -> None:
        """The provider took `n` and gave one answer all the same."""
        self._dropped.add("n")

    def needs_room_to_reason(self) -> None:
        """The model turned out to reason: the room is larger from now on, before other answers are cut."""
        self._reasoning_room = REASONING_ROOM


def _fewer(alternatives: int) -> int | None:
    """Return the next lower number of alternatives to ask for; None when there is none left to try."""
    return next((fewer for fewer in _ALTERNATIVES if fewer < alternatives), None)
