"""State of the walk of one job. Pure: every change makes a new value, which counts once it was saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tandem.jobs import Recent
from tandem.pricing import ModelSpend
from tandem.store.annotations.documents import OutcomeCounts
from tandem.store.jobs.dispatch_writer import WalkProgress
from tandem.store.jobs.documents import JobDocument, totals_part
from tandem_api.dispatch.outstanding import Outstanding
from tandem_api.dispatch.reserve import Reserve
from tandem_api.dispatch.window import Rate


@dataclass(frozen=True, slots=True)
class Walk:
    """A cursor in a pass, the requests outstanding behind it, and the totals below both.

    `low` is the lowest seq that has not ended; all below it are in `totals`. Every record in [low, cursor) has either
    ended or is outstanding.
    """

    cursor: int
    low: int
    totals: OutcomeCounts
    spend: tuple[ModelSpend, ...]
    asked_epoch: int
    rate: Rate
    outstanding: Outstanding = field(default_factory=Outstanding)
    reserve: Reserve | None = None
    """None while no budget is kept: the job has none, or nothing was asked for since the lease was taken."""
    lingering_usd: float = 0.0
    """Lingering reserve that the document holds, until `reserve` replaces it."""
    reserved_usd: float = 0.0
    notice: str | None = None
    recent: Recent = field(default_factory=Recent)
    """How the records that ended last ended, for the failure stop; empty without one."""
    unsaved: bool = False
    """True if the document does not hold all of this yet."""

    @classmethod
    def of(cls, document: JobDocument) -> Walk:
        """Return the walk as the document has it, without outstanding requests."""
        dispatch = document["dispatch"]
        return cls(
            cursor=dispatch["cursor"],
            low=dispatch["low"],
            totals=OutcomeCounts(**dispatch["totals"]),
            spend=tuple(ModelSpend.of(row) for row in dispatch["spend"]),
            asked_epoch=dispatch["asked_epoch"],
            rate=Rate(dispatch["rate_per_second"]),
            lingering_usd=dispatch["lingering_usd"],
            reserved_usd=dispatch["reserved_usd"],
            notice=dispatch["notice"],
            recent=Recent(**dispatch["recent"]),
        )

    @property
    def is_still(self) -> bool:
        """Return whether nothing was asked for that could have ended since the last look."""
        return not self.outstanding and self.low >= self.cursor

    def ends_below(self, below_seq: int) -> bool:
        """Return whether everything below this seq was asked for and has ended."""
        return self.cursor >= below_seq and self.is_still

    def at_epoch(self, epoch: int) -> Walk:
        """Return the walk with the requests of an earlier epoch void, to be sent again."""
        if self.asked_epoch == epoch:
            return self
        return replace(self, outstanding=self.outstanding.all_void(), asked_epoch=epoch, unsaved=True)

    def forgotten(self) -> Walk:
        """Return the walk after the broker lost what was published."""
        return replace(self, outstanding=self.outstanding.all_void())

    def asked(
        self, numbers: Mapping[int, int], *, cursor: int | None, reserve: Reserve | None, notice: str | None
    ) -> Walk:
        """Return the walk with these seqs outstanding, not published yet; `numbers` says how often each was asked
        for."""
        moved = self.cursor if cursor is None else cursor
        changed = bool(numbers) or moved != self.cursor
        return replace(
            self,
            outstanding=self.outstanding.asked(numbers) if numbers else self.outstanding,
            cursor=moved,
            reserve=reserve,
            notice=notice,
            unsaved=self.unsaved or changed,
        )

    def published(self, seqs: Iterable[int], *, due: float) -> Walk:
        """Return the walk with these requests outstanding until `due`."""
        return replace(self, outstanding=self.outstanding.published(seqs, due=due))

    def held(self, seqs: Sequence[int], *, until: float) -> Walk:
        """Return the walk with these records waiting for others until then."""
        return replace(self, outstanding=self.outstanding.held(seqs, until=until)) if seqs else self

    def settled(
        self,
        outstanding: Outstanding,
        *,
        low: int,
        totals: OutcomeCounts,
        spend: tuple[ModelSpend, ...],
        reserve: Reserve | None,
        recent: Recent,
    ) -> Walk:
        """Return the walk after records ended."""
        kept = low == self.low and recent == self.recent
        changed = not kept or (reserve is not None and len(outstanding) != len(self.outstanding))
        return replace(
            self,
            outstanding=outstanding,
            low=low,
            totals=totals,
            spend=spend,
            reserve=reserve,
            recent=recent,
            unsaved=self.unsaved or changed,
        )

    def with_reserve(self, reserve: Reserve | None) -> Walk:
        """Return the walk with this budget kept, or with none."""
        released = reserve is None and (self.reserve is not None or self.reserved_usd > 0 or self.lingering_usd > 0)
        return replace(self, reserve=reserve, lingering_usd=0.0, reserved_usd=0.0, unsaved=self.unsaved or released)

    def progress(self) -> WalkProgress:
        """Return the part of the walk that is saved."""
        reserve = self.reserve
        return WalkProgress(
            cursor=self.cursor,
            low=self.low,
            totals=totals_part(self.totals),
            asks=self.outstanding.repeated,
            asked_epoch=self.asked_epoch,
            rate_per_second=round(self.rate.per_second, 3),
            spend=self.spend,
            reserved_usd=self.reserved_usd if reserve is None else reserve.reserved_usd,
            lingering_usd=self.lingering_usd if reserve is None else reserve.lingering_usd,
            notice=self.notice,
            recent=self.recent,
        )
