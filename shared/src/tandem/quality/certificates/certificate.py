"""Make a certificate: the JSON document that states a job's claims, with all that is needed to recompute them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tandem.quality.certificates.assess import ClaimView, describe
from tandem.quality.certificates.course import Course, Phase
from tandem.quality.certificates.evidence import Evidence
from tandem.quality.certificates.opening import CertificateClaim, commitment_of, make_schedules
from tandem.quality.certificates.readers import (
    PANEL,
    Agreement,
    agreement,
    agrees_no_better_than_chance,
)

FORMAT = "tandem-certificate"
VERSION = 1
CERTIFIED, REFUSED = "certified", "refused"
_MOST_NAMED = 5


def refusals(
    view: ClaimView, course: Course, found: Agreement | None, standard: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Return why a claim cannot be certified, each reason with its code; nothing where it can."""
    audited = [*view.audit_order[: course.pilot], *view.audit_order[course.pilot : course.pilot + course.audits]]
    reasons = []
    if shown := [record for record in audited if view.shown(record)]:
        reasons.append(
            _reason(
                "audit_not_blind", f"{len(shown)} audits were read by somebody who could see the label", view, shown
            )
        )
    if standard["rule"] == PANEL and (once := [record for record in audited if not view.read_twice(record)]):
        reasons.append(_reason("audit_read_once", f"{len(once)} audits were read by one person only", view, once))
    if standard["rule"] == PANEL and found is not None and agrees_no_better_than_chance(found):
        detail = (
            f"readers agree on {found.observed:.0%} of {found.pairs} records read twice, {found.chance:.0%} by chance"
        )
        reasons.append({"code": "readers_agree_by_chance", "detail": detail})
    if course.phase is not Phase.CLOSED:
        if view.tolerated == 0:
            detail = f"{view.claim.error:g} of {view.size} records tolerates none, and not all of them were read"
            reasons.append({"code": "nothing_tolerated", "detail": detail})
        else:
            reasons.append({"code": "not_closed", "detail": "too few records were read"})
    return reasons


def _reason(code: str, detail: str, view: ClaimView, records: Sequence[int]) -> dict[str, str]:
    named = ", ".join(str(view.seq(record)) for record in records[:_MOST_NAMED])
    return {"code": code, "detail": f"{detail} (seq {named}{', …' if len(records) > _MOST_NAMED else ''})"}


def make_certificate(
    evidence: Evidence,
    opening: Mapping[str, Any],
    *,
    key: bytes,
    export: Mapping[str, Any],
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the certificate of an export.

    `export`: {"sha256": of its bytes, "lines": how many}; `facts`: what else is to be told, e.g. names and times; it
    has no part in the proof. Claims that do not hold, or must not be made, are refused with their reasons and have no
    number.
    """
    claims, schedules, texts = [], [], []
    for given in opening["claims"]:
        claim = CertificateClaim.of(given)
        view = ClaimView(evidence, claim)
        course = view.course()
        found = agreement(evidence.tasks[claim.task].pairs)
        reasons = refusals(view, course, found, opening["standard"])
        if evidence.digest != opening["population"]["digest"] or len(evidence) != opening["population"]["size"]:
            reasons.append(
                {"code": "labels_changed", "detail": "the labels are not those that were frozen at the opening"}
            )
        if evidence.differing:
            detail = f"the final value of {len(evidence.differing)} records is not what their reads decided"
            reasons.append({"code": "final_differs", "detail": detail})
        described = describe(view, course)
        described |= {"state": REFUSED if reasons else CERTIFIED, "reasons": reasons}
        described |= {"missed_at_most": None if reasons else missed_at_most(described)}
        described |= {"agreement": None if found is None else {**found._asdict(), "kappa": found.kappa}}
        claims.append(described)
        schedules.append({name: described[name] for name in ("name", "warm_up", "pilot", "main_look")})
        texts.append(claim_sentence(claim, described, opening["standard"]))
    fixed = make_schedules(opening, schedules)
    return {
        "format": FORMAT,
        "version": VERSION,
        "says": texts,
        "does_not_say": limits_sentence(evidence),
        "opening": dict(opening),
        "commitment": commitment_of(opening),
        "schedules": fixed,
        "schedules_commitment": commitment_of(fixed),
        "key": key.hex(),
        "export": dict(export),
        "outside": dict(sorted(evidence.outside.items())),
        "readers": dict(sorted(evidence.readers.items())),
        "reads_shown": evidence.reads_shown,
        "claims": claims,
        "facts": dict(facts or {}),
    }


def missed_at_most(described: Mapping[str, Any]) -> int:
    """Return the number that the claim states: tolerated, without an outcome, and wrongly corrected ones together."""
    tolerated = 0 if described["read_whole"] else described["tolerated"]
    reread = described["reread"]
    return int(tolerated + described["counts"]["voided"] + (0 if reread is None else reread["wrong_at_most"]))


def claim_sentence(claim: CertificateClaim, described: Mapping[str, Any], standard: Mapping[str, Any]) -> str:
    """Say in one sentence what is certified, or that nothing is."""
    about = f"labels of {claim.task}" + (f" {claim.label_class!r}" if claim.label_class is not None else "")
    if described["state"] == REFUSED:
        reasons = "; ".join(reason["detail"] for reason in described["reasons"])
        return f"Nothing is certified about the {described['size']:,} {about}: {reasons}."
    who = "a panel of blind readers" if standard["rule"] == PANEL else "a blind reader"
    missed = described["missed_at_most"]
    share = missed / described["size"] if described["size"] else 0
    return (
        f"At most {missed:,} of the {described['size']:,} {about} in this export ({share:.2%}) differ from what {who} "
        f"of this protocol says; this sentence is false with probability at most {claim.alpha:.3g}, whatever the model."
    )


def limits_sentence(evidence: Evidence) -> str:
    """Say in one sentence what is not certified."""
    outside = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(evidence.outside.items()))
    beyond = f"nothing about the records outside ({outside})" if outside else "nothing about records added later"
    return f"It says nothing about any single label, {beyond}, and nothing about whether the readers are right."
