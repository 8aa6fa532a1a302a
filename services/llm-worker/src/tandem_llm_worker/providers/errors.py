"""What can go wrong with a call, mapped once, here, from the SDK's errors into few kinds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import aiohttp
import openai

from tandem.events import ErrorKind

MESSAGE_CHARACTERS = 400
_SHARED_RUN = 24
"""A message that has so many characters in a row from the record is not shown."""


class Verdict(StrEnum):
    """What to do after a failed call."""

    TRANSIENT = "transient"
    """Again after a while."""
    RATE_LIMITED = "rate_limited"
    """Again once the provider allows; not a paid call."""
    PERMANENT = "permanent"
    """Never again with the same request."""
    STOPPED = "stopped"
    """No call of this account goes well until its operator does something: no quota, a bad key, no such model."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The provider named a parameter that it does not take (`parameter` is the one that was sent)."""

    parameter: str
    message: str


class CallFailed(Exception):  # noqa: N818 - the result of a call, not a fault of the program
    """One call did not bring a usable answer. `message` is for people and carries no key."""

    def __init__(
        self,
        kind: ErrorKind,
        verdict: Verdict,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        unsupported: Unsupported | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.verdict = verdict
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.unsupported = unsupported
        self.headers = headers
        """Of the answer, where there was one; looked up without regard to case."""


class AccountStopped(Exception):  # noqa: N818 - the state of an account, not a fault of the program
    """A call said that the account (a model of a provider) needs its operator. The request was not answered and is
    to be handed back. `message` is for people and carries no key."""

    def __init__(self, provider: str, model: str, failed: CallFailed) -> None:
        super().__init__(f"{provider} {model}: {failed.kind}: {failed.message}")
        self.provider = provider
        self.model = model
        self.kind = failed.kind
        self.message = failed.message
        self.status = failed.status


PARAMETERS = (
    "response_format",
    "top_logprobs",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "top_p",
    "seed",
)
"""Parameters a call can do without, the more specific name first where one contains the other."""

_OTHER_WORDS = {
    "response_format": re.compile(r"json[_ ]?schema|structured[_ ]outputs?|guided[_ ](json|decoding)", re.IGNORECASE),
    "logprobs": re.compile(r"log[_ ]?prob", re.IGNORECASE),
}
_COMPLAINT = re.compile(
    r"unsupported|not supported|n.t support|not support|unknown|unrecogni[sz]ed|unexpected|extra (fields|inputs)"
    r"|not (permitted|allowed|available|implemented|enabled)|invalid|less than or equal|at most|must be|not a valid",
    re.IGNORECASE,
)
_TOO_MUCH_ROOM = re.compile(r"max_(completion_)?tokens\W.*(too large|at most|less than|maximum|exceed)", re.IGNORECASE)
_NOT_OPTIONAL = ("messages", "model")
_KEY = re.compile(r"\b(sk|key|pk|rk)-[\w*.-]{4,}|\bBearer\s+\S+", re.IGNORECASE)
_TOO_LONG = re.compile(r"context[_ ](length|window)|maximum context|too (long|many tokens)", re.IGNORECASE)
_FILTERED = re.compile(r"content[_ ](filter|policy)|content management policy|ResponsibleAI", re.IGNORECASE)
_NO_QUOTA = re.compile(
    r"insufficient_quota|billing|exceeded your current quota|credit balance|insufficient credits", re.IGNORECASE
)

TRANSPORT_ERRORS = (openai.OpenAIError, aiohttp.ClientError, OSError)
"""What a call may raise besides a status: the SDK's own errors, and those its transport lets through."""


def map_error(error: BaseException, *, sent: Iterable[str] = (), now: datetime | None = None) -> CallFailed:
    """The meaning of what the SDK raised. `sent` are the names of the parameters that the request carried."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, sent=frozenset(sent), now=now or datetime.now(UTC))
    if _is_timeout(error):
        return CallFailed(ErrorKind.TIMEOUT, Verdict.TRANSIENT, "no complete answer before the call's deadline")
    root = _causes(error)[-1]
    return CallFailed(ErrorKind.CONNECTION, Verdict.TRANSIENT, f"the connection failed ({type(root).__name__})")


def retry_after_seconds(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait by `retry-after-ms` or `retry-after` (seconds or an HTTP date); None where there is none."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := _number(value)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def without_record_text(message: str, texts: Iterable[str]) -> str:
    """The message, or a note in its place where it quotes the record (some servers echo their input)."""
    runs = [message[start : start + _SHARED_RUN] for start in range(max(1, len(message) - _SHARED_RUN + 1))]
    for text in texts:
        if len(text) >= _SHARED_RUN and any(run in text for run in runs):
            return "the provider's message quotes the record and is left out"
        if len(text) > 3 and text in message:
            return "the provider's message quotes the record and is left out"
    return message


def _of_status(  # noqa: PLR0911 - one return a case
    error: openai.APIStatusError, *, sent: frozenset[str], now: datetime
) -> CallFailed:
    status = error.status_code
    code = " ".join(str(part) for part in (error.code, error.type) if part)
    message = _readable(error)
    haystack = f"{code} {message}"
    headers = error.response.headers
    after = retry_after_seconds(headers, now=now)

    def failed(kind: ErrorKind, verdict: Verdict, text: str = message, lacks: Unsupported | None = None) -> CallFailed:
        return CallFailed(kind, verdict, text, status=status, retry_after=after, unsupported=lacks, headers=headers)

    if status == 429:
        if _NO_QUOTA.search(haystack):
            return failed(ErrorKind.QUOTA_EXHAUSTED, Verdict.STOPPED)
        return failed(ErrorKind.RATE_LIMITED, Verdict.RATE_LIMITED)
    if status >= 500:
        return failed(ErrorKind.SERVER_ERROR, Verdict.TRANSIENT)
    if status in (408, 425):
        return failed(ErrorKind.TIMEOUT, Verdict.TRANSIENT)
    if status == 409:
        return failed(ErrorKind.SERVER_ERROR, Verdict.TRANSIENT)
    if status == 402 or (status == 403 and _NO_QUOTA.search(haystack)):
        return failed(ErrorKind.QUOTA_EXHAUSTED, Verdict.STOPPED)
    if status in (401, 403):
        # the provider's own words may quote a part of the key
        return failed(ErrorKind.AUTHENTICATION, Verdict.STOPPED, f"the provider refused the worker's key ({status})")
    if status == 413 or _TOO_LONG.search(haystack):
        return failed(ErrorKind.TOO_LONG, Verdict.PERMANENT)
    if _FILTERED.search(haystack):
        return failed(ErrorKind.CONTENT_FILTER, Verdict.PERMANENT)
    lacks = _unsupported(error, message, sent) if status in (400, 422) else None
    return failed(ErrorKind.BAD_REQUEST, Verdict.PERMANENT, lacks=lacks)


def _unsupported(error: openai.APIStatusError, message: str, sent: frozenset[str]) -> Unsupported | None:
    if _TOO_MUCH_ROOM.search(message):
        return None  # to leave the bound out would cost more, not less
    named = (error.param or "").split(".")[0]
    if named in sent and named in PARAMETERS:
        return Unsupported(named, message)
    if named in _NOT_OPTIONAL or not _COMPLAINT.search(f"{error.code} {message}"):
        return None
    found = []
    for parameter in PARAMETERS:
        at = message.find(parameter)
        if at < 0 and (words := _OTHER_WORDS.get(parameter)) and (match := words.search(message)):
            at = match.start()
        if at >= 0 and parameter in sent:
            found.append((at, PARAMETERS.index(parameter), parameter))
    return Unsupported(min(found)[2], message) if found else None


def _readable(error: openai.APIStatusError) -> str:
    body = error.body
    text = body.get("message") if isinstance(body, dict) else body
    if not isinstance(text, str) or text.lstrip().startswith("<") or not text.strip():
        text = f"the provider answered {error.status_code}"
    return _KEY.sub("[key]", " ".join(text.split()))[:MESSAGE_CHARACTERS]


def _is_timeout(error: BaseException) -> bool:
    """Whether time ran out. The SDK's transport calls a lost connection a timeout too; only the causes tell."""
    causes = _causes(error)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return True
    return isinstance(error, openai.APITimeoutError) and not isinstance(causes[-1], (aiohttp.ClientError, OSError))


def _causes(error: BaseException) -> list[BaseException]:
    """The error, what caused it, what caused that, and so on."""
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    return causes


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else -1.0
    except ValueError:
        return None
    return number if 0.0 <= number < 1e9 else None
