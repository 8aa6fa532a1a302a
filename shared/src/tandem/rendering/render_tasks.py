"""Work of the renderers: their tasks, and how much of them at a time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.labeling.prompts import PromptError
from tandem.rendering.frames import VARYING

TURN_SECONDS = 0.05
"""CPU time that an agent's records get before another agent's have their turn."""
_MOST_IN_A_TURN = 64
_MOST_CHARACTERS_IN_A_TURN = 1_000_000
_OLD_SHARE = 0.7
"""Weight of the old mean cost when another measurement comes."""


@dataclass(frozen=True, slots=True)
class Templates:
    """An agent's templates and all that they read beside records."""

    key: str
    """Equal for templates that render alike."""
    agent: AgentSpec
    label_schema: LabelSchemaSpec
    marked: bool = False

    @classmethod
    def of(cls, agent: AgentSpec, label_schema: LabelSchemaSpec, *, marked: bool = False) -> Templates:
        digest = sha256()
        for part in (agent.system_template, agent.user_template, agent.confidence_strategy.value, str(marked)):
            digest.update(f"{len(part)}:{part}".encode(errors="surrogatepass"))
        for example in agent.examples:
            digest.update(example.model_dump_json().encode())
        digest.update(label_schema.model_dump_json().encode())
        return cls(digest.hexdigest(), agent, label_schema, marked)

    @property
    def agent_id(self) -> str:
        return self.agent.agent_id


@dataclass(slots=True, eq=False)
class Item:
    """Rendering that a caller waits for."""

    templates: Templates
    fields: Mapping[str, str]
    examples: Sequence[Example]
    kind: str
    result: asyncio.Future[list[Any]]
    crashes: int = 0
    """Number of times its renderer ended for a reason that is not the template's."""

    @property
    def characters(self) -> int:
        texts = [self.fields, *(each.fields for each in self.examples)]
        return sum(len(text) for fields in texts for text in fields.values())

    def message(self) -> list[Any]:
        return [self.kind, dict(self.fields), [each.model_dump(mode="json") for each in self.examples]]

    def fail(self, error: PromptError) -> None:
        if not self.result.done():
            self.result.set_exception(error.with_traceback(None))

    def succeed(self, messages: list[Any]) -> None:
        if not self.result.done():
            self.result.set_result(messages)


class Turns:
    """Waiting renderings, agent by agent: each in its turn gets as many records rendered as fit into a stretch of CPU
    time.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[Item]] = OrderedDict()
        self._costs: OrderedDict[str, float] = OrderedDict()
        self._news = asyncio.Event()

    def add(self, item: Item) -> None:
        self._waiting.setdefault(item.templates.agent_id, deque()).append(item)
        self._news.set()

    def put_back(self, items: Iterable[Item]) -> None:
        """Put back items that were handed out and not begun, before all others of their agent."""
        for item in reversed(list(items)):
            self._waiting.setdefault(item.templates.agent_id, deque()).appendleft(item)
            self._news.set()

    def drop(self, agent_id: str) -> list[Item]:
        """Take all that an agent has waiting."""
        return list(self._waiting.pop(agent_id, ()))

    def drop_all(self) -> list[Item]:
        """Take all that waits."""
        found = [item for waiting in self._waiting.values() for item in waiting]
        self._waiting.clear()
        return found

    def spent(self, key: str, seconds: float) -> None:
        """Record that a rendering of these templates took `seconds` of CPU time."""
        before = self._costs.get(key, seconds)
        self._costs[key] = _OLD_SHARE * before + (1 - _OLD_SHARE) * seconds
        self._costs.move_to_end(key)
        if len(self._costs) > 1000:
            self._costs.popitem(last=False)

    async def next(self) -> list[Item]:
        """Wait for work and take the next agent's: items of the same templates, one at least."""
        while True:
            while not self._waiting:
                self._news.clear()
                await self._news.wait()
            agent_id, waiting = self._waiting.popitem(last=False)
            taken = self._take(waiting)
            if waiting:
                self._waiting[agent_id] = waiting
            if taken:
                return taken

    def _take(self, waiting: deque[Item]) -> list[Item]:
        taken: list[Item] = []
        most, characters = 1, 0
        while waiting and len(taken) < most and characters < _MOST_CHARACTERS_IN_A_TURN:
            if waiting[0].result.done():  # nobody waits for it any more
                waiting.popleft()
                continue
            if taken and waiting[0].templates.key != taken[0].templates.key:
                break
            item = waiting.popleft()
            if not taken and (cost := self._costs.get(item.templates.key)) is not None:
                most = max(1, min(_MOST_IN_A_TURN, int(TURN_SECONDS / max(cost, 1e-6))))
            characters += item.characters
            taken.append(item)
        return taken


def rendering(
    templates: Templates, fields: Mapping[str, str], examples: Iterable[Example] = (), kind: str = VARYING
) -> Item:
    return Item(templates, fields, tuple(examples), kind, asyncio.get_running_loop().create_future())
