"""The renderers of a service: child processes started when they are needed, and replaced when they had to be ended."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from tandem.events import Example
from tandem.labeling.prompts import PromptError, PromptLimitError
from tandem.labeling.sandbox import too_slow
from tandem.observability.logs import get_logger
from tandem.observability.metrics import PROMPTS_RENDERED, RENDERERS_ENDED
from tandem.observability.series import start_at_zero
from tandem.rendering.frames import CONSTANT, VARYING
from tandem.rendering.process import RendererEndedError, RendererProcess
from tandem.rendering.refusals import Refusals
from tandem.rendering.render_tasks import TURN_SECONDS, Item, Templates, Turns, rendering
from tandem.rendering.settings import RenderingSettings

MOST_CRASHES = 2
_RETRY_SECONDS = 1.0

_log = get_logger(__name__)


class RenderersBusyError(Exception):
    """Renderers are busy: none accepted the record in time; it may be tried again later."""


class RendererPool:
    """Renders the templates that are not provably cheap. Agents take turns, so a slow one delays its own records."""

    def __init__(self, settings: RenderingSettings | None = None) -> None:
        start_at_zero(PROMPTS_RENDERED, ("ok", "error", "limit"))
        start_at_zero(RENDERERS_ENDED, ("cpu", "crash"))
        self.settings = settings or RenderingSettings()
        self.refusals = Refusals()
        self._turns = Turns()
        self._serving: list[asyncio.Task[None]] = []
        self._processes: set[RendererProcess] = set()
        self._idle = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the children that run now."""
        return [process.pid for process in self._processes]

    async def render(
        self, templates: Templates, fields: Mapping[str, str], examples: Iterable[Example] = (), *, kind: str = VARYING
    ) -> list[Any]:
        """Return what a child made of the record.

        Raises PromptError, PromptRefusedError where the agent version is not rendered at present, and
        RenderersBusyError.
        """
        self.refusals.check(templates.agent_id)
        item = rendering(templates, fields, examples, kind)
        self._turns.add(item)
        self._serve()
        try:
            async with asyncio.timeout(self.settings.wait_seconds):
                return await item.result
        except TimeoutError:
            raise RenderersBusyError(f"no prompt was rendered within {self.settings.wait_seconds:g} s") from None

    async def close(self) -> None:
        """End all children. What still waits is cancelled."""
        serving, self._serving = self._serving, []
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for item in self._turns.drop_all():
            item.result.cancel()

    def _serve(self) -> None:
        """Ensure that a child does the work: start one more only if none is idle."""
        if not self._idle and len(self._serving) < self.settings.processes:
            self._serving.append(asyncio.create_task(self._work(), name="renderer"))

    async def _work(self) -> None:
        process: RendererProcess | None = None
        taken: list[Item] = []
        try:
            while True:
                self._idle += 1
                try:
                    taken = await self._turns.next()
                finally:
                    self._idle -= 1
                if self.refusals.is_refused(taken[0].templates.agent_id):  # since these were put back
                    self._refuse(taken)
                    continue
                if process is None:
                    process = await self._started()
                try:
                    await self._do(process, taken)
                except RendererEndedError as ended:
                    self._processes.discard(process)
                    process = None
                    self._ended(ended, taken)
                taken = []
        finally:
            for item in taken:
                item.result.cancel()
            if process is not None:
                self._processes.discard(process)
                await process.close()

    async def _started(self) -> RendererProcess:
        while True:
            try:
                process = await RendererProcess.start(self.settings)
            except OSError as error:
                _log.warning("renderer.not_started", reason=str(error))
                await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            else:
                self._processes.add(process)
                return process

    async def _do(self, process: RendererProcess, taken: list[Item]) -> None:
        """Have the items rendered, and take each from the list as its result comes. Raises RendererEndedError."""
        templates = taken[0].templates
        known = process.knows(templates.key)
        await process.send(
            {
                "key": templates.key,
                "marked": templates.marked,
                "agent": None if known else templates.agent.model_dump(mode="json"),
                "label_schema": None if known else templates.label_schema.model_dump(mode="json"),
                "items": [item.message() for item in taken],
                "seconds": 2 * TURN_SECONDS,  # what takes much longer than the records before waits for its next turn
            }
        )
        await process.receive_compiled()
        while taken:
            answer = await process.receive()
            if answer.get("turn_over"):
                self._turns.put_back(taken)
                return
            try:
                self._answered(taken[0], answer)
            except (KeyError, TypeError, ValueError):  # no answer of the child that was started
                await process.close()
                raise RendererEndedError(over_limit=False) from None
            taken.pop(0)

    def _answered(self, item: Item, answer: Mapping[str, Any]) -> None:
        templates = item.templates
        if item.kind != CONSTANT:
            self._turns.spent(templates.key, float(answer["seconds"]))
        if (said := answer.get("error")) is None:
            self.refusals.success(templates.agent_id)
            PROMPTS_RENDERED.labels("ok").inc()
            item.succeed(answer["messages"])
            return
        kind = PromptLimitError if said["limit"] else PromptError
        error = kind(said["message"], template=said["template"], variable=said["variable"], line=said["line"])
        self._failed(item, error)

    def _failed(self, item: Item, error: PromptError) -> None:
        item.fail(error)
        PROMPTS_RENDERED.labels("limit" if isinstance(error, PromptLimitError) else "error").inc()
        if isinstance(error, PromptLimitError):
            self._fault(item.templates, error)

    def _fault(self, templates: Templates, error: PromptError) -> None:
        """Count it; what waits of an agent version that is refused from now on is refused too."""
        agent_id = templates.agent_id
        self.refusals.fault(agent_id, error)
        if not self.refusals.is_refused(agent_id):
            return
        _log.warning("agent.refused", agent_id=agent_id, reason=str(error))
        self._refuse(self._turns.drop(agent_id))

    def _refuse(self, items: Iterable[Item]) -> None:
        for item in items:
            item.fail(self.refusals.refused(item.templates.agent_id))

    def _ended(self, ended: RendererEndedError, taken: Sequence[Item]) -> None:
        """Handle a child that ended: the first item without a result is the one that ended it; the others go to another
        child."""
        RENDERERS_ENDED.labels("cpu" if ended.over_limit else "crash").inc()
        first, *others = taken
        self._turns.put_back(others)
        if ended.over_limit:
            self._failed(first, self._over_limit(compiling=ended.compiling))
        elif first.crashes + 1 < MOST_CRASHES:
            first.crashes += 1
            self._turns.put_back([first])
        else:
            error = PromptLimitError("the user template: rendering it ends the renderer", template="user")
            self._failed(first, error)

    def _over_limit(self, *, compiling: bool) -> PromptLimitError:
        if compiling:
            seconds = self.settings.compile_cpu_seconds
            text = f"the templates take more than {seconds:g} s of CPU time to compile"
            return PromptLimitError(f"{text} and to render what is the same for all records", template="system")
        return PromptLimitError(f"the user template: {too_slow(self.settings.cpu_seconds)}", template="user")
