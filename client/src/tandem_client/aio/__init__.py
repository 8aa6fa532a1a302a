"""The asynchronous client: `AsyncTandem` has what `Tandem` has, awaited.

Only this file, `binding`, `threads` and `frames/giving` are written by hand; `make async-client` writes the others.
"""

from tandem_client.aio.client import AsyncTandem
from tandem_client.aio.models import Agent, CarryOver, Dataset, Job, Project
from tandem_client.aio.quality import Combination

__all__ = ["Agent", "AsyncTandem", "CarryOver", "Combination", "Dataset", "Job", "Project"]
