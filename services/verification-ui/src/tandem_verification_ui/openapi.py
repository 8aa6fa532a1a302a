"""Writes or checks the committed OpenAPI document: `python -m tandem_verification_ui.openapi FILE [--check]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tandem_verification_ui.app import make_app


def rendered() -> str:
    return json.dumps(make_app().openapi(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    file = Path(sys.argv[1])
    if "--check" not in sys.argv[2:]:
        file.write_text(rendered())
    elif not file.is_file() or file.read_text() != rendered():
        sys.exit(f"{file} is not what the code says; write it anew with `python -m tandem_verification_ui.openapi`")


if __name__ == "__main__":
    main()
