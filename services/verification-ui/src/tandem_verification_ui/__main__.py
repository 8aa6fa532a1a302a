"""Starts the verification-ui: `python -m tandem_verification_ui`."""

from __future__ import annotations

from tandem.runtime.service import run
from tandem_verification_ui.bootstrap import SERVICE, build
from tandem_verification_ui.settings import VerificationUiSettings


def main() -> None:
    run(SERVICE, VerificationUiSettings(), build)


if __name__ == "__main__":
    main()
