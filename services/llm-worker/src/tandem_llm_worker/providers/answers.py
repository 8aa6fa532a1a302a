"""Common parts of the answers of both APIs, and how a body becomes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import TypeAdapter

from tandem.events import Completion, ErrorKind, TokenLogprob, Usage
from tandem.pricing import text_tokens
from tandem_llm_worker.providers.errors import CallFailed, CallVerdict

NO_USAGE = Usage()
CUT = "length"
FILTERED = "content_filter"
REFUSED = "refusal"
"""Finish reasons of completions that are no answers; the last is ours, since providers say `stop` with a refusal."""

_REASONS = {
    **dict.fromkeys(("max_tokens", "model_length", "max_output_tokens"), CUT),
    **dict.fromkeys(("safety", "recitation", "prohibited_content", "blocklist", "spii", "sensitive"), FILTERED),
}
"""Finish reasons of Mistral, Gemini, Anthropic and others behind an OpenAI-compatible address, in lower case."""

_TOKENS = TypeAdapter(tuple[TokenLogprob, ...])


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer of at least one completion, any of which may be a refusal, filtered or cut short."""

    completions: tuple[Completion, ...]
    usage: Usage
    reasoned: bool = False
    """True if tokens were spent on reasoning, which count against the room for the answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the response; looked up without regard to case."""

    def of_reason(self, reason: str) -> bool:
        return any(completion.finish_reason == reason for completion in self.completions)

    @property
    def usable(self) -> tuple[Completion, ...]:
        """Return the completions that are answers."""
        return tuple(each for each in self.completions if each.finish_reason not in (CUT, FILTERED, REFUSED))


def load(content: bytes) -> Any:
    """Return the JSON of a body; None if it is no JSON, which no answer is."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def malformed(
    reason: str, content: bytes, *, status: int, headers: Mapping[str, str] | None = None, usage: Usage | None = None
) -> CallFailed:
    """Return the failure of a malformed answer, to be tried again: the next answer may be whole."""
    return CallFailed(
        ErrorKind.MALFORMED,
        CallVerdict.TRANSIENT,
        f"the answer {reason} ({len(content)} bytes)",
        status=status,
        headers=headers,
        usage=usage,
    )


def reason_of(finish_reason: Any) -> str | None:
    """Return why an answer ended, in OpenAI's words for what other providers name differently."""
    if not isinstance(finish_reason, str):
        return None
    return _REASONS.get(finish_reason.lower(), finish_reason)


def usage_of(usage: Any, prompt: str, completion: str, prompt_details: str, spent: str) -> tuple[Usage, bool]:
    """Return the tokens, and whether some were spent on reasoning. A value that is no count counts as none."""
    if not isinstance(usage, dict):
        return NO_USAGE, False
    details = usage.get(prompt_details)
    reasoning = usage.get(spent)
    counted = Usage(
        prompt_tokens=_count(usage, prompt),
        completion_tokens=_count(usage, completion),
        cached_tokens=_count(details, "cached_tokens") if details else 0,
    )
    return counted, bool(reasoning) and _count(reasoning, "reasoning_tokens") > 0


def of_all_samples(usage: Usage, completions: Sequence[Completion]) -> Usage:
    """Return the usage with the tokens of every sample, where a server counted those of one alone.

    The tokens are those with a log-probability, less the end of each sample, which not all servers count; without
    log-probabilities, fewer than the texts can have. A count that is not below that is the provider's own.
    """
    if len(completions) < 2 or not usage.completion_tokens:
        return usage
    least = sum(len(each.logprobs) - 1 if each.logprobs else int(text_tokens(each.text).low) for each in completions)
    return usage if usage.completion_tokens >= least else usage.model_copy(update={"completion_tokens": least})


def _count(counts: Any, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else None
    return int(value) if isinstance(value, int | float) and 0 < value < 1e12 else 0


def logprobs_of(tokens: Sequence[Mapping[str, Any]] | None) -> tuple[TokenLogprob, ...] | None:
    """Return log-probabilities as the provider gave them.

    None if any is missing: half would give a wrong confidence.
    """
    if not tokens:
        return None
    try:
        return _TOKENS.validate_python(
            [
                {
                    "token": token["token"],
                    "logprob": token["logprob"],
                    "top": [(each["token"], each["logprob"]) for each in token.get("top_logprobs") or ()],
                }
                for token in tokens
            ]
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def tokens_of(tokens: tuple[TokenLogprob, ...], text: str) -> tuple[TokenLogprob, ...] | None:
    """Return the last tokens, which make this text: a thought may stand before it. None where no tokens do."""
    rest = text
    for at in range(len(tokens) - 1, -1, -1):
        if not rest.endswith(tokens[at].token):
            return None
        rest = rest[: len(rest) - len(tokens[at].token)]
        if not rest:
            return tokens[at:]
    return None
