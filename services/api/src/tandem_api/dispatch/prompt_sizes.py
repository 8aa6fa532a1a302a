"""Sizes of the prompts of a job's requests, for its budget.

Prompts that are cheap to render are rendered when their size is asked for. All others are rendered by child processes,
and the wait for those is short: a prompt that is not measured yet is not sent yet, and other jobs go on.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterable

from tandem.events import AnnotationRequestedV1, Event
from tandem.labeling.prompts import PromptError
from tandem.observability.logs import get_logger
from tandem.pricing import prompt_size
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool, RenderersBusyError
from tandem.store.jobs.documents import JobDocument, job_published

log = get_logger(__name__)

PATIENCE_SECONDS = 0.05
LONG_PATIENCE_SECONDS = 1.0
"""Seconds to wait for prompts that cannot be left for the next turn."""
_MOST_KEPT = 10_000


class UnknownSizeError(Exception):
    """The prompt is not measured yet."""


class PromptSizes:
    """Measures the prompts of one job."""

    def __init__(self, document: JobDocument, renderers: RendererPool) -> None:
        job = job_published(document)
        self._job_id, self._agent, self._label_schema = job.job_id, job.agent, job.label_schema
        self._renderers = renderers
        self._prompts: AgentPrompts | None = None
        self._has_no_prompts = False
        self._making: asyncio.Task[None] | None = None
        self._sizes: OrderedDict[Hashable, int | None] = OrderedDict()
        self._measuring: dict[Hashable, asyncio.Task[None]] = {}

    async def measure(self, requests: Iterable[Event], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Have the prompts measured, and wait for that at most `seconds`."""
        until = asyncio.get_running_loop().time() + seconds
        if self._prompts is None and not self._has_no_prompts:
            if self._making is None:
                self._making = asyncio.create_task(self._make())
            await asyncio.wait([self._making], timeout=seconds)
        if (prompts := self._prompts) is None:
            return
        wanted = set()
        for request in requests:
            if isinstance(request, AnnotationRequestedV1) and not prompts.in_place(request.fields, request.examples):
                key = _key(request)
                if key not in self._sizes:
                    if key not in self._measuring:
                        self._measuring[key] = asyncio.create_task(self._measure(key, prompts, request))
                    wanted.add(self._measuring[key])
        if wanted:
            left = until - asyncio.get_running_loop().time()
            await asyncio.wait(wanted, timeout=max(left, 0.0))

    def of(self, request: AnnotationRequestedV1) -> int | None:
        """Return the bytes of the prompt, as `RequestBound.of_size` takes them; None where it cannot be rendered.

        Raises UnknownSizeError.
        """
        if self._has_no_prompts:
            return None
        if self._prompts is None:
            raise UnknownSizeError
        if (renderer := self._prompts.in_place(request.fields, request.examples)) is not None:
            try:
                return prompt_size(renderer.messages(request.fields, request.examples))
            except PromptError:
                return None
        key = _key(request)
        if key not in self._sizes:
            raise UnknownSizeError
        return self._sizes[key]

    async def _make(self) -> None:
        try:
            self._prompts = await AgentPrompts.make(self._agent, self._label_schema, self._renderers)
        except PromptError as error:
            log.warning("dispatch.budget.prompt", job_id=self._job_id, reason=str(error))
            self._has_no_prompts = True
        except RenderersBusyError as error:
            log.warning("dispatch.budget.busy", job_id=self._job_id, reason=str(error))
        finally:
            self._making = None

    async def _measure(self, key: Hashable, prompts: AgentPrompts, request: AnnotationRequestedV1) -> None:
        try:
            self._sizes[key] = prompt_size(await prompts.messages(request.fields, request.examples))
        except PromptError:
            self._sizes[key] = None  # the worker fails it for the same reason, unpaid
        except RenderersBusyError as error:
            log.warning("dispatch.budget.busy", job_id=self._job_id, reason=str(error))
        finally:
            del self._measuring[key]
        if len(self._sizes) > _MOST_KEPT:
            self._sizes.popitem(last=False)


def _key(request: AnnotationRequestedV1) -> Hashable:
    return request.seq, request.content_hash, tuple(example.model_dump_json() for example in request.examples)
