"""Starts an llm-worker: `python -m tandem_llm_worker`."""

from __future__ import annotations

from tandem.runtime.service import run
from tandem_llm_worker.bootstrap import build
from tandem_llm_worker.settings import WorkerSettings


def main() -> None:
    run("llm-worker", WorkerSettings(), build)


if __name__ == "__main__":
    main()
