"""How many alternatives to each token are asked for."""

from __future__ import annotations

from typing import Any

from tandem.events import ModelParameters
from tandem_llm_worker.providers.capabilities import Capabilities
from tandem_llm_worker.providers.complaints import Complaint


def asked_for(capabilities: Capabilities) -> dict[str, Any]:
    return capabilities.parameters(ModelParameters(), response_format=None, max_tokens=64)


def test_twenty_alternatives_are_asked_for_and_fewer_where_the_provider_complains() -> None:
    capabilities = Capabilities()
    seen = []
    for _ in range(3):
        sent = asked_for(capabilities)
        seen.append(sent["top_logprobs"])
        capabilities.learn(Complaint("top_logprobs"), sent=sent)
    assert seen == [20, 10, 5]
    assert "top_logprobs" not in asked_for(capabilities)


def test_the_same_complaint_from_several_calls_counts_once() -> None:
    capabilities = Capabilities()
    sent = asked_for(capabilities)
    for _ in range(3):
        capabilities.learn(Complaint("top_logprobs"), sent=sent)
    assert asked_for(capabilities)["top_logprobs"] == 10


def test_a_number_that_the_provider_names_is_taken() -> None:
    capabilities = Capabilities()
    capabilities.learn(Complaint("top_logprobs", most=8), sent=asked_for(capabilities))
    assert asked_for(capabilities)["top_logprobs"] == 8
