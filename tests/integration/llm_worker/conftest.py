"""What the worker's tests stand on. Stories run on one broker; modules about what brokers do differently, on both."""

from __future__ import annotations

import pytest

from llm_worker_desk import make_desk, provider, scripted
from llm_worker_line import _no_real_provider, kafka_settings, line, start_worker
from tandem.testing.brokers import Broker

__all__ = ["_no_real_provider", "kafka_settings", "line", "make_desk", "provider", "scripted", "start_worker"]


@pytest.fixture
def broker(one_broker: Broker) -> Broker:
    return one_broker
