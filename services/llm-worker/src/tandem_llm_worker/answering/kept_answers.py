"""Recent answers, kept so that a repeated request is answered without paying again."""

from __future__ import annotations

import zlib
from array import array
from collections import OrderedDict, deque
from collections.abc import Mapping
from itertools import accumulate, pairwise

from tandem.events import AnnotationRequestedV1, AnnotationRespondedV1
from tandem_llm_worker.settings import KeptAnswersSettings

EffectKey = tuple[str, int, int]
_OVERHEAD_BYTES = 300
"""Approximate overhead of an entry beside its bytes, before it is packed."""
_PACKED_OVERHEAD_BYTES = 130
"""Approximate overhead of a packed entry: its place in the index."""
_PACK_COUNT = 64
"""Number of answers in a pack: they differ little, and together take a tenth of their size."""
_PACK_BYTES = 256 * 1024
_LEVEL = 1


class _Pack:
    """Answers compressed together, found by the hashes of their keys."""

    __slots__ = ("_content", "_ends", "hashes")

    def __init__(self, answers: Mapping[EffectKey, bytes]) -> None:
        self.hashes = tuple(map(hash, answers))
        self._ends = array("Q", accumulate(map(len, answers.values())))
        self._content = zlib.compress(b"".join(answers.values()), _LEVEL)

    @property
    def size_bytes(self) -> int:
        return len(self._content) + len(self.hashes) * _PACKED_OVERHEAD_BYTES

    def opened(self) -> dict[int, bytes]:
        """Return the answers by hash."""
        content = zlib.decompress(self._content)
        parts = (content[start:end] for start, end in pairwise((0, *self._ends)))
        return dict(zip(self.hashes, parts, strict=True))


class KeptAnswers:
    """The newest answers by (job, seq, attempt), bounded in number and in bytes; the oldest go first.

    A request comes again when its offset was not committed, or when the dispatcher, which did not see its answer's
    effect, asks anew. Of the second kind there are no more than the dispatcher lets be outstanding on an account (5,000
    at most), of the first as many as were answered behind a slow call. The newest answers are kept as they are, those
    before them packed: a thousand take about 0.3 MB.
    """

    def __init__(self, settings: KeptAnswersSettings) -> None:
        self._settings = settings
        self._newest: OrderedDict[EffectKey, bytes] = OrderedDict()
        self._newest_bytes = 0
        self._packs: deque[_Pack] = deque()
        self._packed: dict[int, _Pack] = {}
        """The pack that holds the newest answer, by the hash of a key."""
        self._packed_bytes = 0
        self._opened: tuple[_Pack, dict[int, bytes]] | None = None
        """The pack unpacked last: repeated requests come in the order of the first ones, so one pack serves many."""

    def __len__(self) -> int:
        return len(self._newest) + len(self._packed)

    def __contains__(self, key: EffectKey) -> bool:
        return key in self._newest or hash(key) in self._packed

    @property
    def size_bytes(self) -> int:
        return self._newest_bytes + self._packed_bytes

    def keep(self, key: EffectKey, encoded: bytes) -> None:
        """Keep an answer, given as its JSON."""
        self._forget_newest(key)
        self._packed.pop(hash(key), None)
        self._newest[key] = encoded
        self._newest_bytes += len(encoded) + _OVERHEAD_BYTES
        while len(self) > self._settings.max_count or self.size_bytes > self._settings.max_bytes:
            if self._packs:
                self._forget_oldest_pack()
            else:
                self._forget_newest(next(iter(self._newest)))
        if len(self._newest) >= _PACK_COUNT or self._newest_bytes > _PACK_BYTES:
            self._pack()

    def answer(self, request: AnnotationRequestedV1) -> AnnotationRespondedV1 | None:
        """Return the kept answer as an answer to this request; None if there is none."""
        encoded = self._find(request.effect_key)
        if encoded is None:
            return None
        kept = AnnotationRespondedV1.from_json(encoded)
        if kept.effect_key != request.effect_key:  # two keys of one hash
            return None
        envelope = {"event_id", "occurred_at", "causation_id", "epoch", "ask"}
        return AnnotationRespondedV1(
            **{name: getattr(kept, name) for name in AnnotationRespondedV1.model_fields if name not in envelope},
            causation_id=request.event_id,
            epoch=request.epoch,
            ask=request.ask,
        )

    def _find(self, key: EffectKey) -> bytes | None:
        if (encoded := self._newest.get(key)) is not None:
            return encoded
        pack = self._packed.get(hash(key))
        if pack is None:
            return None
        if self._opened is None or self._opened[0] is not pack:
            self._opened = (pack, pack.opened())
        return self._opened[1][hash(key)]

    def _pack(self) -> None:
        pack = _Pack(self._newest)
        self._packs.append(pack)
        self._packed.update(dict.fromkeys(pack.hashes, pack))
        self._packed_bytes += pack.size_bytes
        self._newest.clear()
        self._newest_bytes = 0

    def _forget_oldest_pack(self) -> None:
        pack = self._packs.popleft()
        self._packed_bytes -= pack.size_bytes
        for each in pack.hashes:
            if self._packed.get(each) is pack:
                del self._packed[each]
        if self._opened is not None and self._opened[0] is pack:
            self._opened = None

    def _forget_newest(self, key: EffectKey) -> None:
        encoded = self._newest.pop(key, None)
        if encoded is not None:
            self._newest_bytes -= len(encoded) + _OVERHEAD_BYTES
