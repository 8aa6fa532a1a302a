"""Capabilities of a model, learned from the provider's own complaints; each worker learns for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from tandem.events import ModelParameters
from tandem.labeling.answer_format import keywords_in, without_keywords
from tandem.pricing import REASONING_ROOM
from tandem_llm_worker.providers.complaints import Complaint
from tandem_llm_worker.providers.refusals import CallKind, Key, ParameterRefusals, Refusal
from tandem_llm_worker.settings import ModelSettings

Api = Literal["chat", "responses"]
Plainer = Literal[0, 1, 2]
"""Part of the JSON Schema that is left out of one call: nothing, its bounds, all of it."""

_ROOM = ("max_tokens", "max_completion_tokens")
_MOST_FORMATS = 64
_MOST_KINDS = 512
_SUSPECTED = 2
"""Number of requests in a row that succeed without the schema alone, before it is believed to be what was refused."""
_API = Key("api")
_WINDOW = Key("window")
_ROOM_NAME = Key("room")
_ALTERNATIVES = (10, 5)
"""Fall back on these where a provider complains of `top_logprobs` and does not say how many it takes."""


class Capabilities:
    """Parameters that one model accepts. All are assumed until the provider complains, or its operator says so."""

    def __init__(
        self,
        settings: ModelSettings | None = None,
        *,
        structured_output: bool = True,
        reasons: bool = False,
        is_openai: bool = False,
        refusals: ParameterRefusals | None = None,
    ) -> None:
        """Assume everything. `reasons`: known to reason. `is_openai`: the provider is OpenAI itself."""
        settings = settings or ModelSettings()
        if settings.structured_output is not None:
            structured_output = settings.structured_output
        said = set() if structured_output else {"response_format"}
        self._never = frozenset(said.union(*(_with_companions(name) for name in settings.not_taken)))
        self.refusals = ParameterRefusals() if refusals is None else refusals
        self._first_room = "max_completion_tokens" if reasons and is_openai else "max_tokens"
        self._reasons = reasons
        self._reasoning_efforts: set[str] = set()
        self._may_switch = settings.api == "auto"
        self._first_api: Api = "responses" if settings.api == "responses" else "chat"
        self._given_window = settings.context_window
        self._suspects: dict[tuple[str, Plainer], int] = {}
        self._dropped_by_kind: dict[CallKind, frozenset[str]] = {}
        self._formats: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
        self._version = 0

    @property
    def dropped(self) -> tuple[str, ...]:
        """Return the names, as in chat completions, of parameters that the model refuses in some of its calls."""
        found = {each.key.name for each in self.refusals if each.key.kind == "parameter"}
        found |= {"response_format" for each in self.refusals if each.key.kind == "schema"}
        return tuple(sorted(self._never.union(*(_with_companions(name) for name in found))))

    @property
    def reasons(self) -> bool:
        """Return whether some answers get more room, for reasoning. It is a bound and need not be spent."""
        return self._reasons or bool(self._reasoning_efforts) or self.room != self._first_room == "max_tokens"

    @property
    def room(self) -> str:
        """Return the name of the parameter that bounds an answer."""
        return self._room(None)

    @property
    def api(self) -> Api:
        """Return the API that serves the model."""
        return self.api_for(None)

    @property
    def context_window(self) -> int | None:
        """Return the tokens of prompt and answer, as far as known.

        A learned value stays known while due to be tried.
        """
        known = self.refusals.get(_WINDOW)
        return self._given_window or (known.value if known is not None else None)

    @property
    def believed_window(self) -> int | None:
        """Return the window beyond which a prompt is not even sent."""
        if self._given_window is not None or not self.refusals.any:
            return self._given_window
        return self.context_window if self.refusals.is_believed(_WINDOW) else None

    def api_for(self, trying: Refusal | None) -> Api:
        """Return the API of a call that tries something again."""
        switched = self._holds(_API, trying)
        return "responses" if switched else self._first_api

    def kind_of(self, wanted: ModelParameters, schema_key: str, trying: Refusal | None = None) -> CallKind:
        """Return the kind of a call: what refusals of it may depend on."""
        return CallKind(self.api_for(trying), wanted.reasoning_effort or "", schema_key)

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
        plainer: Plainer = 0,
        trying: Refusal | None = None,
    ) -> dict[str, Any]:
        """Return what to send beside model and messages, by the names of chat completions.

        `most_tokens` bounds the room for this prompt alone.
        `more_reasoning`: the room for reasoning was too small for this prompt.
        `samples` more answers are wanted; `drawn` were drawn by earlier calls, which had other seeds.
        `plainer`: how much of the schema to leave out of this call alone. `trying`: the refusal to take no notice of.
        """
        some = self.refusals.any  # mostly there are none, and nothing is to be looked up
        dropped = self._dropped(self.kind_of(wanted, schema_key, trying), trying) if some else self._never
        reasoning = self._room_to_reason(wanted, dropped)
        name = self._room(trying) if some else self._first_room
        room = max_tokens + (2 * reasoning if more_reasoning else reasoning)
        if some:
            room = self._most(name, room, trying)
        parameters: dict[str, Any] = {name: room if most_tokens is None else min(room, most_tokens)}
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
            top = self._most("top_logprobs", wanted.top_logprobs, trying) if some else wanted.top_logprobs
            if top:
                parameters["top_logprobs"] = top
        if response_format is not None and plainer < 2 and "response_format" not in dropped:
            if some or plainer:
                response_format = self._format(response_format, schema_key, plainer, trying)
            parameters["response_format"] = response_format
        if samples > 1 and self.api_for(trying) == "chat":
            parameters["n"] = self._most("n", samples, trying)
        if dropped:
            for each in dropped:
                parameters.pop(each, None)
        return parameters

    def learn(
        self,
        complaint: Complaint,
        *,
        sent: dict[str, Any],
        schema_key: str = "",
        effort: str | None = None,
        api: Api | None = None,
        said: str = "",
    ) -> None:
        """Believe a complaint about what was sent, so that the next call is one that the provider takes.

        `effort`: what the agent names. `said`: the provider's words for people.
        Saying the same again changes nothing: several calls may be under way when the first complaint comes.
        """
        like = CallKind(api or self.api, effort or "", schema_key)
        if complaint.other_api:
            if self._may_switch:
                self.refusals.add(_API, said)
        elif complaint.context_window is not None:
            if self._given_window is None:
                self.refusals.add(_WINDOW, said, value=complaint.context_window)
        elif complaint.of_this_schema:
            self._learn_of_schema(complaint, sent, like, said)
        else:
            for parameter in complaint.parameters:
                most = complaint.most if parameter == complaint.parameter else None
                self._learn_of_parameter(parameter, most, sent, like, said)

    def no_samples(self, wanted: ModelParameters, schema_key: str) -> None:
        """Believe that the provider takes `n` and gives one answer all the same."""
        self.refusals.add(
            _of_parameter("n", self.kind_of(wanted, schema_key)), "it gave one answer where several were asked"
        )

    def needs_room_to_reason(self, effort: str | None) -> None:
        """Give answers at this effort more room from now on: the model turned out to reason.

        This is not tried again: room costs nothing that is not used, and an answer that is cut again is paid.
        """
        self._reasoning_efforts.add(effort or "")

    def suspect(self, schema_key: str, plainer: Plainer, like: CallKind, said: str) -> bool:
        """Record that a refused request succeeded without its bounds, or its schema: the provider named no reason.

        True once that happened twice in a row, and is believed.
        """
        count = self._suspects.get((schema_key, plainer), 0) + 1
        self._suspects[schema_key, plainer] = count
        if count < _SUSPECTED:
            return False
        self._suspects.clear()
        self.refusals.add(Key("bounds" if plainer == 1 else "schema", api=like.api, schema=schema_key), said)
        return True

    def taken(self, schema_key: str) -> None:
        """Record that a request with this schema was accepted."""
        if self._suspects:
            for key in [key for key in self._suspects if key[0] == schema_key]:
                del self._suspects[key]

    def trial(
        self, wanted: ModelParameters, schema_key: str, parameters: Callable[[Refusal | None], Any]
    ) -> Refusal | None:
        """Return a refusal that a call may try again now, when the call would differ by it; the caller has the trial.

        `parameters` are those of the call without a refusal. Costs nothing while nothing is due.
        """
        if not self.refusals.is_due():
            return None
        for refusal in self.refusals.due(self.kind_of(wanted, schema_key)):
            if refusal.key == _API or parameters(refusal) != parameters(None):
                self.refusals.begin(refusal)
                return refusal
        self.refusals.nothing_to_try()
        return None

    def _learn_of_parameter(
        self, parameter: str, most: int | None, sent: dict[str, Any], like: CallKind, said: str
    ) -> None:
        if most is not None and most < sent.get(parameter, 0):
            self.refusals.add(
                Key("most", parameter, api=like.api), said, value=max(1, most) if parameter == "n" else most
            )
        elif parameter == "top_logprobs" and (fewer := _fewer(sent.get(parameter, 0))):
            known = self.refusals.get(Key("most", parameter, api=like.api))
            fewer = fewer if known is None else min(fewer, known.value)
            self.refusals.add(Key("most", parameter, api=like.api), said, value=fewer)
        elif parameter in _ROOM:
            if parameter == self._first_room:
                self.refusals.add(_ROOM_NAME, said)
            else:
                self.refusals.forget(_ROOM_NAME)
        else:
            self.refusals.add(_of_parameter(parameter, like), said)

    def _learn_of_schema(self, complaint: Complaint, sent: dict[str, Any], like: CallKind, said: str) -> None:
        """Drop the keywords that are named; else all bounds of this schema; where it has none, the schema."""
        bounds = keywords_in(sent["response_format"]) if "response_format" in sent else frozenset()
        if named := [keyword for keyword in complaint.keywords if keyword in bounds]:
            for keyword in named:
                self.refusals.add(Key("keyword", keyword, api=like.api), said)
        else:
            self.refusals.add(Key("bounds" if bounds else "schema", api=like.api, schema=like.schema), said)

    def _dropped(self, like: CallKind, trying: Refusal | None) -> frozenset[str]:
        if self._version != self.refusals.version:
            self._dropped_by_kind.clear()
            self._version = self.refusals.version
        if trying is None and (known := self._dropped_by_kind.get(like)) is not None:
            return known
        found = set(self._never)
        for each in self.refusals:
            if each is not trying and each.applies(like):
                if each.key.kind == "parameter":
                    found |= _with_companions(each.key.name)
                elif each.key.kind == "schema":
                    found.add("response_format")
        dropped = frozenset(found)
        if trying is None:
            if len(self._dropped_by_kind) >= _MOST_KINDS:
                self._dropped_by_kind.clear()
            self._dropped_by_kind[like] = dropped
        return dropped

    def _format(
        self, response_format: dict[str, Any], schema_key: str, plainer: Plainer, trying: Refusal | None
    ) -> dict[str, Any]:
        api = self.api_for(trying)
        if plainer or self._holds(Key("bounds", api=api, schema=schema_key), trying):
            left_out = keywords_in(response_format)
        else:
            left_out = frozenset(
                each.key.name
                for each in self.refusals
                if each.key.kind == "keyword" and each.key.api == api and each is not trying
            )
        if not left_out:
            return response_format
        found = self._formats.get((schema_key, left_out))
        if found is None:
            if len(self._formats) >= _MOST_FORMATS:
                self._formats.clear()
            found = self._formats[schema_key, left_out] = without_keywords(response_format, left_out)
        return found

    def _room_to_reason(self, wanted: ModelParameters, dropped: frozenset[str]) -> int:
        """Return the room that this agent's answers have to reason; an effort that the model accepts implies some."""
        effort = wanted.reasoning_effort
        if effort not in (None, "none") and "reasoning_effort" not in dropped:
            return REASONING_ROOM
        if self._reasons or (effort or "") in self._reasoning_efforts:
            return REASONING_ROOM
        # `max_tokens` is refused by models that tell the visible answer apart from their reasoning
        return REASONING_ROOM if self._first_room == "max_tokens" and self._holds(_ROOM_NAME, None) else 0

    def _room(self, trying: Refusal | None) -> str:
        return _ROOM[1 - _ROOM.index(self._first_room)] if self._holds(_ROOM_NAME, trying) else self._first_room

    def _most(self, parameter: str, value: int, trying: Refusal | None) -> int:
        key = Key("most", parameter, api=self.api_for(trying))
        known = self.refusals.get(key)
        return value if known is None or known is trying else min(value, known.value)

    def _holds(self, key: Key, trying: Refusal | None) -> bool:
        known = self.refusals.get(key) if self.refusals.any else None
        return known is not None and known is not trying


def _of_parameter(parameter: str, like: CallKind) -> Key:
    """Return the key of a parameter that is refused in calls of this kind."""
    schema = None if parameter == "response_format" else like.schema
    return Key("parameter", parameter, api=like.api, effort=like.effort, schema=schema)


def _with_companions(parameter: str) -> set[str]:
    """Return the parameter with those that mean nothing without it."""
    return {"logprobs", "top_logprobs"} if parameter == "logprobs" else {parameter}


def _fewer(alternatives: int) -> int | None:
    """Return the next lower number of alternatives to ask for; None when there is none left to try."""
    return next((fewer for fewer in _ALTERNATIVES if fewer < alternatives), None)
