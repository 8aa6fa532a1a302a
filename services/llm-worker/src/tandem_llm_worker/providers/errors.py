"""Errors of a call, mapped once, here, from the SDK's errors into few kinds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import aiohttp
import openai

from tandem.events import ErrorKind, Usage
from tandem_llm_worker.providers.complaints import Complaint, complaint_in, context_in
from tandem_llm_worker.providers.error_body import MESSAGE_CHARACTERS, ErrorBody
from tandem_llm_worker.providers.quota import Quota, quota_in

_SHARED_RUN = 24
"""A message that shares so many characters in a row with the record is not shown."""


class CallVerdict(StrEnum):
    """Tells what to do after a failed call."""

    TRANSIENT = "transient"
    """Call again after a while."""
    RATE_LIMITED = "rate_limited"
    """Call again once the provider allows it; not a paid call."""
    PERMANENT = "permanent"
    """Never call again with the same request."""
    STOPPED = "stopped"
    """No call of this account succeeds until its operator acts: no quota, a bad key, no such model."""


class CallFailed(Exception):  # noqa: N818 - the result of a call, not a fault of the program
    """Failure of a call to give a usable answer. `message` is for people and carries no key."""

    def __init__(
        self,
        kind: ErrorKind,
        verdict: CallVerdict,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        complaint: Complaint | None = None,
        headers: Mapping[str, str] | None = None,
        usage: Usage | None = None,
        body: ErrorBody | None = None,
    ) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.verdict = verdict
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.complaint = complaint
        """Change to make about the call, if the provider names one."""
        self.headers = headers
        """Headers of the answer, if there was one; looked up without regard to case."""
        self.usage = usage
        """Usage that was paid in spite of the failure."""
        self.body = body
        """Message of the provider, with its parsed JSON in `raw`; None if there was no answer."""

    @property
    def generated(self) -> str:
        """Return what the model wrote if the provider refused it for its format."""
        return (self.body.failed_generation or "") if self.body is not None else ""

    @property
    def is_cut(self) -> bool:
        """Return whether the refused answer did not fit the format because it ran out of room."""
        return bool(self.generated) and bool(_OUT_OF_ROOM.search(self.message))

    @property
    def may_be_the_schema(self) -> bool:
        """Return whether a request was refused without a reason: it may be the JSON Schema in it."""
        if (
            self.kind is not ErrorKind.BAD_REQUEST
            or self.verdict is not CallVerdict.PERMANENT
            or self.complaint is not None
        ):
            return False
        said = self.body.message if self.body is not None else ""
        return not said.strip() or bool(_OPAQUE.search(said))


LONG_WAIT_SECONDS = 60.0
"""A Retry-After beyond this pauses the account for the whole fleet; a shorter one is waited for."""


class AccountStopped(Exception):  # noqa: N818 - the state of an account, not a fault of the program
    """A call found that the account (a model of a provider) needs its operator.

    The request was not answered and must be handed back. `message` is for people and carries no key.
    """

    def __init__(self, provider: str, model: str, failed: CallFailed) -> None:
        super().__init__(f"{provider} {model}: {failed.kind}: {failed.message}")
        self.provider = provider
        self.model = model
        self.kind = failed.kind
        self.message = failed.message
        self.status = failed.status
        self.retry_after = failed.retry_after
        """Seconds of the pause, if it ends by itself (kind `rate_limited`)."""


_TOO_LONG = re.compile(
    r"context[_ ](length|window|size)|maximum context|context the overflows|maximum model length|too (long|many tokens)"
    r"|tokens? (count .{0,20})?exceeds?|request too large|string_above_max_length"
    r"|max_new_tokens\W+must be <=",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[_ ](filter|policy)|content management policy|ResponsibleAI|\bflagged\b|requires moderation"
    r"|safety (system|filter|policy|settings)|inappropriate content|data_inspection_failed",
    re.IGNORECASE,
)
_NO_QUOTA_CODE = re.compile(
    r"insufficient_quota|billing_(hard_limit|not_active)|insufficient[_ ]balance", re.IGNORECASE
)
_NO_QUOTA = re.compile(
    r"exceeded your current quota|credit balance|insufficient (credits|balance|funds)|billing (hard )?limit"
    r"|check your (plan and )?billing|(more credits|can only afford)",
    re.IGNORECASE,
)
_ONLY_TOO_FAST = re.compile(
    r"rate[_ ]?limit|too many requests|(requests|tokens) per|(retry|try again) (in|after)"
    r"|RESOURCE_EXHAUSTED|overloaded",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"api[_ -]?key.{0,20}(not valid|invalid|expired|incorrect)|(invalid|incorrect)[_ ]api[_ ]key", re.IGNORECASE
)
_FORMAT_MISSED = re.compile(
    r"json_validate_failed|failed to (?:validate|generate) (?:valid )?json|generated json does not match"
    r"|model (?:output|response) (?:is not|was not|isn't) valid json",
    re.IGNORECASE,
)
"""Groq and routers to it: the provider checked the answer itself and kept it."""
_OPAQUE = re.compile(
    r"invalid argument|^\W*(?:\d{3})?\W*(?:bad|invalid|unprocessable) (?:request|input|entity|parameters?)"
    r"|provider returned error|(?:unknown|unexpected|unspecified|internal) error"
    r"|failed to (?:parse|process|initiali[sz]e)|(?:could not|cannot|unable to) (?:be )?process(?:ed)?"
    r"|schema|grammar|structured",
    re.IGNORECASE,
)
"""Messages that do not say what is wrong with a request."""
_OUT_OF_ROOM = re.compile(r"max(?:imum)?[ _]completion[ _]tokens reached", re.IGNORECASE)
_SAID_WAIT = re.compile(
    r"(?:retry|try again) (?:in|after)\s+"
    r"((?:[\d.]+\s*(?:ms|milliseconds?|s|sec|seconds?|m|minutes?|h|hours?)(?![a-z])\s*)+)",
    re.IGNORECASE,
)
_DURATION = re.compile(r"([\d.]+)\s*(ms|mil|s|m|h)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "mil": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

TRANSPORT_ERRORS = (openai.OpenAIError, aiohttp.ClientError, OSError)
"""Errors that a call may raise besides a status: the SDK's own, and those its transport lets through."""


