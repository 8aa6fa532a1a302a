"""The program of a renderer: reads agents and records from its input, writes messages to its output.

Ends by itself when its parent is gone, since its input ends then. The kernel ends it when one rendering takes too much
CPU time (ITIMER_PROF, whose signal nothing in Python delays), so the parent knows by the exit status which one it was.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import process_time
from typing import Any, BinaryIO

from tandem.events import AgentSpec, Example, LabelSchemaSpec
from tandem.labeling.prompts import MarkedMessage, PromptError, PromptLimitError, Renderer
from tandem.rendering.frames import CONSTANT, MARKED, MOST_COMPILED, packed, read
from tandem.rendering.settings import RenderingSettings

HARD = 1.5
"""Ratio of the kernel's limit to the template's own, which covers loops and filters."""


def main() -> None:
    settings = RenderingSettings.model_validate(json.loads(sys.argv[1]))
    confine(settings.memory_mb)
    _Renderers(settings).serve(sys.stdin.buffer, sys.stdout.buffer)


def confine(memory_mb: int) -> None:
    """Give up what a renderer has no use for; let others run first, and be the first to go when memory is short."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + memory_mb * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(5)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


class _Renderers:
    def __init__(self, settings: RenderingSettings) -> None:
        self._settings = settings
        self._compiled: OrderedDict[str, Renderer | PromptError] = OrderedDict()

    def serve(self, source: BinaryIO, sink: BinaryIO) -> None:
        while (message := read(source)) is not None:
            renderer = self._renderer(message)
            _write(sink, {"compiled": True})
            spent = 0.0
            for kind, fields, examples in message["items"]:
                if spent > message["seconds"]:
                    _write(sink, {"turn_over": True})
                    break
                answer = self._answer(renderer, kind, fields, examples)
                spent += answer["seconds"]
                _write(sink, answer)

    def _renderer(self, message: dict[str, Any]) -> Renderer | PromptError:
        key = message["key"]
        if (found := self._compiled.get(key)) is None:
            agent = AgentSpec.model_validate(message["agent"])
            label_schema = LabelSchemaSpec.model_validate(message["label_schema"])
            try:
                with _at_most(self._settings.compile_cpu_seconds):
                    found = Renderer(
                        agent, label_schema, marked=message["marked"], cpu_seconds=self._settings.cpu_seconds
                    )
            except PromptError as error:
                found = error
            self._compiled[key] = found
        self._compiled.move_to_end(key)
        if len(self._compiled) > MOST_COMPILED:
            self._compiled.popitem(last=False)
        return found

    def _answer(
        self, renderer: Renderer | PromptError, kind: str, fields: dict[str, str], examples: list[Any]
    ) -> dict[str, Any]:
        if isinstance(renderer, PromptError):
            return {"error": _error_document(renderer), "seconds": 0.0}
        if kind == CONSTANT:
            return {"messages": list(renderer.constant), "seconds": 0.0}
        shown = [Example.model_validate(each) for each in examples]
        began = process_time()
        try:
            with _at_most(HARD * self._settings.cpu_seconds):
                if kind == MARKED:
                    messages: list[Any] = [_parts(each) for each in renderer.marked_messages(fields, shown)]
                else:
                    messages = list(renderer.varying(fields, shown))
        except PromptError as error:
            return {"error": _error_document(error), "seconds": process_time() - began}
        return {"messages": messages, "seconds": process_time() - began}


@contextmanager
def _at_most(cpu_seconds: float) -> Iterator[None]:
    """End this process when the block takes more CPU time."""
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _error_document(error: PromptError) -> dict[str, Any]:
    return {
        "message": str(error),
        "template": error.template,
        "variable": error.variable,
        "line": error.line,
        "limit": isinstance(error, PromptLimitError),
    }


def _parts(message: MarkedMessage) -> list[Any]:
    return [message.role, [[text, source.value] for text, source in message.segments]]


def _write(sink: BinaryIO, message: object) -> None:
    sink.write(packed(message))
    sink.flush()


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the parent is gone
        main()
