"""Answers given lately, so that a repeated request is answered without paying again."""

from __future__ import annotations

from collections import OrderedDict

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1
from tandem_llm_worker.settings import KeptAnswersSettings

EffectKey = tuple[str, int, int]
_OVERHEAD_BYTES = 300
"""Of an entry beside its bytes, about."""


class KeptAnswers:
    """The newest answers by (job, seq, attempt), bounded in number and in bytes; the oldest go first."""

    def __init__(self, settings: KeptAnswersSettings) -> None:
        self._settings = settings
        self._answers: OrderedDict[EffectKey, bytes] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._answers)

    def __contains__(self, key: EffectKey) -> bool:
        return key in self._answers

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def keep(self, key: EffectKey, encoded: bytes) -> None:
        """Keep an answer, given as its JSON."""
        self._forget(key)
        self._answers[key] = encoded
        self._bytes += len(encoded) + _OVERHEAD_BYTES
        while self._answers and (
            len(self._answers) > self._settings.max_count or self._bytes > self._settings.max_bytes
        ):
            self._forget(next(iter(self._answers)))

    def answer(self, request: AnnotationRequestedV1) -> AnnotationRespondedV1 | None:
        """The kept answer as an answer to this request; None where there is none."""
        encoded = self._answers.get(request.effect_key)
        if encoded is None:
            return None
        kept = AnnotationRespondedV1.from_json(encoded)
        envelope = {"event_id", "occurred_at", "causation_id", "epoch", "ask"}
        return AnnotationRespondedV1(
            **{name: getattr(kept, name) for name in AnnotationRespondedV1.model_fields if name not in envelope},
            causation_id=request.event_id,
            epoch=request.epoch,
            ask=request.ask,
        )

    def _forget(self, key: EffectKey) -> None:
        encoded = self._answers.pop(key, None)
        if encoded is not None:
            self._bytes -= len(encoded) + _OVERHEAD_BYTES
