"""Looks for what shuts people out, with axe-core of the page's own packages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from stacks import ROOT

AXE = ROOT / "services" / "verification-ui" / "web" / "node_modules" / "axe-core" / "axe.min.js"
IMPACTS = ("serious", "critical")


AT_REST = """() => document.getAnimations().every(
  (each) => each.playState !== "running" || each.effect?.getComputedTiming().iterations === Infinity)"""
"""No color is on its way to another, where it would be judged half-way."""


def serious_faults(page: Page, screen: str) -> list[str]:
    """Return the serious faults of what the page shows once it is at rest, each with the screen and the element."""
    if not AXE.is_file():
        pytest.fail("The page's packages are not installed; install them with `scripts/web-deps`.", pytrace=False)
    page.wait_for_function(AT_REST)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{screen}: {fault['id']}: {node['html'][:200]}"
        for fault in result["violations"]
        if fault["impact"] in IMPACTS
        for node in fault["nodes"]
    ]
