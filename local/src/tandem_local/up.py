"""`tandem up`: the stack without a demo."""

from __future__ import annotations

from pathlib import Path

from tandem_local.serve import RunningStack, say, serving


def run_up(data_dir: Path, *, ui_port: int | None) -> None:
    with serving(data_dir, ui_port=ui_port) as running:
        announce(running)
        running.supervise_forever()


def announce(running: RunningStack) -> None:
    """Print the addresses and how to log in."""
    stack = running.stack
    with running.client() as tandem:
        link = running.login_link(tandem)
    model = stack.model
    named = f"--provider {model.provider} --model {model.name or 'NAME'}"
    say(f"Tandem is up: {stack.broker}, data in {stack.data_dir.path}. Agents take `{named}`.")
    if others := [name for name in model.accounts if name != model.provider]:
        say(f"Other providers: {', '.join(others)}.")
    say(f"Review page (this link logs in once): {link}")
    say(
        "Command line, in another terminal: "
        f"export TANDEM_URL={stack.ui_url} TANDEM_TOKEN=$(cat '{stack.data_dir.path / 'admin.key'}')"
    )
    say("Ctrl-C stops everything.")
