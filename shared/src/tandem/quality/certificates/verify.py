"""Verify a certificate from its export alone: no server, no network, and no trust in whoever made it.

Everything is recomputed: commitments, digests, both orders, the schedule, the boundary, the cut and every count. Each
finding has a kind, so that one knows what was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tandem.quality.certificates.assess import ClaimView, Replay, counts_of, replay, reread_of, wrong_beyond
from tandem.quality.certificates.boundary import NEVER
from tandem.quality.certificates.certificate import (
    CERTIFIED,
    FORMAT,
    VERSION,
    claim_sentence,
    limits_sentence,
    missed_at_most,
)
from tandem.quality.certificates.course import UNDECIDED
from tandem.quality.certificates.evidence import NO_ZONE, ZONES, Evidence, parse_line
from tandem.quality.certificates.keys import key_hash
from tandem.quality.certificates.opening import CertificateClaim, commitment_of
from tandem.quality.certificates.readers import PANEL, Agreement, agreement, agrees_no_better_than_chance
from tandem.quality.certificates.schedule import make_schedule


class Discrepancy(NamedTuple):
    """Finding: something that is not as the certificate says.

    `kind`: commitment, key, export, frozen labels, final values, schedule, order, cut, count, shown audits, claim or
    format; `detail`: what it is, in a sentence without its full stop.
    """

    kind: str
    detail: str


class VerificationResult(NamedTuple):
    """Result of a verification: the findings, and the claims that hold (certified, and nothing found)."""

    findings: list[Discrepancy]
    holds: list[str]


def verify(
    export: Iterable[bytes], certificate: Mapping[str, Any], *, commitment: str | None = None
) -> VerificationResult:
    """Recompute a certificate.

    `export`: the lines of the export, with their line ends; `commitment`: the one that was published when the
    certificate was opened, where it is known. Raises KeyError, TypeError or ValueError for a document that is no
    certificate.
    """
    if certificate.get("format") != FORMAT or certificate.get("version") != VERSION:
        return VerificationResult([Discrepancy("format", f"this is no {FORMAT} of version {VERSION}")], [])
    opening, key = certificate["opening"], bytes.fromhex(certificate["key"])
    claims = {given["name"]: CertificateClaim.of(given) for given in opening["claims"]}
    findings = _commitments(certificate, commitment)
    if key_hash(key) != opening["key_hash"]:
        findings.append(Discrepancy("key", "the key is not the one whose hash was published"))
    tasks = {claim.task: claim.same for claim in claims.values()}
    evidence = Evidence(opening["job"], key, tasks, opening["standard"])
    findings += _read(export, evidence, certificate)
    findings += _population(evidence, certificate)
    holds, zones = [], bytearray(len(evidence))
    described = {each["name"]: each for each in certificate["claims"]}
    if list(described) != list(claims):
        findings.append(Discrepancy("claim", "the claims are not those of the opening"))
    for name, claim in claims.items():
        if name in described:
            found = _claim(ClaimView(evidence, claim), described[name], opening["standard"], evidence, zones)
            findings += [Discrepancy(kind, f"{name}: {detail}") for kind, detail in found]
    if all(each["state"] == CERTIFIED for each in described.values()):
        findings += _zones(evidence, zones)
    if not findings:
        sentences = [claim_sentence(claim, described[name], opening["standard"]) for name, claim in claims.items()]
        if certificate["says"] != sentences or certificate["does_not_say"] != limits_sentence(evidence):
            findings.append(Discrepancy("claim", "the sentences are not those that follow from the figures"))
        else:
            holds = [name for name in claims if described[name]["state"] == CERTIFIED]
    return VerificationResult(findings, holds)


def _commitments(certificate: Mapping[str, Any], published: str | None) -> list[Discrepancy]:
    findings = []
    opening, schedules = certificate["opening"], certificate["schedules"]
    found = commitment_of(opening)
    if found != certificate["commitment"]:
        findings.append(Discrepancy("commitment", "the opening is not the one that the commitment was made of"))
    if published is not None and published.strip().lower() != found:
        findings.append(Discrepancy("commitment", "the opening is not the one that was published"))
    if commitment_of(schedules) != certificate["schedules_commitment"] or schedules["opening"] != found:
        findings.append(Discrepancy("schedule", "the schedules are not those that the commitment was made of"))
    fixed = [{name: each[name] for name in ("name", "warm_up", "pilot", "main_look")} for each in certificate["claims"]]
    if schedules["claims"] != fixed:
        findings.append(Discrepancy("schedule", "the claims have other schedules than were committed to"))
    return findings


def _read(export: Iterable[bytes], evidence: Evidence, certificate: Mapping[str, Any]) -> list[Discrepancy]:
    digest, lines, findings = hashlib.sha256(), 0, list[Discrepancy]()
    for line in export:
        digest.update(line)
        lines += 1
        try:
            evidence.add(parse_line(line))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            if len(findings) < 10:
                findings.append(Discrepancy("export", f"line {lines} cannot be read ({type(error).__name__}: {error})"))
    if digest.hexdigest() != certificate["export"]["sha256"] or lines != certificate["export"]["lines"]:
        findings.append(Discrepancy("export", "the file is not the one that the certificate was made of"))
    return findings


def _population(evidence: Evidence, certificate: Mapping[str, Any]) -> list[Discrepancy]:
    findings = []
    population = certificate["opening"]["population"]
    if evidence.digest != population["digest"] or len(evidence) != population["size"]:
        findings.append(Discrepancy("frozen labels", "the labels are not those that were frozen at the opening"))
    if dict(evidence.outside) != certificate["outside"]:
        findings.append(Discrepancy("count", f"outside the population are {dict(evidence.outside)}"))
    if dict(evidence.readers) != certificate["readers"] or evidence.reads_shown != certificate["reads_shown"]:
        findings.append(Discrepancy("count", "the reads of each person are not as counted"))
    if evidence.differing:
        named = ", ".join(map(str, evidence.differing[:5]))
        findings.append(
            Discrepancy("final values", f"{len(evidence.differing)} are not what was decided, the first at seq {named}")
        )
    return findings


def _zones(evidence: Evidence, zones: bytearray) -> list[Discrepancy]:
    """Compare what records are said to have been read as with what they were."""
    differing = [place for place, said in enumerate(evidence.zones) if said not in (NO_ZONE, zones[place])]
    if not differing:
        return []
    seq, is_ = evidence.seqs[differing[0]], ZONES[zones[differing[0]]]
    return [Discrepancy("zone", f"{len(differing)} records were read as something else; seq {seq} is {is_}")]


def _note_zones(view: ClaimView, walked: Replay, zones: bytearray) -> None:
    for zone, records in enumerate((walked.corrections, walked.audits, walked.pilot), 1):
        for record in records:
            zones[view.places[record]] = max(zones[view.places[record]], zone)


def _claim(
    view: ClaimView, said: Mapping[str, Any], standard: Mapping[str, Any], evidence: Evidence, zones: bytearray
) -> list[tuple[str, str]]:
    """Recompute one claim, and note in `zones` what it read records as. A refused claim has no number, so its counts
    alone are compared."""
    if said["state"] != CERTIFIED:
        return [] if said["missed_at_most"] is None else [("claim", "it is refused and states a number")]
    found: list[tuple[str, str]] = []
    if (view.size, view.tolerated) != (said["size"], said["tolerated"]):
        found.append(("count", f"it is about {view.size} records and tolerates {view.tolerated} missed ones"))
    walked = replay(view, warm_up=said["warm_up"], pilot=said["pilot"], audits=said["audits"], cut=said["cut"])
    found += _schedule(view, said)
    audited = [*walked.pilot, *walked.audits]
    _note_zones(view, walked, zones)
    if unread := [record for record in audited if view.decided[record] == UNDECIDED]:
        found.append(("order", f"seq {view.seq(unread[0])} comes early in the audit order and was not read"))
    if view.order_digest(audited) != said["audit_order"]:
        found.append(("order", "the audits are not the first records of the audit order"))
    if view.order_digest(walked.corrections) != said["correction_order"]:
        found.append(("order", "the corrections are not the first records of the correction order"))
    if walked.undecided is not None or len(walked.corrections) != said["cut"]:
        where = (
            "" if walked.undecided is None else f": seq {view.seq(walked.undecided)} comes before it and was not read"
        )
        found.append(("cut", f"not all records up to the cut were read{where}"))
    beyond = len(wrong_beyond(view, walked.audits, walked.corrections))
    if beyond != said["wrong_beyond_cut"]:
        found.append(("count", f"{beyond} audits beyond the cut are wrong"))
    whole = len(walked.corrections) + len(walked.pilot) == view.size
    if whole != said["read_whole"]:
        found.append(("cut", "not every record was read" if not whole else "every record was read"))
    if not whole and beyond > _allowance(view, said):
        found.append(("cut", f"{beyond} audits beyond it are wrong, and {_allowance(view, said)} are allowed"))
    if view.claim.reread and reread_of(view, walked.corrections) != said["reread"]:
        found.append(("count", "the sample of corrections read again is not as counted"))
    if counts_of(view, walked.pilot, walked.audits, walked.corrections) != said["counts"]:
        found.append(("count", "the records read and found wrong are not as counted"))
    found += _readers(view, said, audited, standard, agreement(evidence.tasks[view.claim.task].pairs))
    if said["missed_at_most"] != missed_at_most(said):
        found.append(("count", f"at most {missed_at_most(said)} are missed"))
    return found


def _readers(
    view: ClaimView,
    said: Mapping[str, Any],
    audited: Sequence[int],
    standard: Mapping[str, Any],
    agreed: Agreement | None,
) -> list[tuple[str, str]]:
    """Check that audits were read blind, by as many as the standard says, and by people who agree."""
    found: list[tuple[str, str]] = []
    if view.claim.reread and said["reread"] is None:
        found.append(("claim", "the sample of corrections was not read again"))
    if shown := [record for record in audited if view.shown(record)]:
        found.append(
            ("shown audits", f"{len(shown)} audits were read by somebody who saw the label, seq {view.seq(shown[0])}")
        )
    if standard["rule"] == PANEL and (once := [record for record in audited if not view.read_twice(record)]):
        found.append(("order", f"{len(once)} audits were not read by two people, seq {view.seq(once[0])}"))
    if said["agreement"] != (None if agreed is None else {**agreed._asdict(), "kappa": agreed.kappa}):
        found.append(("count", "the agreement of the readers is another"))
    if standard["rule"] == PANEL and agreed is not None and agrees_no_better_than_chance(agreed):
        found.append(("claim", "readers agree no better than chance"))
    return found


def _schedule(view: ClaimView, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Compare warm-up, pilot sample, looks, levels and allowances with those that follow from the rules."""
    course = view.course()
    found = [
        ("schedule", f"the {name.replace('_', ' ')} is {given}, not {said[name]}")
        for name, given in (("warm_up", course.warm_up), ("pilot", course.pilot), ("main_look", course.main_look))
        if said[name] != given
    ]
    if said["main_look"] == 0:
        if said["looks"] or said["audits"]:
            found.append(("schedule", "there are looks without a schedule"))
        return found
    size = view.size - said["pilot"]
    schedule = make_schedule(size, view.tolerated, said["main_look"], view.claim.audit_alpha)
    if [list(part) for part in schedule] != [said["looks"], said["levels"], said["allowances"]]:
        found.append(("schedule", "the looks, levels or allowances are not those of the main look"))
    if said["look"] is None:
        return found
    if not 0 <= said["look"] < len(schedule.looks) or schedule.looks[said["look"]] != said["audits"]:
        found.append(("schedule", f"{said['audits']} audits are no look of the schedule"))
    elif schedule.allowances[said["look"]] != said["allowance"]:
        found.append(("schedule", f"this look allows {schedule.allowances[said['look']]} wrong audits"))
    return found


def _allowance(view: ClaimView, said: Mapping[str, Any]) -> int:
    schedule = make_schedule(
        view.size - said["pilot"], view.tolerated, max(1, said["main_look"]), view.claim.audit_alpha
    )
    look = said["look"]
    return schedule.allowances[look] if look is not None and 0 <= look < len(schedule.looks) else NEVER
