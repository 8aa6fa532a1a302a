"""Write a certificate as a page that a manager can read: one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from tandem.quality.certificates.certificate import CERTIFIED

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --ok: #1a7f37; --no: #b35900 }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem }
h1 { font-size: 1.35rem; margin: 0 0 .25rem }
h2 { font-size: 1.05rem; margin: 2.25rem 0 .5rem }
.says { font-size: 1.2rem; border-left: 4px solid var(--ok); padding: .25rem 0 .25rem 1rem; margin: 1.25rem 0 }
.refused { border-color: var(--no) }
.not { margin: 1.25rem 0; opacity: .85 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 500; width: 55% }
code { font-size: .85rem; overflow-wrap: anywhere }
@media print { body { margin: 0 } }
"""


def certificate_page(certificate: Mapping[str, Any]) -> str:
    """Return the page: what is certified, what is not, and how to check it."""
    claims = {claim["name"]: claim for claim in certificate["opening"]["claims"]}
    facts = certificate.get("facts") or {}
    title = f"How good these labels are: {facts.get('job_name') or certificate['opening']['job']}"
    parts = [f"<h1>{escape(str(title))}</h1>"]
    for sentence, described in zip(certificate["says"], certificate["claims"], strict=True):
        kind = "says" if described["state"] == CERTIFIED else "says refused"
        parts.append(f'<p class="{kind}">{escape(sentence)}</p>')
    parts.append(f'<p class="not">{escape(certificate["does_not_say"])}</p>')
    parts += [
        f"<h2>What was read for {escape(described['name'])}</h2>{_table(_rows(described, claims))}"
        for described in certificate["claims"]
    ]
    readers = "; ".join(f"{escape(name)}: {count:,}" for name, count in certificate["readers"].items()) or "nobody"
    rule = certificate["opening"]["standard"]["rule"].replace("_", " ")
    parts.append(
        "<h2>Who read</h2>" + _table([("Reads of each person", readers), ("Rule by which reads decide", escape(rule))])
    )
    parts.append(
        "<h2>Check it</h2><p>Anybody can recompute this from two files, without a server:<br>"
        "<code>tandem certificate verify EXPORT.jsonl CERTIFICATE.json</code></p>"
        + _table(
            [
                ("Commitment, published before anybody read", f"<code>{escape(certificate['commitment'])}</code>"),
                ("SHA-256 of the export", f"<code>{escape(certificate['export']['sha256'])}</code>"),
            ]
        )
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(str(title))}</title><style>{_STYLE}</style></head>\n<body>{''.join(parts)}</body></html>\n"
    )


def _rows(described: Mapping[str, Any], claims: Mapping[str, Any]) -> list[tuple[str, str]]:
    counts = described["counts"]
    rows = [
        ("Labels", f"{described['size']:,}"),
        ("May be wrong", f"{described['tolerated']:,} ({claims[described['name']]['error']:.3g} of all)"),
        ("Records read", f"{counts['read']:,}"),
        ("Of these, labels found wrong and put right", f"{counts['found_wrong']:,}"),
        ("Corrected, the riskiest first", f"{described['cut']:,}"),
        ("Drawn at random, to measure", f"{described['audits'] + described['pilot']:,}"),
        ("Wrong among those drawn and not corrected", f"{described['wrong_beyond_cut']:,}"),
    ]
    if described["allowance"] >= 0:
        rows.append(("At most so many were allowed", f"{described['allowance']:,}"))
    if described["reread"]:
        reread = described["reread"]
        rows.append(("Corrections read again", f"{reread['sampled']:,}, {reread['wrong']:,} settled otherwise"))
    rows += [("Refused", escape(reason["detail"])) for reason in described["reasons"]]
    return rows


def _table(rows: list[tuple[str, str]]) -> str:
    return "<table>" + "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in rows) + "</table>"
