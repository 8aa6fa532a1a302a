"""Another `tandem certificate verify`, written from docs/certificates.md alone: one task whose labels are strings.

It imports nothing of the project and recomputes every figure that it uses. Usage: python FILE EXPORT CERTIFICATE
"""
# mypy: ignore-errors

import hashlib
import hmac
import json
import math
import sys

import numpy as np


def plain(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(value):
    return hashlib.sha256(value if isinstance(value, bytes) else plain(value)).hexdigest()


def hypergeometric(size, marked, drawn):
    logs = lambda n, k: math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    support = range(max(0, drawn + marked - size), min(marked, drawn) + 1)
    return {x: math.exp(logs(marked, x) + logs(size - marked, drawn - x) - logs(size, drawn)) for x in support}


def allowances(size, tolerated, looks, levels):
    states, listed, before, spent, granted, allowed, found = {0: 1.0}, 0, 0, 0.0, 0.0, -1, []
    for audits, level in zip(looks, levels, strict=True):
        granted, kept = granted + level, None
        for trial in range(max(0, allowed), audits + 1):
            total, moved = tolerated + 1 + trial, {}
            for held, p in states.items():  # the list grows to `total` records, then more of it is drawn
                for grown, q in hypergeometric(size - listed, before - held, total - listed).items():
                    for drawn, r in hypergeometric(size - before, total - held - grown, audits - before).items():
                        moved[held + grown + drawn] = moved.get(held + grown + drawn, 0.0) + p * q * r
            wrong = sum(p for held, p in moved.items() if held <= trial)
            if trial > allowed and spent + wrong > granted * (1 - 1e-9):
                break
            kept, allowed = (moved, wrong, total), trial
        if kept:
            spent, listed, before = spent + kept[1], kept[2], audits
            states = {held: p for held, p in kept[0].items() if held > allowed and p > 1e-13}
        found.append(allowed)
    return found


def fit(known, labels, stretches, trusted):  # known: (x, label, stretch, wrong) of each decided record
    size, found = 2 + labels + stretches, np.array([float(one[3]) for one in known])
    spread = np.array([1, 0.5] + [0.5] * labels + [0.25] * stretches if trusted else [2, 1] + [0.7] * labels + [0.5] * stretches)
    prior, rows = np.zeros(size), np.zeros((len(known), size))
    prior[:2] = (0, 1) if trusted else (math.log((found.sum() + 0.5) / (len(found) - found.sum() + 0.5)), 0)
    for row, (x, label, stretch, _) in zip(rows, known, strict=True):
        row[[0, 1, 2 + label, 2 + labels + stretch]] = 1, x, 1, 1
    theta = prior.copy()
    posterior = lambda t: float(found @ (rows @ t) - np.logaddexp(0, rows @ t).sum() - (((t - prior) / spread) ** 2).sum() / 2)
    for _ in range(50 if known else 0):
        p = 1 / (1 + np.exp(-rows @ theta))
        hessian = np.diag(spread**-2) + rows.T @ (rows * (p * (1 - p))[:, None])
        step = np.linalg.solve(hessian, (prior - theta) / spread**2 + rows.T @ (found - p))
        while posterior(theta + step) < posterior(theta) - 1e-9:
            step = step / 2
        theta = theta + step
        if max(abs(step)) < 1e-8:
            break
    return theta


def corrections(risks, label, ties, wrong, warm_up, sample, cut):
    x = [0.0 if risk is None else math.log((r := min(0.9999, max(0.0001, risk))) / (1 - r)) for risk in risks]
    known, edges, running = sorted((risk for risk in risks if risk is not None), reverse=True), [], 0.0
    for risk in known:
        running += risk
        if running >= sum(known) * (len(edges) + 1) / 12 and risk < (edges or [2])[-1]:
            edges.append(risk)
    edges += known[-1:] if known and known[-1] < (edges or [2])[-1] else []
    stretch = [0 if risk is None else 1 + sum(risk < edge for edge in edges) for risk in risks]
    labels, passed = max(label) + 1, []
    for goal, pilot, trusted in ((warm_up, set(), True), (cut, set(sample), not sample)):
        inside = [i for i in range(len(risks)) if i not in pilot]
        passed, every = [i for i in passed if i not in pilot], max(10, len(inside) // 150)
        while len(passed) < goal:
            cells = {}
            for i in passed:
                cells.setdefault((stretch[i], label[i]), []).append(x[i])
            mean = {cell: sum(held) / len(held) for cell, held in cells.items()}
            decided = [(mean[stretch[i], label[i]], label[i], stretch[i], wrong[i]) for i in passed]
            a, b, *more = fit(decided + [(x[i], label[i], stretch[i], wrong[i]) for i in sorted(pilot)], labels, len(edges) + 1, trusted)
            key = lambda i: (
                -(a + b * x[i] + more[label[i]] + more[labels + stretch[i]]),
                stretch[i],
                label[i],
                -x[i] if b >= 0 else x[i],
                ties[i] if b >= 0 else -ties[i],
            )
            passed += sorted(set(inside) - set(passed), key=key)[: min(goal, len(passed) // every * every + every) - len(passed)]
    return passed


def main(export, certificate):
    number = lambda text: int(float(text)) if float(text).is_integer() else float(text)
    opening, (said,) = (document := json.loads(certificate, parse_float=number))["opening"], document["claims"]
    (claim,), key = opening["claims"], bytes.fromhex(document["key"])
    assert sha(opening) == document["commitment"] == document["schedules"]["opening"], "commitment"
    assert sha(document["schedules"]) == document["schedules_commitment"], "schedule"
    assert sha(key) == opening["key_hash"], "key"
    assert sha(export) == document["export"]["sha256"], "export"
    lines = [line for line in map(json.loads, export.splitlines()) if line["certificate"]]
    held, size = [line["certificate"] for line in lines], len(lines)
    text = [
        [line["seq"], one["attempt"], line["record_id"], line.get("content_hash"), one["labels"], one["risks"]] for line, one in zip(lines, held, strict=True)
    ]
    assert sha(b"".join(plain(one) + b"\n" for one in text)) == opening["population"]["digest"], "frozen labels"
    macs = [hmac.digest(key, f"{opening['job']}:{one[0]}:{one[1]}".encode(), "sha256") for one in text]
    order, ties = sorted(range(size), key=lambda i: macs[i][:8]), [int.from_bytes(mac[8:16], "big") for mac in macs]
    labels = [one["labels"][claim["task"]] for one in held]
    values = [one["reads"][0]["values"][claim["task"]] if one["reads"] else None for one in held]
    wrong = [value is not None and value != label for value, label in zip(values, labels, strict=True)]
    assert all(line["final"][claim["task"]] == (value or label) for line, value, label in zip(lines, values, labels, strict=True)), "final"
    frequent = sorted((name for name in set(labels) if labels.count(name) >= size / 100), key=lambda name: (-labels.count(name), name))[:11]
    groups = [frequent.index(label) if label in frequent else len(frequent) for label in labels]
    risks = [None if one["risks"][claim["task"]] is None else one["risks"][claim["task"]] / 1e6 for one in held]
    pilot, audits = order[: said["pilot"]], order[said["pilot"] :][: said["audits"]]
    passed = corrections(risks, groups, ties, wrong, said["warm_up"], pilot, said["cut"])
    assert all(values[i] is not None for i in [*pilot, *audits, *passed]) and len(passed) == said["cut"], "not all was read"
    assert sha("".join(f"{lines[i]['seq']}\n" for i in passed).encode()) == said["correction_order"], "order"
    assert not any(read["shown"] for i in [*pilot, *audits] for read in held[i]["reads"]), "shown audits"
    beyond, tolerated = (sum(wrong[i] for i in audits if i not in set(passed)), math.floor(round(claim["error"] * size, 6)))
    if len(passed) + len(pilot) == size:
        return f"every one of {size} labels was read"
    main_look, left = said["main_look"], size - len(pilot)
    looks = sorted({min(left, max(1, round(main_look * 1.3**j))) for j in range(-5, 7)})
    levels = [claim["alpha"] * (0.6 if look == main_look else 0.4 / (len(looks) - 1)) for look in looks]
    place = looks.index(said["audits"]) + 1
    assert beyond <= allowances(left, tolerated, looks[:place], levels[:place])[-1], "cut"
    return f"at most {tolerated} of {size} labels are missed; {beyond} audits beyond the cut are wrong"


if __name__ == "__main__":
    print(main(*(open(name, "rb").read() for name in sys.argv[1:3])))
