"""Notes for people about a job whose model refuses a part of what its agent asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tandem.events import ConfidenceStrategy, RefusedParameter

_PLAIN = {"temperature", "top_p", "seed", "reasoning_effort", "n"}


def concerns(refused: RefusedParameter, *, effort: str | None, schema: str) -> bool:
    """Tell whether a refusal holds for calls with this reasoning effort and this response format."""
    return refused.effort in (None, effort or "") and refused.schema_key in (None, schema)


def without_confidence(agent: Mapping[str, Any], refused: Iterable[RefusedParameter], *, to_people: bool) -> str | None:
    """Say that labels have no confidence, and why; None where log-probabilities are accepted, or not needed.

    `agent`: as it is published. `refused`: what concerns its calls. `to_people`: whether the review policy sends labels
    without a confidence to people.
    """
    strategy = agent.get("confidence_strategy", ConfidenceStrategy.TOKEN_PROBABILITY)
    wanted = agent.get("parameters", {}).get("logprobs", True)
    if strategy != ConfidenceStrategy.TOKEN_PROBABILITY or not wanted:
        return None
    found = min((each for each in refused if each.parameter == "logprobs"), key=_order, default=None)
    if found is None:
        return None
    people = " and go to people" if to_people else ""
    return (
        f"Provider {agent['provider']} refuses log-probabilities for {agent['model']}{_when(found)}{_quoted(found)}, "
        f"so labels have no confidence{people}. One call asks for them again from time to time. Choose the confidence "
        "strategy `stated`, or `agreement` with several samples, if that lasts."
    )


def asked_without(agent: Mapping[str, Any], refused: Iterable[RefusedParameter]) -> str | None:
    """Say what else calls are made without; None where everything that the agent wants is accepted."""
    parameters = agent.get("parameters", {})
    names = {each.parameter for each in refused}
    plain = sorted(name for name in names & _PLAIN if parameters.get(name) is not None)
    if "response_format" in names:
        plain.insert(0, "a JSON Schema")
    if not plain:
        return None
    return f"Provider {agent['provider']} refuses {_listed(plain)} for {agent['model']}: it is asked without."


def _order(refused: RefusedParameter) -> tuple[str, str]:
    """Choose the same words again while the same is refused, whichever worker reports first."""
    return refused.message, refused.api


def _when(refused: RefusedParameter) -> str:
    return f" with reasoning effort {refused.effort}" if refused.effort else ""


def _quoted(refused: RefusedParameter) -> str:
    return f" ({refused.message.rstrip('.')})" if refused.message else ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
