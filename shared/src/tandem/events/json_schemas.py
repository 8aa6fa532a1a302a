"""Writes or checks the committed JSON Schemas of the events: `python -m tandem.events.json_schemas DIR [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tandem.events.catalog import CATALOG


def rendered() -> dict[str, str]:
    """File name to JSON Schema text, one for each event in the catalogue."""
    return {
        f"{topic.event.EVENT_TYPE}.json": json.dumps(
            topic.event.model_json_schema() | {"x-topic": topic.name}, indent=2, sort_keys=True
        )
        + "\n"
        for topic in CATALOG
        if topic.event is not None
    }


def drift(directory: Path) -> list[str]:
    """Sentences, one for each file that differs from the code; empty when nothing drifted."""
    wanted = rendered()
    problems = [
        f"{name} is not what the code says"
        for name, text in wanted.items()
        if not (directory / name).is_file() or (directory / name).read_text() != text
    ]
    problems += [f"{path.name} belongs to no event" for path in directory.glob("*.json") if path.name not in wanted]
    return problems


def main() -> None:
    directory = Path(sys.argv[1])
    if "--check" in sys.argv:
        if problems := drift(directory):
            sys.exit("event schemas drifted; run `make schemas`:\n  " + "\n  ".join(problems))
        return
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.json"):
        stale.unlink()
    for name, text in rendered().items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
