"""Certificates hold as they are made, and every kind of change is found by its name."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from certified import KEY, LABELS, Certified, certified
from tandem.quality.certificates.opening import commitment_of
from tandem.quality.certificates.page import certificate_page
from tandem.quality.certificates.schedule import make_schedule
from tandem.quality.certificates.verify import verify


@pytest.fixture(scope="module")
def made() -> Certified:
    return certified()


def two_blind(truth: dict[str, Any], _times: int) -> list[dict[str, Any]]:
    return [{"reader": name, "values": truth, "shown": False} for name in ("ada", "grace")]


@pytest.mark.parametrize(
    "options",
    [
        {"confidence": False},
        {"size": 30},
        {"error": 0.002},
        {"classes": {"sentiment": LABELS}},
        {"claimed": (0.1, 0.05)},
        {"claimed": (0.0,), "size": 60},
        {"rule": "panel", "reader": two_blind, "reread": 20, "size": 400},
    ],
    ids=["no confidence", "tiny", "few errors", "classes", "ladder", "all read", "panel"],
)
def test_a_certificate_holds_as_it_is_made(options: dict[str, Any]) -> None:
    made = certified(**options)
    verdict = verify(made.export, made.certificate, commitment=made.certificate["commitment"])
    assert verdict.findings == []
    assert len(verdict.holds) == len(made.certificate["claims"])
    for claim in made.certificate["claims"]:
        assert claim["missed_at_most"] is not None
    left = [line for line in made.lines if line["certificate"] and line["final"] != made.truth[line["seq"]]]
    assert len(left) <= made.certificate["claims"][0]["missed_at_most"]


def resealed(made: Certified, certificate: dict[str, Any]) -> dict[str, Any]:
    """The certificate with the digest of the export as it is now: the forger knows that it is checked."""
    body = b"".join(made.export)
    certificate["export"] = {"sha256": hashlib.sha256(body).hexdigest(), "lines": len(made.lines)}
    return certificate


def claim_of(certificate: dict[str, Any]) -> dict[str, Any]:
    claim: dict[str, Any] = certificate["claims"][0]
    return claim


def read_lines(made: Certified) -> list[dict[str, Any]]:
    return [line for line in made.lines if line["certificate"] and line["certificate"]["reads"]]


def change_a_value(made: Certified, certificate: dict[str, Any]) -> None:
    made.lines[3]["final"] = {"sentiment": "sarcastic"}


def change_a_value_and_the_digest(made: Certified, certificate: dict[str, Any]) -> None:
    made.lines[3]["final"] = {"sentiment": "sarcastic"}
    resealed(made, certificate)


def drop_a_line(made: Certified, certificate: dict[str, Any]) -> None:
    del made.lines[9]
    resealed(made, certificate)


def freeze_another_label(made: Certified, certificate: dict[str, Any]) -> None:
    line = next(line for line in made.lines if line["certificate"] and not line["certificate"]["reads"])
    line["certificate"]["labels"] = line["final"] = {"sentiment": "neutral"}
    line["certificate"]["risks"] = {"sentiment": 1}
    resealed(made, certificate)


def use_another_key(made: Certified, certificate: dict[str, Any]) -> None:
    certificate["key"] = bytes(reversed(KEY)).hex()


def hide_a_wrong_audit(made: Certified, certificate: dict[str, Any]) -> None:
    """The reads say that a label found wrong beyond the cut was right."""
    wrong = [line for line in read_lines(made) if line["final"] != line["certificate"]["labels"]][-1]
    wrong["final"] = wrong["certificate"]["reads"][0]["values"] = wrong["certificate"]["labels"]
    resealed(made, certificate)


def leave_out_a_read(made: Certified, certificate: dict[str, Any]) -> None:
    line = read_lines(made)[10]
    line["certificate"]["reads"] = []
    line["final"] = line["certificate"]["labels"]
    certificate["readers"]["ada"] -= 1
    resealed(made, certificate)


def claim_another_order(made: Certified, certificate: dict[str, Any]) -> None:
    claim_of(certificate)["audit_order"] = "0" * 64


def move_the_cut_back(made: Certified, certificate: dict[str, Any]) -> None:
    claim_of(certificate)["cut"] -= 40


def move_the_cut_on(made: Certified, certificate: dict[str, Any]) -> None:
    claim_of(certificate)["cut"] += 300


def count_fewer_wrong(made: Certified, certificate: dict[str, Any]) -> None:
    claim_of(certificate)["wrong_beyond_cut"] -= 1


def tolerate_fewer(made: Certified, certificate: dict[str, Any]) -> None:
    claim_of(certificate)["missed_at_most"] -= 1


def allow_more(made: Certified, certificate: dict[str, Any]) -> None:
    claim = claim_of(certificate)
    claim["allowances"][claim["look"]] += 5
    claim["allowance"] += 5


def choose_the_main_look_afterwards(made: Certified, certificate: dict[str, Any]) -> None:
    """The whole schedule is exchanged for a better one, with all digests put right."""
    claim = claim_of(certificate)
    main = next(
        n for n in range(claim["audits"], 20, -1) if n != claim["main_look"] and round(n * 1.3) == claim["audits"]
    )
    schedule = make_schedule(claim["size"], claim["tolerated"], main, 0.05)
    claim |= {"main_look": main, "look": schedule.looks.index(claim["audits"])}
    claim |= {name: list(part) for name, part in zip(("looks", "levels", "allowances"), schedule, strict=True)}
    claim["allowance"] = claim["allowances"][claim["look"]]
    certificate["schedules"]["claims"][0]["main_look"] = claim["main_look"]
    certificate["schedules_commitment"] = commitment_of(certificate["schedules"])


def show_an_audit(made: Certified, certificate: dict[str, Any]) -> None:
    """Every reader saw the label."""
    for line in read_lines(made):
        line["certificate"]["reads"][0]["shown"] = True
    certificate["reads_shown"] = sum(certificate["readers"].values())
    resealed(made, certificate)


def claim_less_error(made: Certified, certificate: dict[str, Any]) -> None:
    certificate["opening"]["claims"][0]["error"] = 0.04


def say_more(made: Certified, certificate: dict[str, Any]) -> None:
    certificate["says"] = ["All labels are right."]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (change_a_value, "export"),
        (change_a_value_and_the_digest, "final values"),
        (drop_a_line, "frozen labels"),
        (freeze_another_label, "frozen labels"),
        (use_another_key, "key"),
        (hide_a_wrong_audit, "count"),
        (leave_out_a_read, "order"),
        (claim_another_order, "order"),
        (move_the_cut_back, "cut"),
        (move_the_cut_on, "cut"),
        (count_fewer_wrong, "count"),
        (tolerate_fewer, "count"),
        (allow_more, "schedule"),
        (choose_the_main_look_afterwards, "schedule"),
        (show_an_audit, "shown audits"),
        (claim_less_error, "commitment"),
        (say_more, "claim"),
    ],
)
def test_a_change_is_found_by_its_name(
    made: Certified, change: Callable[[Certified, dict[str, Any]], None], kind: str
) -> None:
    changed, certificate = copy.deepcopy(made), copy.deepcopy(made.certificate)
    change(changed, certificate)
    verdict = verify(changed.export, certificate)
    assert kind in {finding.kind for finding in verdict.findings}, verdict.findings
    assert verdict.holds == []


def test_a_certificate_forged_as_a_whole_is_betrayed_by_the_published_commitment(made: Certified) -> None:
    """Another opening, consistent in itself: a claim chosen afterwards."""
    forged = certified(claimed=(0.06,))
    assert verify(forged.export, forged.certificate).findings == []
    found = verify(forged.export, forged.certificate, commitment=made.certificate["commitment"]).findings
    assert [finding.kind for finding in found] == ["commitment"]


def shown(truth: dict[str, Any], _times: int) -> list[dict[str, Any]]:
    return [{"reader": "ada", "values": truth, "shown": True}]


def one_of_a_panel(truth: dict[str, Any], _times: int) -> list[dict[str, Any]]:
    return [{"reader": "ada", "values": truth, "shown": False}]


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ({"reader": shown}, "audit_not_blind", "audits were read by somebody who could see the label"),
        ({"reader": one_of_a_panel, "rule": "panel"}, "audit_read_once", "audits were read by one person only"),
    ],
)
def test_what_must_not_be_certified_is_refused_without_a_number(options: dict[str, Any], code: str, told: str) -> None:
    made = certified(size=300, **options)
    claim = claim_of(made.certificate)
    assert (claim["state"], claim["missed_at_most"]) == ("refused", None)
    assert [reason["code"] for reason in claim["reasons"]] == [code]
    assert told in made.certificate["says"][0]
    assert made.certificate["says"][0].startswith("Nothing is certified")
    verdict = verify(made.export, made.certificate)
    assert (verdict.findings, verdict.holds) == ([], [])


def three_at_odds(truth: dict[str, Any], _times: int) -> list[dict[str, Any]]:
    """The second of three says something else each time; the third settles it."""
    right = truth["sentiment"]
    values = (right, LABELS[LABELS.index(right) - 1], right)
    names = ("ada", "ben", "cleo")
    return [{"reader": name, "values": {"sentiment": value}} for name, value in zip(names, values, strict=True)]


def test_readers_who_agree_by_chance_certify_nothing() -> None:
    made = certified(size=300, rule="panel", reader=three_at_odds)
    assert [reason["code"] for reason in claim_of(made.certificate)["reasons"]] == ["readers_agree_by_chance"]


def test_too_few_reads_and_changed_labels_are_refused(made: Certified) -> None:
    changed = copy.deepcopy(made)
    for line in read_lines(changed)[:50]:
        line["certificate"]["reads"], line["final"] = [], line["certificate"]["labels"]
    assert [reason["code"] for reason in claim_of(changed.certify())["reasons"]] == ["not_closed"]
    changed.lines[0]["certificate"]["labels"] = changed.lines[0]["final"] = {"sentiment": "neutral"}
    assert "labels_changed" in {reason["code"] for reason in claim_of(changed.certify())["reasons"]}


def test_a_skipped_audit_counts_as_wrong_and_is_counted_among_the_missed(made: Certified) -> None:
    changed = copy.deepcopy(made)
    kept = claim_of(made.certificate)
    for line in read_lines(changed):
        if line["final"] == line["certificate"]["labels"]:
            line["certificate"]["reads"][0]["values"] = None
    claim = claim_of(changed.certify())
    assert claim["state"] == "refused" or claim["missed_at_most"] > kept["missed_at_most"]


def test_the_page_says_what_is_certified_and_what_is_not_and_trusts_no_name() -> None:
    made = certified(size=120)
    made.certificate["facts"] = {"job_name": "<script>alert(1)</script>"}
    page = certificate_page(made.certificate)
    assert made.certificate["does_not_say"] in page
    assert "<script>" not in page
    assert "http" not in page
    assert "tandem certificate verify" in page


@pytest.mark.parametrize("options", [{}, {"reader": shown}, {"rule": "panel", "reader": two_blind, "reread": 9}])
def test_a_certificate_is_what_its_json_schema_says(options: dict[str, Any]) -> None:
    made = certified(size=200, **options)
    again = json.loads(json.dumps(made.certificate))
    jsonschema.validate(
        again, json.loads((files("tandem.quality.certificates") / "certificate.schema.json").read_text())
    )
    assert verify(made.export, again).findings == []
