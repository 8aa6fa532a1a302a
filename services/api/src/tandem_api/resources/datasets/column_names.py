"""Column parameters of an import's query. All functions raise Problem for values that are not allowed."""

from __future__ import annotations

from collections.abc import Mapping

from tandem.events import LabelSchemaSpec, LabelTask
from tandem.text.control_characters import is_one_line
from tandem.web import Problem
from tandem_api.resources.datasets.parsing.mapping import ALL_OTHERS, ColumnMapping


def _names_in(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def gold_by_task(column: str | None, task: str | None, pairs: str) -> dict[str, str]:
    """Merge both ways to name gold columns; return task to column. Raises Problem when a task is named twice."""
    first = f"{task or column}={column}," if column else ""
    return columns_by_name(first + pairs, "gold_columns")


def columns_by_name(pairs: str, parameter: str) -> dict[str, str]:
    """Parse `a,b=c` as a to a and b to c. Raises Problem when a name stands twice."""
    found: dict[str, str] = {}
    for pair in _names_in(pairs):
        name, _, column = (part.strip() for part in pair.partition("="))
        if name in found:
            raise Problem(
                422, "bad-column-name", f"{parameter} names {name!r} twice.", field=parameter, cure="Name it once."
            )
        found[name] = column or name
    return found


def gold_kinds(gold: Mapping[str, str], schema: LabelSchemaSpec) -> dict[str, LabelTask]:
    """Return the tasks that the gold values belong to. Raises Problem for one that the label schema does not have."""
    kinds: dict[str, LabelTask] = {}
    for name in gold:
        if (task := schema.task(name)) is None:
            raise Problem(
                422,
                "no-such-task",
                f"The label schema {schema.name!r} (version {schema.version}) has no task {name!r}.",
                field="gold_columns",
                cure=f"Name one of {', '.join(task.name for task in schema.tasks)}, as task=column.",
            )
        kinds[name] = task
    return kinds


def with_only_task(gold: Mapping[str, str], schema: LabelSchemaSpec) -> dict[str, str]:
    """Return the gold columns; a single one is taken for the only task of the schema, whatever its name."""
    if len(gold) == len(schema.tasks) == 1 and schema.task(next(iter(gold))) is None:
        return {schema.tasks[0].name: next(iter(gold.values()))}
    return dict(gold)


def metadata_by_name(text: str) -> Mapping[str, str] | str:
    """Parse the metadata columns: name to column, or all others. Raises Problem when a name stands twice."""
    return ALL_OTHERS if text.strip() == ALL_OTHERS else columns_by_name(text, "metadata_columns")


def check_columns(mapping: ColumnMapping) -> None:
    """Check names that become keys of documents, and ids that would come from two places. Raises Problem."""
    if mapping.make_ids and mapping.id_column is not None:
        raise Problem(
            422,
            "two-kinds-of-ids",
            f"Ids come from the column {mapping.id_column!r} or are made, not both.",
            field="make_ids",
            cure="Leave one of id_column and make_ids out.",
        )
    others = () if mapping.metadata_columns == ALL_OTHERS else mapping.metadata_columns
    named = {"text_columns": mapping.text_columns, "metadata_columns": others, "gold_columns": mapping.gold_tasks}
    if not mapping.text_columns:
        raise Problem(422, "bad-column-name", "No text column is named.", field="text_columns", cure="Name one.")
    for parameter, names in named.items():
        for name in names:
            if not name or "." in name or name.startswith("$") or not is_one_line(name) or len(name) > 200:
                raise _bad_name(parameter, name)


def _bad_name(parameter: str, name: str) -> Problem:
    plain = name.rpartition(".")[2].strip() or "text"
    return Problem(
        422,
        "bad-column-name",
        f"{name[:200]!r} cannot be a name within records: one has up to 200 characters, no dot and no control "
        "character, and does not begin with $.",
        field=parameter,
        column=name[:200],
        cure=f"Give the column another name there: {plain}={name}."
        if "." in name
        else "Rename the column in the file.",
    )
