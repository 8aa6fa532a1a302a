"""What is asked of a model for one record, and what became of the asking."""

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
    """Raised by `check_wanted`: it cannot be told now whether the answer is wanted. Ask again once `known` returned."""

    def __init__(self, known: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.known = known


@dataclass(slots=True)
class Got:
    """The answers of one model that can be used."""

    completions: list[Completion] = field(default_factory=list)
    structured: bool = False
    """Whether the last of them was held to the schema's JSON."""


@dataclass(slots=True)
class History:
    """Every call that was made for a record, the tokens of every answer, and the answers that can be used. Those of an
    earlier asking are among them, but not its calls and tokens."""

    calls: list[ModelCall] = field(default_factory=list)
    usage: Usage | None = None
    started: float | None = None
    got: dict[tuple[str, str], Got] = field(default_factory=dict)
    """By provider and model."""
    asked: tuple[str, str] = ("", "")
    """The provider and the model that are asked now."""

    @classmethod
    def after(cls, received: Iterable[ReceivedAnswers]) -> History:
        """One that goes on where an earlier asking stopped."""
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
        """Say of the calls so far whose they were: the calls that follow go to another model."""
        named = {"provider": provider, "model": model}
        self.calls = [call if call.provider else call.model_copy(update=named) for call in self.calls]


@dataclass(slots=True)
class Question:
    """What to ask of one model. The room and the samples that are still wanted change from call to call."""

    messages: Sequence[Message]
    parameters: ModelParameters
    response_format: dict[str, Any] | None
    check_wanted: Callable[[], None]
    """Raises when the answer is of no use any more, or NotCertain; called right before each call."""
    history: History
    waits: Waits
    """How long the record may still wait for its account."""
    private: Mapping[str, str] = field(default_factory=dict)
    """The record, of which no message may quote anything."""
    check_account: Callable[[], None] = lambda: None
    """Raises CallFailed when the account that is asked takes no calls any more; called before `check_wanted`."""
    job: str = ""
    """Whose call it is: jobs share the account."""
    weight: float = 1.0
    """The job's part of it."""
    record: Hashable = ""
    """What tells the record from others."""
    failing_since: float | None = None
    """When the first of the failed calls began after which the provider took none of this question."""
    agent_key: str = ""
    """Equal for questions that differ in the record alone."""
    schema_key: str = ""
    reader: Labeler | None = None
    """Reads answers as the postprocessor will."""
    labeler: Labeler | None = None
    """Where something is done about answers that give no label."""
    repair: bool = False
    """Whether to tell the model what was wrong with such an answer, and ask once more."""
    max_tokens: int = 0
    samples: int = 1
    """Answers that the next call should bring."""
    drawn: int = 0
    """Answers that earlier calls brought."""
    most_tokens: int | None = None
    """What is left for the answer in the model's context, when that turned out to be the bound."""
    more_reasoning: bool = False
    """Whether an answer was cut in its reasoning although it had room for some."""
    plainer: Plainer = 0
    """How much of the JSON Schema to leave out: a request of this record was refused, and not told why."""
    structured: bool = False
    """Whether the last answer was held to the schema's JSON."""
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
