"""Measure the review page in Chromium: key to paint, dropped keys, nodes of the document, bytes of the first load.

    python bench/review_page.py http://127.0.0.1:8080/review/JOB --login 'http://127.0.0.1:8080/login#…' --keys 200

The job needs as many records that wait for a person as keys are pressed. Without a stack, `npx vite preview --mode mock
--outDir ../src/tandem_verification_ui/static` in services/verification-ui/web serves made-up jobs (`/review/j10`: 13
labels, `j11`: 77); its files are not compressed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import time
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

# Runs in the page. A key counts as painted once the frame that shows the next record has been drawn: a task that is
# queued in the animation frame runs behind the drawing of that frame.
WATCH = """(() => {
  const label = () => document.querySelector("article")?.getAttribute("aria-label");
  window.painted = [];
  let pressed = null;
  let before = label();
  window.addEventListener("keydown", (event) => { pressed = event.timeStamp; before = label(); }, { capture: true });
  new MutationObserver(() => {
    if (pressed === null || label() === before) return;
    const from = pressed;
    pressed = null;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.painted.push(performance.now() - from);
      port2.postMessage(0);
    });
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-label"] });
})()"""
NODES = "document.getElementsByTagName('*').length"


def main() -> int:
    """Measure, print one line of JSON."""
    arguments = _arguments()
    executable = shutil.which("chromium")
    if executable is None:
        print("There is no chromium on PATH: install it (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--headless", "--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        if arguments.login:
            entrance = context.new_page()
            entrance.goto(arguments.login)
            entrance.wait_for_url(lambda url: "/login" not in url)
            entrance.close()
        page = context.new_page()
        page.add_init_script(WATCH)  # before the page's own listeners: the next record may be drawn within one of them
        loaded = _bytes_of_first_load(page, context.new_cdp_session(page), arguments.url)
        result = {"first_load_kB": round(loaded / 1000, 1), **_keys(page, arguments)}
        browser.close()
    print(json.dumps(result))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="address of a review page")
    parser.add_argument("--login", help="a login link, where the page asks for one")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=8)
    parser.add_argument("--key", default="Enter")
    return parser.parse_args()


def _bytes_of_first_load(page: Page, session: CDPSession, url: str) -> int:
    """Open the page with an empty cache; return the bytes that came over the wire until a record is shown."""
    received = 0

    def add(event: dict[str, Any]) -> None:
        nonlocal received
        received += event["encodedDataLength"]

    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    session.on("Network.loadingFinished", add)
    page.goto(url)
    page.wait_for_selector("article")
    page.wait_for_load_state("networkidle")
    return received


def _keys(page: Page, arguments: argparse.Namespace) -> dict[str, Any]:
    page.evaluate("window.painted.length = 0")
    nodes = [page.evaluate(NODES)]
    started = time.monotonic()
    for number in range(arguments.keys):
        due = started + number / arguments.per_second
        time.sleep(max(0, due - time.monotonic()))
        page.keyboard.press(arguments.key)
        if number == 50:
            nodes.append(page.evaluate(NODES))
    page.wait_for_timeout(1_000)
    nodes.append(page.evaluate(NODES))
    painted: list[float] = page.evaluate("window.painted")
    shares = statistics.quantiles(painted, n=100, method="inclusive")
    return {
        "keys": arguments.keys,
        "shown_next": len(painted),
        "dropped": arguments.keys - len(painted),
        "key_to_paint_ms": {"p50": round(shares[49], 1), "p95": round(shares[94], 1), "max": round(max(painted), 1)},
        "nodes": nodes,
    }


if __name__ == "__main__":
    sys.exit(main())
