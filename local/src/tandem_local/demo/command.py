"""`tandem demo`: a stack, a run of the demo on it, a summary, then the review page until Ctrl-C."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tandem_client import TandemError
from tandem_client.cli.progress import JobProgress
from tandem_local.demo.data import DemoData
from tandem_local.demo.run import Demo
from tandem_local.serve import RunningStack, console, say, serving
from tandem_local.up import announce


@dataclass(frozen=True)
class DemoOptions:
    data: DemoData
    limit: int | None
    once: bool
    json_file: Path | None
    data_dir: Path
    ui_port: int | None


def run_demo(options: DemoOptions) -> None:
    with serving(options.data_dir, ui_port=options.ui_port) as running:
        running.supervise_while(lambda: _label(running, options))
        if not options.once:
            announce(running)
            running.supervise_forever()


def _label(running: RunningStack, options: DemoOptions) -> None:
    stack = running.stack
    if not stack.model.name:
        raise TandemError(
            "No model",
            type="no-model",
            detail=f"The settings name no model of {stack.model.provider!r}",
            cure='Set OPENAI_MODEL, or `"models": {"NAME": {}}` of the provider in TANDEM_PROVIDERS.',
        )
    demo = Demo(options.data, stack.model, stack.broker, options.limit)
    if stack.model.base_url is None:
        say(
            "Labeling with the offline annotator: it compares word meanings, needs no key and is weak (about half "
            "right on three-way sentiment); labels hardly better than chance go to review. "
            "Set OPENAI_API_KEY, and OPENAI_MODEL if you like, to use a real model."
        )
    with running.client() as tandem:
        job = demo.start(tandem, say=say)
        with JobProgress(console) as progress:
            summary = demo.follow(tandem, job, on_progress=progress.update)
    console.print(summary.shown())
    if options.json_file is not None:
        summary.write_json(options.json_file)
