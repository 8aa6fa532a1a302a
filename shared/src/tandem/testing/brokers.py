"""Properties of the broker on which a test runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Broker:
    """A running broker. `idempotent_producer` and `compaction` say whether it has these features of Apache Kafka."""

    name: Literal["tansu", "kafka"]
    bootstrap_servers: str
    idempotent_producer: bool
    compaction: bool


def tansu(bootstrap_servers: str) -> Broker:
    return Broker("tansu", bootstrap_servers, idempotent_producer=False, compaction=False)


def kafka(bootstrap_servers: str) -> Broker:
    return Broker("kafka", bootstrap_servers, idempotent_producer=True, compaction=True)
