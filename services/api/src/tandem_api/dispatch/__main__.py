"""`python -m tandem_api.dispatch`: the dispatcher process."""

from tandem.runtime.service import run
from tandem_api.dispatch.bootstrap import build
from tandem_api.dispatch.settings import DispatcherSettings


def main() -> None:
    run("dispatcher", DispatcherSettings(), build)


if __name__ == "__main__":
    main()
