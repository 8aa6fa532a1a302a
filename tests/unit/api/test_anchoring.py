"""Anchoring is measured where a coin decided who sees the label, and nowhere else."""

from __future__ import annotations

from tandem.quality.summary import Arms
from tandem_api.analysis.reports.anchoring import anchoring_of


def test_only_campaigns_with_both_arms_count_by_reader_and_together() -> None:
    found = anchoring_of(
        {
            "coin\nada": Arms(shown=56, shown_kept=48, blind=70, blind_kept=42),
            "coin\nben": Arms(shown=200, shown_kept=190, blind=190, blind_kept=160),
            "thresholds\nada": Arms(shown=500, shown_kept=500),
            "audit\nben": Arms(blind=300, blind_kept=100),
        }
    )
    assert found is not None
    assert (found.overall.shown, found.overall.shown_kept, found.overall.blind, found.overall.blind_kept) == (
        256,
        238,
        260,
        202,
    )
    assert [reader.person_id for reader in found.readers] == ["ben", "ada"]
    assert found.enough
    difference, low, high = (
        found.overall.difference,
        found.overall.difference_low,
        found.overall.difference_high,
    )
    assert difference is not None
    assert low is not None
    assert high is not None
    assert 0.05 < low < difference < high < 0.25


def test_without_a_coin_nothing_is_said() -> None:
    assert anchoring_of({"thresholds\nada": Arms(shown=500, shown_kept=500)}) is None
    assert anchoring_of({}) is None
