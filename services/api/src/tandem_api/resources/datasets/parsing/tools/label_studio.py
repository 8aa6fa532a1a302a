"""Label Studio's JSON: tasks with `data`, and `annotations` whose `result` lists one entry for each answer.

Offsets are those of JavaScript, in UTF-16 units; behind an emoji they are too large by one. The text that stands
beside them says which are meant.
"""

from __future__ import annotations

from typing import Any

from tandem_api.resources.datasets.parsing.tools.said import (
    RowOpinion,
    ToolRow,
    as_text,
    list_of,
    mapping_of,
    objects_of,
    one_or_all,
)

NAME = "label-studio"


def fits(values: dict[str, Any]) -> bool:
    """Return whether the object is a task as Label Studio exports it."""
    entries = [*objects_of(values.get("annotations")), *objects_of(values.get("predictions"))]
    has_results = all("result" in entry for entry in entries)
    return isinstance(values.get("data"), dict) and "annotations" in values and has_results


def convert(values: dict[str, Any]) -> ToolRow:
    data = values["data"]
    columns = {"id": values["id"], **data} if "id" in values and "id" not in data else dict(data)
    columns |= {f"meta.{name}": value for name, value in mapping_of(values.get("meta")).items()}
    said, left_out = [], []
    for entry in objects_of(values.get("annotations")):
        answers, others = _answers(objects_of(entry.get("result")), data)
        left_out += others
        said.append(
            RowOpinion(
                by=_annotator(entry.get("completed_by")),
                values=answers,
                at=as_text(entry.get("updated_at") or entry.get("created_at")),
                is_suggestion=bool(entry.get("was_cancelled")),
                is_right=bool(entry.get("ground_truth")),
            )
        )
    for entry in objects_of(values.get("predictions")):
        answers, _ = _answers(objects_of(entry.get("result")), data)
        said.append(RowOpinion(by=as_text(entry.get("model_version")), values=answers, is_suggestion=True))
    return ToolRow(columns, [one for one in said if one.values], left_out)


def _annotator(given: Any) -> str | None:
    if isinstance(given, dict):
        return as_text(given.get("email") or given.get("username") or given.get("id"))
    return as_text(given)


def _answers(results: list[dict[str, Any]], data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    answers: dict[str, Any] = {}
    left_out = []
    for result in results:
        name, kind, value = result.get("from_name"), result.get("type"), mapping_of(result.get("value"))
        if not isinstance(name, str) or kind == "relation":
            left_out.append(str(kind))
            continue
        match kind:
            case "choices" if "start" not in value:
                answers[name] = one_or_all(list_of(value.get("choices")))
            case "labels":
                text = data.get(str(result.get("to_name")), next((v for v in data.values() if isinstance(v, str)), ""))
                answers.setdefault(name, []).extend(_spans(value, text))
            case "rating" | "number":
                answers[name] = value.get(kind)
            case "textarea":
                texts = value.get("text")
                answers[name] = "\n".join(map(str, texts)) if isinstance(texts, list) else texts
            case "taxonomy":
                answers[name] = one_or_all(["/".join(map(str, path)) for path in list_of(value.get("taxonomy"))])
            case "datetime" | "pairwise":
                answers[name] = value.get("datetime" if kind == "datetime" else "selected")
            case _:
                left_out.append(f"{name} ({kind})")
    return answers, left_out


def _spans(value: dict[str, Any], text: Any) -> list[dict[str, Any]]:
    start, end = value.get("start"), value.get("end")
    said = value.get("text")
    if isinstance(text, str) and isinstance(start, int) and isinstance(end, int):
        start, end = code_points(text, start, end, said)
    return [{"start": start, "end": end, "label": label} for label in list_of(value.get("labels"))]


def code_points(text: str, start: int, end: int, said: Any) -> tuple[int, int]:
    """Return the span in characters: its offsets are UTF-16 units where the said text stands there and not at the
    offsets themselves."""
    if text.isascii() or text[start:end] == said:
        return start, end
    units = text.encode("utf-16-le", "surrogatepass")
    before = len(units[: 2 * start].decode("utf-16-le", "replace"))
    inside = units[2 * start : 2 * end].decode("utf-16-le", "replace")
    return (before, before + len(inside)) if said is None or inside == said else (start, end)
