"""Stores, producer and clocks that every feeder of a dispatcher shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tandem.messaging import Producer
from tandem.rendering.pool import RendererPool
from tandem.store.annotations.reader import AnnotationReader
from tandem.store.jobs.dispatch_writer import JobDispatchWriter
from tandem.store.records.reader import RecordReader
from tandem_api.dispatch.budget import Budgets
from tandem_api.dispatch.label_makers import LabelMakers
from tandem_api.dispatch.reuse import AnswerReuse
from tandem_api.examples.pool import ExamplePools

BATCH = 1000
"""Records read and published at once."""


class Clock(Protocol):
    def __call__(self) -> float:
        """Return the seconds of a clock that runs only while a worker is alive."""


@dataclass(frozen=True, slots=True)
class DispatchAdapters:
    """The stores, the producer and the clocks."""

    writer: JobDispatchWriter
    records: RecordReader
    annotations: AnnotationReader
    producer: Producer
    clock: Clock
    deadline_seconds: float
    budgets: Budgets
    makers: LabelMakers
    examples: ExamplePools
    reuse: AnswerReuse
    renderers: RendererPool
    monotonic: Callable[[], float] = time.monotonic
    """Seconds of a clock that always runs."""
