"""One provider account: sends a chat completion and reads what comes back.

The SDK brings authentication, base URLs, options and errors; `transport` takes its cheap way. The raw response is read
here, since building the SDK's response models costs more than reading the few fields that are needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import openai
import orjson

from tandem.events import Completion, ErrorKind, TokenLogprob, Usage
from tandem_llm_worker.providers.errors import TRANSPORT_ERRORS, CallFailed, Verdict, map_error
from tandem_llm_worker.providers.transport import Caller, Wire
from tandem_llm_worker.settings import ProviderSettings

_NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """A well-formed answer, which may still be a refusal or cut short."""

    completions: tuple[Completion, ...]
    usage: Usage
    refused: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the response; looked up without regard to case."""

    @property
    def finish_reason(self) -> str | None:
        return self.completions[0].finish_reason


class ProviderClient:
    """Sends calls of one provider. Close it when done."""

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self._deadline = settings.timeout_seconds
        wire = Wire()
        self._sdk = openai.AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key.get_secret_value() or "none",
            max_retries=0,
            timeout=settings.timeout_seconds,
            http_client=wire.http_client(),
        )
        self._caller = Caller(self._sdk, wire)

    async def chat(self, body: Mapping[str, Any]) -> ChatAnswer:
        """One call. Raises CallFailed, always with the status where there was one."""
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self._caller.post("/chat/completions", body)
        except TRANSPORT_ERRORS as error:
            raise map_error(error, sent=body) from error
        return read_answer(reply.content, status=reply.status, headers=reply.headers)

    async def close(self) -> None:
        await self._sdk.close()


def read_answer(content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> ChatAnswer:
    """Raises CallFailed (malformed, to be tried again) for what is not a chat completion with at least one choice."""
    try:
        body = orjson.loads(content)
        choices = body["choices"]
        completions = tuple(_completion(choice) for choice in choices)
        refused = bool(choices[0]["message"].get("refusal"))
        usage = _usage(body.get("usage"))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise CallFailed(
            ErrorKind.MALFORMED,
            Verdict.TRANSIENT,
            f"the answer is not a chat completion ({type(error).__name__}, {len(content)} bytes)",
            status=status,
            headers=headers,
        ) from error
    answer = ChatAnswer(completions, usage, refused, headers or {})
    if not refused and not completions[0].text.strip() and answer.finish_reason not in ("length", "content_filter"):
        raise CallFailed(
            ErrorKind.MALFORMED, Verdict.TRANSIENT, "the answer has no text", status=status, headers=headers
        )
    return answer


def _completion(choice: dict[str, Any]) -> Completion:
    text = choice["message"].get("content")
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if logprobs else None
    return Completion(
        text=text if text is not None else "",
        finish_reason=choice.get("finish_reason"),
        logprobs=_logprobs(tokens) if tokens else None,
    )


def _logprobs(tokens: list[dict[str, Any]]) -> tuple[TokenLogprob, ...] | None:
    """As the provider gave them; None where any is missing, since half of them would give a wrong confidence."""
    try:
        return tuple(
            TokenLogprob(
                token=token["token"],
                logprob=token["logprob"],
                top=tuple((each["token"], each["logprob"]) for each in token.get("top_logprobs") or ()),
            )
            for token in tokens
        )
    except (LookupError, TypeError, ValueError):
        return None


def _usage(usage: dict[str, Any] | None) -> Usage:
    if not usage:
        return _NO_USAGE
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        prompt_tokens=usage.get("prompt_tokens") or 0,
        completion_tokens=usage.get("completion_tokens") or 0,
        cached_tokens=details.get("cached_tokens") or 0,
    )
