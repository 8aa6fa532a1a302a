"""Runs an example end to end on a local stack: import, agents, their jobs, and what came of them.

    python examples/run.py nli
    python examples/run.py sentiment --limit 500
    python examples/run.py tickets

`source .venv/bin/activate` first: the environment that `make run` or `make env` has made.
Without OPENAI_API_KEY the offline annotator labels, which compares word meanings and is weak by nature.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compared import EXAMPLES, compare
from form import FORM, fill_in

from tandem_client import Tandem
from tandem_local.serve import serving


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("example", choices=sorted([*EXAMPLES, FORM]))
    parser.add_argument("--limit", type=int, help="only the first records")
    parser.add_argument("--json", type=Path, help="write what came out to this file")
    parser.add_argument("--data-dir", type=Path, help="keep the stack's data here; else they go when it ends")
    chosen = parser.parse_args(arguments)
    with _directory(chosen.data_dir) as directory, serving(directory, ui_port=None) as running:
        model = running.stack.model
        outcome: dict[str, Any] = {}

        def work() -> None:
            with running.client() as tandem:
                name, provider = _free_name(tandem, chosen.example), (model.provider, model.name)
                if chosen.example == FORM:
                    outcome.update(fill_in(tandem, name=name, provider=provider, limit=chosen.limit))
                else:
                    example = EXAMPLES[chosen.example]
                    outcome.update(compare(tandem, example, name=name, provider=provider, limit=chosen.limit))

        running.supervise_while(work)
    if chosen.json:
        chosen.json.write_text(json.dumps(outcome, indent=2) + "\n")


def _free_name(tandem: Tandem, name: str) -> str:
    taken = {project.name for project in tandem.projects.list()}
    return next(each for each in _numbered(name) if each not in taken)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1


@contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tandem-example-") as made:
        yield Path(made)


if __name__ == "__main__":
    main()
