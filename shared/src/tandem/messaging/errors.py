"""Errors of the bus, each with one meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tandem.messaging.outgoing import Outgoing


class MessagingError(Exception):
    """Base of the errors that end a process: the supervisor starts it again, and nothing is lost."""


class BrokerUnavailableError(MessagingError):
    """The broker was away for longer than the limit. Nothing is known of the events' fate; they may be sent again."""


class TooManyDeadLettersError(MessagingError):
    """Too many messages in a row could not be handled: the fault is likely here and not in the messages."""


class EventTooLargeError(MessagingError):
    """The event does not fit into one message; sending it again would not help."""


class Poison(Exception):  # noqa: N818 - a handler says what the message is, not what went wrong in the handler
    """Raised by a handler: this message can never be handled. It goes to the dead letter and is not tried again.

    `reason` is a short word for metrics (snake_case, few distinct values); `detail` is for people.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class LetGo(Exception):  # noqa: N818 - a handler says whose the message is, not what went wrong
    """Raised by a handler: the message was not handled; its partition belongs to another member, who handles it.

    `outgoing` is published all the same: what others have to know of the handling that was broken off.
    """

    def __init__(self, outgoing: Sequence[Outgoing] = ()) -> None:
        super().__init__()
        self.outgoing = outgoing


class NotNow(Exception):  # noqa: N818 - a handler says when, not what went wrong
    """Raised by a handler: the same messages can be handled later. They come again after `retry_after` seconds."""

    def __init__(self, retry_after: float, reason: str = "not_now") -> None:
        super().__init__(f"{reason}, again in {retry_after:g} s")
        self.retry_after = retry_after
        self.reason = reason
