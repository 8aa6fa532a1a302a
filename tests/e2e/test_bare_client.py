"""The client in a virtual environment of its own: what it needs of the project comes with it, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

from bare_client import bare_client, run
from tools import uv

__all__ = ["bare_client"]
HEAVY = ("aiokafka", "motor", "pymongo", "opentelemetry", "numpy", "fastapi", "orjson")


def test_the_client_alone_simulates_certificates(bare_client: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.jsonl"
    lines = [
        {"id": i, "gold": "a", "pred": "b" if i % 9 == 0 else "a", "confidence": 0.5 + i % 5 / 10} for i in range(99)
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    printed = run(str(bare_client / "bin/tandem"), "certificate", "simulate", str(file), "--runs", "2")
    assert "99 records, 11.1% of the labels wrong" in printed
    installed = run(uv(), "pip", "list", "--quiet", "--python", str(bare_client / "bin/python"))
    assert not [name for name in HEAVY if name in installed]
