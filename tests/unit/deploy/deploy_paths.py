"""Where the files under test are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[3]
