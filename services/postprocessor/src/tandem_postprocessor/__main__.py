"""`python -m tandem_postprocessor`"""

from __future__ import annotations

from tandem.runtime.service import run
from tandem_postprocessor.bootstrap import SERVICE, build
from tandem_postprocessor.settings import PostprocessorSettings


def main() -> None:
    run(SERVICE, PostprocessorSettings(), build)


if __name__ == "__main__":
    main()
