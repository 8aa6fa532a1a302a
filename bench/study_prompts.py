"""Compare wordings of a prompt: answers that hold a label, labels that are right, labels that stay the same.

    uv run python bench/study_prompts.py [CORPUS.jsonl.gz]

Only records that every wording of a group was asked about are counted. The figures of docs/studies.
"""

from __future__ import annotations

from itertools import combinations

from study_answers import Asked, by_run, corpus, head, row

GROUPS = {
    "tweets, SmolLM2-135M": (
        "a-structured-t0",
        "b-default-prompt-unstructured-t0",
        "word-prompt-structured-t0",
        "word-prompt-unstructured-t0",
        "fewshot-structured-t0",
        "fewshot-unstructured-t0",
        "default-structured-t1",
        "default-unstructured-t1",
        "line-prompt-t1",
    ),
    "tweets, Qwen2.5-Coder-0.5B": (
        "qwen-default-structured-t0",
        "qwen-default-unstructured-t0",
        "qwen-word-structured-t0",
        "qwen2-line-prompt-t1",
    ),
    "inference pairs, SmolLM2-135M": ("nli-structured", "smol-nli-structured"),
    "inference pairs, Qwen2.5-Coder-0.5B": ("qwen-nli-structured", "qwen-nli-unstructured"),
    "topics of tweets, Qwen2.5-Coder-0.5B": ("qwen-topic15-structured", "qwen-topic15-word-structured"),
    "emotions of tweets, Qwen2.5-Coder-0.5B": ("qwen-emotions-unstructured", "qwen2-emotions-structured"),
}


def main() -> None:
    runs = by_run(corpus())
    for title, names in GROUPS.items():
        there = [name for name in names if name in runs]
        shared = set.intersection(*(set(runs[name]) for name in there)) if there else set()
        if len(there) < 2 or not shared:
            continue
        print(f"\n{title}: {len(shared)} records\n")
        head("wording and setting", "hold a label", "right", "same as the first wording", "largest label")
        first = runs[there[0]]
        for name in there:
            answers = [runs[name][record_id] for record_id in sorted(shared)]
            read = [each for each in answers if each.value is not None]
            known = [each for each in read if each.found.gold is not None]
            right = f"{sum(each.is_right for each in known) / len(known):.0%}" if known else ""
            values = [each.value for each in read]
            most = max((values.count(value) for value in set(values)), default=0)
            share = f"{most / len(values):.0%}" if values else ""
            row(name, f"{len(read) / len(answers):.0%}", right, _same(first, runs[name], shared), share)
        pairs = [_share(runs[one], runs[other], shared) for one, other in combinations(there, 2)]
        told = [each for each in pairs if each is not None]
        print(f"\nMean agreement of two wordings: {sum(told) / len(told):.0%}" if told else "")


def _share(one: dict[str, Asked], other: dict[str, Asked], shared: set[str]) -> float | None:
    """Return the share of the records with both labels on which they are the same."""
    both = [each for each in shared if one[each].value is not None and other[each].value is not None]
    return sum(one[each].value == other[each].value for each in both) / len(both) if both else None


def _same(one: dict[str, Asked], other: dict[str, Asked], shared: set[str]) -> str:
    found = _share(one, other, shared)
    return "" if found is None else f"{found:.0%}"


if __name__ == "__main__":
    main()
