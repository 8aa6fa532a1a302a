"""A label schema as a file, in YAML or JSON: its name and its tasks, without fields at their default.

In YAML every plain scalar is the text that stands there, so that a label `no`, `1.0` or `2026-01-01` is what it seems;
only an empty value, `null` and `~` are nothing. Anchors are not taken: a small file could stand for a huge one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any

import yaml
from pydantic import BaseModel

from tandem.events import LabelOption, LabelTask
from tandem_api.resources.label_schemas.schemas import SchemaFormat

MOST_BYTES = 256 * 1024
_DEEPEST = 20


class SchemaFileError(Exception):
    """The file cannot be read. The text says why and where, in one sentence; `cure` what to do."""

    def __init__(self, detail: str, cure: str) -> None:
        super().__init__(detail)
        self.cure = cure


def parse(content: bytes, file_format: SchemaFormat, name: str | None = None) -> dict[str, Any]:
    """Parse the file, whatever its shape; `name` overrides the one in the file. A list is read as the options of a
    single task, and a mapping without `tasks` as that task, named as the schema. Raises SchemaFileError."""
    if len(content) > MOST_BYTES:
        raise SchemaFileError(
            f"the file has {len(content):,} bytes, more than {MOST_BYTES:,}", "Shorten the descriptions."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaFileError(f"byte {error.start:,} of the file is not UTF-8", "Save it in UTF-8.") from error
    found = _json(text) if file_format is SchemaFormat.JSON else _yaml(text)
    if isinstance(found, list):
        found = {"options": found}
    if not isinstance(found, dict):
        raise SchemaFileError("the file is no mapping", "Give `name` and `tasks`.")
    name = name or found.get("name")
    if "tasks" not in found:
        found = {"tasks": [{"name": name, **found}]}
    if name is None:
        raise SchemaFileError("it has no name", "Give it one: name: sentiment")
    return {**found, "name": name}


def render(name: str, tasks: tuple[LabelTask, ...], file_format: SchemaFormat) -> str:
    """Write the file; reading it gives equal tasks."""
    content = {"name": name, "tasks": [_task(task) for task in tasks]}
    if file_format is SchemaFormat.JSON:
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _task(task: LabelTask) -> dict[str, Any]:
    return {"name": task.name, "kind": task.kind} | _unusual(task, but=("name", "kind"))


def _unusual(part: BaseModel, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields that differ from their default, in their order."""
    return {
        name: _plain(getattr(part, name))
        for name, field in type(part).model_fields.items()
        if name not in but and getattr(part, name) != field.default
    }


def _plain(value: Any) -> Any:
    match value:
        case LabelOption():
            fields = _unusual(value)
            return fields["value"] if fields.keys() == {"value"} else fields
        case BaseModel():
            return _unusual(value)
        case tuple():
            return [_plain(each) for each in value]
        case float() if value.is_integer() and abs(value) < 1e15:
            return int(value)
    return value


def _json(text: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise SchemaFileError(f"the key {key!r} stands twice in one object", "Take one away.")
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise SchemaFileError(
            f"line {error.lineno}, column {error.colno} is not JSON: {error.msg}", "Mend it there."
        ) from error
    except RecursionError as error:
        raise SchemaFileError("the file is nested too deeply", "Give `name` and `tasks`.") from error


def _yaml(text: str) -> Any:
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        raise SchemaFileError(f"character {error.position:,} cannot stand in YAML", "Take it out.") from error
    try:
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise SchemaFileError(f"{where}{error.problem}", "Mend it there.") from error
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Reads text where PyYAML would guess a type; refuses anchors, duplicate keys and deep nesting."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name and type
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._error("aliases are not accepted, write it out")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("nested too deeply")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _error(self, problem: str) -> yaml.MarkedYAMLError:
        return yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {name!r} stands twice", problem_mark=key.start_mark)
            seen.add(name)
            if name == "color" and value.tag.endswith(":null"):
                problem = "the colour is empty: # begins a comment unless the colour is in quotes"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])


class _Dumper(yaml.SafeDumper):
    """Writes lists indented below their key, as people write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    """Write the text in double quotes, escaped, where a plain scalar would be read back as another text."""
    plain = all(char.isprintable() or char == "\n" for char in value)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)