def map_error(error: BaseException, *, sent: Iterable[str] = (), now: datetime | None = None) -> CallFailed:
    """Map what the SDK raised. `sent` are the names of the parameters that the call carried."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, openai.APIStatusError):
        headers = error.response.headers
        body = ErrorBody.parse(error.response.content)
        failed = failure(error.status_code, body, sent=frozenset(sent), headers=headers, now=now)
        return with_quota(failed, quota_in(body.raw))
    if _is_timeout(error):
        return CallFailed(ErrorKind.TIMEOUT, CallVerdict.TRANSIENT, "no complete answer before the call's deadline")
    root = _causes(error)[-1]
    return CallFailed(ErrorKind.CONNECTION, CallVerdict.TRANSIENT, f"the connection failed ({type(root).__name__})")


def with_quota(failed: CallFailed, quota: Quota) -> CallFailed:
    """Return a rate refusal as its body defines it: a quota that is used up, or a wait that the body states."""
    if failed.kind is not ErrorKind.RATE_LIMITED:
        return failed
    wait = quota.retry_after if failed.retry_after is None else failed.retry_after
    kind: ErrorKind = failed.kind
    verdict, message = failed.verdict, failed.message
    if quota.used_up or (quota.long_period and wait is None):
        kind, verdict, wait = ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED, None
        if quota.used_up:
            message = f"{message.rstrip('.')[: MESSAGE_CHARACTERS - 100]}. Used up: {quota.used_up}"[
                :MESSAGE_CHARACTERS
            ]
    elif wait is not None and wait > LONG_WAIT_SECONDS:
        verdict = CallVerdict.STOPPED
    return CallFailed(
        kind, verdict, message, status=failed.status, retry_after=wait, headers=failed.headers, body=failed.body
    )


def failure_in_a_body(body: ErrorBody, *, headers: Mapping[str, str] | None, sent: Collection[str] = ()) -> CallFailed:
    """Map an error that came with status 200: routers send one when the model behind them failed."""
    code = next((int(word) for word in body.code.split() if word.isdigit()), 0)
    if not 400 <= code < 600:
        code = 429 if _ONLY_TOO_FAST.search(f"{body.code} {body.message}") else 502
    return with_quota(failure(code, body, sent=sent, headers=headers or {}), quota_in(body.raw))


def failure(  # noqa: PLR0911 - one return a case
    status: int, body: ErrorBody, *, sent: Collection[str], headers: Mapping[str, str], now: datetime | None = None
) -> CallFailed:
    """Map an answer that is an error."""
    haystack = f"{body.code} {body.message}"
    text = body.readable or f"the provider answered {status}"

    def failed(
        kind: ErrorKind,
        verdict: CallVerdict,
        *,
        message: str = text,
        complaint: Complaint | None = None,
        wait: float | None = None,
    ) -> CallFailed:
        return CallFailed(
            kind,
            verdict,
            message,
            status=status,
            retry_after=wait,
            complaint=complaint,
            headers=headers,
            body=body,
        )

    if _is_format_missed(body):
        return failed(ErrorKind.MALFORMED, CallVerdict.TRANSIENT)
    if status in (400, 402, 403, 429) and (_NO_QUOTA_CODE.search(body.code) or _is_no_quota(haystack)):
        return failed(ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED)
    wait = retry_after_seconds(headers, now=now or datetime.now(UTC))
    if status == 429:
        if "request too large" in haystack.lower():  # more than a whole minute's tokens: it never fits
            return failed(ErrorKind.TOO_LONG, CallVerdict.PERMANENT)
        wait = said_wait(body.message) if wait is None else wait
        long = wait is not None and wait > LONG_WAIT_SECONDS
        return failed(ErrorKind.RATE_LIMITED, CallVerdict.STOPPED if long else CallVerdict.RATE_LIMITED, wait=wait)
    if status >= 500 and (complaint := complaint_in(body, sent=sent)) is not None and complaint.of_this_schema:
        return failed(
            ErrorKind.BAD_REQUEST, CallVerdict.PERMANENT, complaint=complaint
        )  # some servers call it their fault
    if status >= 500 or status == 409:
        return failed(ErrorKind.SERVER_ERROR, CallVerdict.TRANSIENT, wait=wait)
    if status in (408, 425):
        return failed(ErrorKind.TIMEOUT, CallVerdict.TRANSIENT, wait=wait)
    if status == 402:
        return failed(ErrorKind.QUOTA_EXHAUSTED, CallVerdict.STOPPED)
    if status in (400, 403, 422) and _FILTERED.search(haystack):
        return failed(ErrorKind.CONTENT_FILTER, CallVerdict.PERMANENT)
    if status in (401, 403) or (status == 400 and _BAD_KEY.search(haystack)):
        # the provider's own words may quote a part of the key
        message = f"the provider refused the worker's key ({status})"
        return failed(ErrorKind.AUTHENTICATION, CallVerdict.STOPPED, message=message)
    complaint = complaint_in(body, sent=sent)
    if status == 413 or (_TOO_LONG.search(haystack) and (complaint is None or complaint.parameter.startswith("max_"))):
        return failed(ErrorKind.TOO_LONG, CallVerdict.PERMANENT, complaint=context_in(body.message))
    if complaint is None and status == 404:
        return failed(ErrorKind.BAD_REQUEST, CallVerdict.STOPPED)
    return failed(ErrorKind.BAD_REQUEST, CallVerdict.PERMANENT, complaint=complaint)


def retry_after_seconds(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return seconds to wait by `retry-after-ms` or `retry-after` (seconds or an HTTP date); None if there is none."""
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


