"""Starts an llm-worker: `python -m tandem_llm_worker`."""

from __future__ import annotations

import gc

from tandem.service import run
from tandem_llm_worker.bootstrap import build
from tandem_llm_worker.settings import WorkerSettings


def main() -> None:
    _collect_garbage_less_often()
    run("llm-worker", WorkerSettings(), build)


def _collect_garbage_less_often() -> None:
    """A call makes many short-lived objects and few cycles; looking for these often costs a quarter of its CPU."""
    gc.collect()
    gc.freeze()  # modules and their models live as long as the process
    gc.set_threshold(10_000, 20, 50)


if __name__ == "__main__":
    main()
