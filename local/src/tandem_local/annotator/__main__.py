"""Starts the offline annotator: `python -m tandem_local.annotator --port 9010`."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its matrices are small: more threads cost more than they bring

from aiohttp import web

from tandem.runtime.processes import LOOPBACK
from tandem_local.annotator.server import build_app


def main() -> None:
    parser = argparse.ArgumentParser(description="The offline annotator: an OpenAI-compatible server on loopback.")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    web.run_app(build_app(), host=LOOPBACK, port=arguments.port, access_log=None, print=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
