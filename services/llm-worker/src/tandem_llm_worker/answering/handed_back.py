"""Answers that came for handed-back requests, kept so that they are not paid again when they are asked anew."""

from __future__ import annotations

from collections import OrderedDict

from tandem.events import AnnotationHandedBackV1, AnnotationRequestedV1, ReceivedAnswers
from tandem_llm_worker.answering.kept_answers import EffectKey
from tandem_llm_worker.settings import KeptAnswersSettings

_OVERHEAD_BYTES = 300


class HandedBackAnswers:
    """Answers of requests that any worker handed back; bounded like the kept answers, the oldest are dropped first."""

    def __init__(self, settings: KeptAnswersSettings) -> None:
        self._settings = settings
        self._events: OrderedDict[EffectKey, tuple[int, bytes]] = OrderedDict()
        """Each event's JSON, with its number of completions."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._events)

    def keep(self, event: AnnotationHandedBackV1) -> None:
        """Keep an event unless one with more answers is known: a later asking continues the earlier one."""
        count = sum(len(each.completions) for each in event.received)
        if count <= self._events.get(event.effect_key, (0, b""))[0]:
            return
        self.forget(event.effect_key)
        encoded = event.to_json()
        self._events[event.effect_key] = (count, encoded)
        self._bytes += len(encoded) + _OVERHEAD_BYTES
        while len(self._events) > self._settings.max_count or self._bytes > self._settings.handed_back_max_bytes:
            self.forget(next(iter(self._events)))

    def received(self, request: AnnotationRequestedV1) -> tuple[ReceivedAnswers, ...]:
        """Return the answers that came for this request before; an empty tuple if the record was another one."""
        if (found := self._events.get(request.effect_key)) is None:
            return ()
        event = AnnotationHandedBackV1.from_json(found[1])
        return event.received if event.content_hash == request.content_hash else ()

    def forget(self, key: EffectKey) -> None:
        """Forget the answers of a request that was answered."""
        if (found := self._events.pop(key, None)) is not None:
            self._bytes -= len(found[1]) + _OVERHEAD_BYTES
