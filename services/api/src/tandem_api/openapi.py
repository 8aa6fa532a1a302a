"""Writes or checks the committed OpenAPI document: `python -m tandem_api.openapi FILE [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tandem_api.app import make_app


def rendered() -> str:
    return json.dumps(make_app(None, None).openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    file = Path(sys.argv[1])
    if "--check" in sys.argv:
        if not file.is_file() or file.read_text() != rendered():
            sys.exit(f"{file} is not what the code says; run `make schemas`")
        return
    file.write_text(rendered())


if __name__ == "__main__":
    main()