def said_wait(message: str) -> float | None:
    """Return seconds to wait by the message (`try again in 1m2.5s`): some gateways keep no header."""
    match = _SAID_WAIT.search(message)
    if match is None:
        return None
    parts = [(_number(number), unit.lower()) for number, unit in _DURATION.findall(match.group(1))]
    return sum((number or 0.0) * _SECONDS[unit] for number, unit in parts)


def without_record_text(message: str, texts: Iterable[str]) -> str:
    """Return the message, or a note in its place if it quotes the record (some servers echo their input)."""
    runs = [message[start : start + _SHARED_RUN] for start in range(max(1, len(message) - _SHARED_RUN + 1))]
    for text in texts:
        if len(text) >= _SHARED_RUN and any(run in text for run in runs):
            return "the provider's message quotes the record and is left out"
        if len(text) > 3 and text in message:
            return "the provider's message quotes the record and is left out"
    return message


def _is_format_missed(body: ErrorBody) -> bool:
    """Return whether the model's answer missed the format: its slip with this record, nothing about what it accepts."""
    return body.failed_generation is not None or bool(_FORMAT_MISSED.search(f"{body.code} {body.message}"))


def _is_no_quota(haystack: str) -> bool:
    """Return whether the money is gone; some providers say `quota` of what refills within the minute, and when."""
    return bool(_NO_QUOTA.search(haystack)) and not _ONLY_TOO_FAST.search(haystack)


def _is_timeout(error: BaseException) -> bool:
    """Return whether time ran out.

    The SDK's transport calls a lost connection a timeout too; only the causes tell.
    """
    causes = _causes(error)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return True
    return isinstance(error, openai.APITimeoutError) and not isinstance(causes[-1], (aiohttp.ClientError, OSError))


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error, what caused it, what caused that, and so on."""
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
