"""A leader asks for what its claims need, whoever reads in whichever order, and what it leads to is a certificate."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from typing import Any

import pytest

from certified import KEY, LABELS, Certified, certified
from tandem.quality.certificates.certificate import make_certificate
from tandem.quality.certificates.evidence import Evidence
from tandem.quality.certificates.leading import Leader
from tandem.quality.certificates.verify import verify


def unread(made: Certified) -> Certified:
    """The same records and opening, before anybody read."""
    found = copy.deepcopy(made)
    for line in found.lines:
        if line["certificate"]:
            line["certificate"]["reads"], line["final"] = [], line["certificate"]["labels"]
    return found


def leader_of(made: Certified) -> Leader:
    return Leader(made.opening, made.evidence())


def reads_of(made: Certified, seq: int) -> list[dict[str, Any]]:
    line = next(line for line in made.lines if line["seq"] == seq)
    found: list[dict[str, Any]] = line["certificate"]["reads"]
    return found


def read(made: Certified, leader: Leader, seq: int, reader: str, **more: Any) -> None:
    """A right read, told to the leader."""
    line = next(line for line in made.lines if line["seq"] == seq)
    values = made.truth[seq]
    reads = line["certificate"]["reads"]
    reads.append({"reader": reader, "values": values, "shown": False, "voided": False, **more})
    if not any(each.get("flagged") for each in reads):
        line["final"] = next((each["values"] for each in reads if not each["voided"]), line["certificate"]["labels"])
    leader.take(seq, reads)


def lead(made: Certified, leader: Leader, readers: Sequence[str] = ("ada",), seed: int = 0) -> list[set[int]]:
    """Read what is wanted, in a random order, some at a time, until the claims are closed."""
    random_ = random.Random(seed)
    batches: list[set[int]] = []
    fixed = None
    while True:
        leader.advance()
        fixed = fixed or leader.schedules()
        if leader.is_closed:
            return batches
        wanted = leader.wanted(fixed=fixed is not None)
        open_ = sorted(seq for seq in wanted if not reads_of(made, seq))
        assert open_, "somebody has something to read"
        batches.append(set(open_))
        for seq in random_.sample(open_, max(1, len(open_) // 2)):
            for reader in readers:
                read(made, leader, seq, reader)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"confidence": False},
        {"classes": {"sentiment": LABELS}},
        {"claimed": (0.0,), "size": 60},
        {"rule": "panel", "reader": None, "size": 300},
    ],
    ids=["one", "no confidence", "classes", "all read", "panel"],
)
def test_what_a_leader_asks_for_makes_a_certificate_that_holds(options: dict[str, Any]) -> None:
    options = dict(options)
    if options.pop("reader", "none") is None:
        options["reader"] = lambda truth, _: [
            {"reader": name, "values": truth, "shown": False, "voided": False} for name in ("ada", "grace")
        ]
    whole = certified(**options)
    made = unread(whole)
    lead(made, leader_of(made), ("ada", "grace") if options.get("rule") == "panel" else ("ada",))
    certificate = made.certify()
    assert [claim["reasons"] for claim in certificate["claims"]] == [[] for _ in certificate["claims"]]
    assert verify(made.export, certificate).findings == []
    for mine, other in zip(certificate["claims"], whole.certificate["claims"], strict=True):
        same = ("main_look", "look", "audits", "cut", "audit_order", "correction_order", "wrong_beyond_cut")
        assert {name: mine[name] for name in same} == {name: other[name] for name in same}, "as one reader in turn"


def test_a_leader_built_anew_goes_on_where_the_other_was() -> None:
    made = unread(certified())
    leader = leader_of(made)
    fixed = None
    for _ in range(12):
        leader.advance()
        fixed = fixed or leader.schedules()
        wanted = leader.wanted(fixed=fixed is not None)
        for seq in sorted(wanted)[:7]:
            if not reads_of(made, seq):
                read(made, leader, seq, "ada")
        leader.advance()
        fixed = fixed or leader.schedules()
        anew = leader_of(unread(made))
        for line in reversed(made.lines):
            if line["certificate"] and line["certificate"]["reads"]:
                anew.take(line["seq"], line["certificate"]["reads"])
        anew.advance()
        assert anew.wanted(fixed=fixed is not None) == leader.wanted(fixed=fixed is not None)
        assert anew.schedules() == leader.schedules()
        assert (anew.is_closed, anew.reads) == (leader.is_closed, leader.reads)


def test_an_undone_read_is_wanted_again_and_changes_nothing_when_it_is_given_again() -> None:
    made = unread(certified())
    leader = leader_of(made)
    lead(made, leader)
    schedules, zones = leader.schedules(), leader.zones()
    assert schedules is not None
    for seq in [*sorted(zones.audits)[:3], *sorted(zones.corrections)[:3]]:
        reads_of(made, seq)[-1]["voided"] = True
        leader.take(seq, reads_of(made, seq))
        leader.advance()
        assert not leader.is_closed
        assert leader.departures(schedules) == []
        assert leader.wanted(fixed=True) == {seq}
        read(made, leader, seq, "grace")
        leader.advance()
        assert leader.is_closed
        assert (leader.schedules(), leader.zones()) == (schedules, zones)
    assert verify(made.export, made.certify()).findings == []


def test_a_read_of_the_warm_up_that_changes_the_schedule_is_noticed() -> None:
    made = unread(certified())
    leader = leader_of(made)
    lead(made, leader)
    schedules = leader.schedules()
    assert schedules is not None
    assert schedules[0]["warm_up"] > 0
    corrected = [line for line in made.lines if line["seq"] in leader.zones().corrections]
    for line in corrected:
        (said,) = line["certificate"]["reads"]
        said["values"] = line["certificate"]["labels"]  # the first readers change their mind: all was right
        leader.take(line["seq"], [said])
    leader.advance()
    assert leader.departures(schedules) == [schedules[0]["name"]]


def test_an_audit_that_was_flagged_or_skipped_counts_as_wrong() -> None:
    made = unread(certified(error=0.002))
    leader = leader_of(made)
    leader.advance()
    audits = sorted(leader.wanted(fixed=True))
    for seq in audits:
        right = not reads_of(made, seq) and made.truth[seq] == line_of(made, seq)["certificate"]["labels"]
        read(made, leader, seq, "ada", flagged=right and seq in audits[:8])
    leader.advance()
    flagged = [seq for seq in audits[:8] if reads_of(made, seq)[0]["flagged"]]
    assert len(flagged) > 2
    lead(made, leader)
    certificate = made.certify()
    (claim,) = certificate["claims"]
    assert claim["counts"]["voided"] >= len(flagged)
    assert verify(made.export, certificate).findings == []
    if claim["state"] == "certified" and not claim["read_whole"]:
        assert claim["missed_at_most"] == claim["tolerated"] + claim["counts"]["voided"]


def line_of(made: Certified, seq: int) -> dict[str, Any]:
    return next(line for line in made.lines if line["seq"] == seq)


def test_nothing_that_is_wanted_depends_on_the_outcome_of_an_audit_before_its_look() -> None:
    """Two truths that differ in audits of the present look alone: everything that people are asked is the same."""
    made = unread(certified())
    other = copy.deepcopy(made)
    one, two = leader_of(made), leader_of(other)
    fixed = None
    while True:
        one.advance()
        two.advance()
        fixed = fixed or one.schedules()
        wanted = one.wanted(fixed=fixed is not None)
        assert wanted == two.wanted(fixed=fixed is not None)
        if fixed is not None:
            break
        for seq in wanted:
            read(made, one, seq, "ada")
            read(other, two, seq, "ada")
    audits = sorted(wanted)
    assert len(audits) > 20
    for seq in audits[:-1]:
        read(made, one, seq, "ada")
        other.truth[seq] = {"sentiment": "positive"}
        read(other, two, seq, "ada")
        one.advance()
        two.advance()
        rest = {each for each in wanted if not reads_of(made, each)}
        assert one.wanted(fixed=True) == two.wanted(fixed=True) == rest


def test_evidence_of_an_unknown_record_is_ignored() -> None:
    made = unread(certified(size=60))
    leader = leader_of(made)
    leader.take(10_000, [{"reader": "ada", "values": {"sentiment": "positive"}}])
    assert leader.reads == 0
    assert isinstance(made.evidence(), Evidence)
    assert make_certificate(made.evidence(), made.opening, key=KEY, export={"sha256": "", "lines": 0})
