"""The question to a model about one record, and the history of asking it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tandem.events import Completion, ModelCall, ModelParameters, ReceivedAnswers, Usage
from tandem.labeling.labeler import Labeler
from tandem_llm_worker.providers.capabilities import Plainer
from tandem_llm_worker.providers.waits import Waits

Message = dict[str, str]


class NotCertain(Exception):  # noqa: N818 - says what is known, not what went wrong
    """Raised by `check_wanted`: whether the answer is wanted is not known now. Ask again once `known` returned."""

    def __init__(self, known: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.known = known


@dataclass(slots=True)
class Got:
    """The answers of one model that can be used."""

    completions: list[Completion] = field(default_factory=list)
    structured: bool = False
    """True if the last of them was constrained to the schema's JSON."""


@dataclass(slots=True)
class CallHistory:
    """Calls made for a record, the tokens of every answer, and the usable answers.

    Answers of an earlier asking are among them, but not its calls and tokens.
    """

    calls: list[ModelCall] = field(default_factory=list)
    usage: Usage | None = None
    started: float | None = None
    got: dict[tuple[str, str], Got] = field(default_factory=dict)
    """Usable answers by provider and model."""
    asked: tuple[str, str] = ("", "")
    """The provider and the model that are asked now."""

    @classmethod
    def after(cls, received: Iterable[ReceivedAnswers]) -> CallHistory:
        """Return a history that continues where an earlier asking stopped."""
        return cls(got={(each.provider, each.model): Got(list(each.completions), each.structured) for each in received})

    @property
    def received(self) -> tuple[ReceivedAnswers, ...]:
        return tuple(
            ReceivedAnswers(
                provider=provider, model=model, structured=got.structured, completions=tuple(got.completions)
            )
            for (provider, model), got in self.got.items()
            if got.completions
        )

    def add(self, usage: Usage) -> None:
        before = self.usage
        self.usage = usage if before is None else _sum(before, usage)

    def name_calls(self, provider: str, model: str) -> None:
        """Assign the calls so far to a model: the calls that follow go to another one."""
        named = {"provider": provider, "model": model}
        self.calls = [call if call.provider else call.model_copy(update=named) for call in self.calls]


@dataclass(slots=True)
class Question:
    """The question to one model. The room and the samples that are still wanted change from call to call."""

    messages: Sequence[Message]
    parameters: ModelParameters
    response_format: dict[str, Any] | None
    check_wanted: Callable[[], None]
    """Raises when the answer is of no use any more, or NotCertain; called right before each call."""
    history: CallHistory
    waits: Waits
    """The waits of the record: how long it may still wait for its account."""
    private: Mapping[str, str] = field(default_factory=dict)
    """Fields of the record, of which no message may quote anything."""
    check_account: Callable[[], None] = lambda: None
    """Raises CallFailed if the account that is asked accepts no calls any more; called before `check_wanted`."""
    job: str = ""
    """The job that the call is made for: jobs share the account."""
    weight: float = 1.0
    """The job's share of the account."""
    record: Hashable = ""
    """Identifies the record."""
    failing_since: float | None = None
    """Start of the first failed call since the provider last accepted one of this question."""
    agent_key: str = ""
    """Equal for questions that differ in the record alone."""
    schema_key: str = ""
    reader: Labeler | None = None
    """Reads answers as the postprocessor will."""
    labeler: Labeler | None = None
    """Set if the agent acts on answers that give no label."""
    repair: bool = False
    """True to report to the model what was wrong with such an answer, and ask once more."""
    max_tokens: int = 0
    samples: int = 1
    """Number of answers that the next call should bring."""
    drawn: int = 0
    """Number of answers that earlier calls brought."""
    most_tokens: int | None = None
    """Tokens left for the answer in the model's context, once that turned out to be the limit."""
    more_reasoning: bool = False
    """True if an answer was cut off in its reasoning although it had room for some."""
    plainer: Plainer = 0
    """Part of the JSON Schema to leave out: a request of this record was refused without a reason."""
    structured: bool = False
    """True if the last answer was constrained to the schema's JSON."""
    got: Got = field(default_factory=Got)
    """The answers that came already."""

    def __post_init__(self) -> None:
        self.max_tokens = self.max_tokens or self.parameters.max_tokens


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
    )
