"""The api's process: `python -m tandem_api`."""

from __future__ import annotations

from tandem.runtime.service import run
from tandem_api.bootstrap import build
from tandem_api.settings import ApiSettings


def main() -> None:
    run("api", ApiSettings(), build)


if __name__ == "__main__":
    main()
