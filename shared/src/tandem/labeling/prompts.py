"""Prompts: the messages of a call, from an agent's templates and a record.

What is the same for all records comes first and is rendered once, so that it is the same byte for byte and providers
can cache it; the examples drawn for a record follow, and the record comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tandem.events.jobs import AgentSpec, ConfidenceStrategy
from tandem.events.outcomes import Example
from tandem.events.schema import LabelSchemaSpec
from tandem.labeling.answer_format import response_format
from tandem.labeling.confidence.stated import PROPERTY
from tandem.labeling.default_templates import default_templates
from tandem.labeling.sandbox import CPU_SECONDS
from tandem.labeling.task_words import answer_of, form_of, task_variables
from tandem.labeling.templates import PromptError, PromptLimitError, Template, TemplateScope

__all__ = [
    "MarkedMessage",
    "PromptError",
    "PromptLimitError",
    "Renderer",
    "Source",
    "default_templates",
    "response_format",
]

Message = dict[str, str]


class Source(StrEnum):
    """Origin of some text of a message."""

    TEMPLATE = "template"
    RECORD = "record"
    LABEL_SCHEMA = "label_schema"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class MarkedMessage:
    """A message with the sources of its text; the texts of the segments are the content, end to end."""

    role: str
    segments: tuple[tuple[str, Source], ...]


_SOURCES = {
    "fields": Source.RECORD.value,
    **dict.fromkeys(("label_schema", "tasks", "task", "answer_form"), Source.LABEL_SCHEMA.value),
}


class Renderer:
    """The prompt of one agent version: compiled once, rendered for each record.

    The constructor raises PromptError for a template that cannot be compiled, for a system template that wants the
    record, for a user template that ignores it, and for examples of the agent's that do not fit the templates.
    """

    def __init__(
        self,
        agent: AgentSpec,
        label_schema: LabelSchemaSpec,
        *,
        marked: bool = False,
        cpu_seconds: float = CPU_SECONDS,
    ) -> None:
        """Compile the templates. Raises PromptError.

        `marked`: also to say where the text came from, by `marked_messages`. `cpu_seconds`: the limit of one message.
        """
        self._label_schema = label_schema
        self._scope = template_scope(agent, label_schema)
        sources = _SOURCES if marked else None
        system = Template(agent.system_template, name="system", sources=sources, cpu_seconds=cpu_seconds)
        self._user = Template(agent.user_template, name="user", sources=sources, cpu_seconds=cpu_seconds)
        if "fields" in system.variables:
            raise PromptError(
                "the system template reads 'fields', but it is the same for all records; the record belongs into the "
                "user template",
                template="system",
                variable="fields",
            )
        if "fields" not in self._user.variables:
            raise PromptError(
                "the user template never reads 'fields', so every record would give the same prompt", template="user"
            )
        text = system.render(**self._scope)
        self._system = system
        self._constant: list[Message] = [{"role": "system", "content": text}] if text else []
        self._constant += self._shown(agent.examples)

    @property
    def constant(self) -> Sequence[Message]:
        """Return the messages that come first for every record."""
        return self._constant

    def messages(self, fields: Mapping[str, str], examples: Iterable[Example] = ()) -> list[Message]:
        """Return the constant part, the examples drawn for this record as question and answer, and the record last.

        Raises PromptError naming the variable that is missing.
        """
        return [*self._constant, *self.varying(fields, examples)]

    def varying(self, fields: Mapping[str, str], examples: Iterable[Example] = ()) -> list[Message]:
        """Return the messages that follow the constant part. Raises PromptError."""
        return [*self._shown(examples), {"role": "user", "content": self._render(fields)}]

    def marked_messages(self, fields: Mapping[str, str], examples: Iterable[Example] = ()) -> list[MarkedMessage]:
        """Return the same messages, with the sources of their text. Raises PromptError."""
        messages = [*self._constant, *self._shown(examples)]
        marked = [MarkedMessage(each["role"], ((each["content"], Source.EXAMPLE),)) for each in messages]
        if messages and messages[0]["role"] == "system":
            marked[0] = _marked("system", self._system.pieces(**self._scope))
        pieces = self._user.pieces(fields=TemplateScope("fields", fields), **self._scope)
        return [*marked, _marked("user", pieces)]

    def _shown(self, examples: Iterable[Example]) -> list[Message]:
        messages: list[Message] = []
        for example in examples:
            messages.append({"role": "user", "content": self._render(example.fields)})
            messages.append({"role": "assistant", "content": answer_of(self._label_schema, example)})
        return messages

    def _render(self, fields: Mapping[str, str]) -> str:
        return self._user.render(fields=TemplateScope("fields", fields), **self._scope)


def template_scope(agent: AgentSpec, label_schema: LabelSchemaSpec) -> dict[str, Any]:
    """Return what templates may read, beside a record's `fields`."""
    tasks = [_scoped("task", task_variables(task)) for task in label_schema.tasks]
    forms = [f'"{task.name}": {form_of(task)}' for task in label_schema.tasks]
    if agent.confidence_strategy is ConfidenceStrategy.STATED:
        forms.append(f'"{PROPERTY}": <0 to 100>')
    return {
        "label_schema": TemplateScope(
            "label_schema", {"name": label_schema.name, "version": label_schema.version, "tasks": tasks}
        ),
        "tasks": tasks,
        "task": tasks[0],
        "answer_form": "{" + ", ".join(forms) + "}",
        "confidence_strategy": agent.confidence_strategy.value,
    }


def _scoped(path: str, value: Mapping[str, Any]) -> TemplateScope:
    """Return plain mappings as templates read them, at every depth."""
    inner = {"options": "option", "attributes": "attribute"}
    return TemplateScope(
        path,
        {
            name: [_scoped(inner[name], each) for each in entry] if name in inner else entry
            for name, entry in value.items()
        },
    )


def _marked(role: str, pieces: Iterable[tuple[str, str | None]]) -> MarkedMessage:
    segments = ((text, Source.TEMPLATE if source is None else Source(source)) for text, source in pieces)
    return MarkedMessage(role, tuple(segments))
