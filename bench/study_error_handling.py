"""Compare remedies for answers that hold no exact label: tolerant rungs, retry, a grammar, another prompt or model.

    uv run python bench/study_error_handling.py [CORPUS.jsonl.gz]

For each remedy: labels recovered, how many of them are right, and extra calls. The figures of docs/studies.
"""

from __future__ import annotations

from collections import Counter

from study_answers import Asked, by_run, corpus, head, row

EXACT = ("structured", "exact")
BASE = "b-default-prompt-unstructured-t0"
REMEDIES = {
    "retry at temperature 1": "default-unstructured-t1",
    "a grammar (JSON Schema)": "a-structured-t0",
    "few-shot examples": "fewshot-unstructured-t0",
    "a model four times as large, no grammar": "qwen-default-unstructured-t0",
    "a model four times as large, with a grammar": "qwen-default-structured-t0",
}


def main() -> None:
    found = corpus()
    rungs(found)
    remedies(by_run(found))


def rungs(found: list[Asked]) -> None:
    """Print, for answers without a grammar, what each rung of the ladder reads, and how much of it is right."""
    print("\nWhat each rung reads of answers without a grammar, where the right label is known\n")
    head("model", "asked", "rung", "labels", "right", "accuracy")
    free = [each for each in found if not each.found.structured and each.found.gold is not None]
    for model in sorted({each.found.model for each in free}):
        of_model = [each for each in free if each.found.model == model]
        read: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for each in of_model:
            rung = "none" if each.found.label is None else each.found.label.rule
            read[rung] += 1
            right[rung] += each.is_right
        for rung, count in read.most_common():
            share = "" if rung == "none" else f"{right[rung] / count:.0%}"
            row(model, len(of_model), rung, count, "" if rung == "none" else right[rung], share)


def remedies(runs: dict[str, dict[str, Asked]]) -> None:
    """Print what each remedy makes of the same records' unread answers."""
    base = runs.get(BASE, {})
    for title, exact in (("no rung reads", False), ("no exact rung reads", True)):
        print(f"\nRemedies for the answers of {BASE} that {title}\n")
        head("remedy", "records with both", "without a label", "recovered", "right", "accuracy of recovered")
        for name, run in REMEDIES.items():
            both = [record_id for record_id in base if record_id in runs.get(run, {})]
            unread = [record_id for record_id in both if not _is_read(base[record_id], exact=exact)]
            recovered = [runs[run][record_id] for record_id in unread if runs[run][record_id].value is not None]
            right = sum(each.is_right for each in recovered)
            share = f"{right / len(recovered):.0%}" if recovered else ""
            row(name, len(both), len(unread), len(recovered), right, share)


def _is_read(each: Asked, *, exact: bool) -> bool:
    label = each.found.label
    return label is not None and (not exact or label.rule in EXACT)


if __name__ == "__main__":
    main()
