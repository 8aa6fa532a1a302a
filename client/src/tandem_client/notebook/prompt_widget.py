"""An agent's prompt, edited in a cell. Importing this needs the extra `notebook`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, assert_never

import traitlets
from pydantic import Field, TypeAdapter

from tandem_client.errors import TandemError
from tandem_client.models import Agent, Dataset
from tandem_client.notebook.cell_widget import CellWidget
from tandem_client.notebook.typed_commands import Command, TypedCommands

KEPT = (
    "name", "provider", "model", "label_schema_id", "parameters", "confidence_strategy", "examples", "drawn_examples",
    "repair", "fallback",
)  # fmt: skip
"""What a new version has of the one before, beside its templates."""
MOST_CHARACTERS = 200_000


class Describe(Command):
    """Return the agent's templates and what it is."""

    name: Literal["describe"]


class _Templates(Command):
    system_template: str = Field(max_length=MOST_CHARACTERS)
    user_template: str = Field(max_length=MOST_CHARACTERS)


class Preview(_Templates):
    """Return the prompts that these templates make of the first records."""

    name: Literal["preview"]


class Save(_Templates):
    """Save these templates as the agent's next version."""

    name: Literal["save"]


PromptCommand = Annotated[Describe | Preview | Save, Field(discriminator="name")]
_COMMANDS: TypeAdapter[PromptCommand] = TypeAdapter(PromptCommand)


class PromptEditor(CellWidget):
    """The templates of an agent with what is injected into them marked, previewed on real records.

    `agent` is the version that is edited: the one given, then each that is saved.
    """

    agent = traitlets.Any()

    def __init__(self, agent: Agent, *, dataset: Dataset, limit: int, height: int) -> None:
        self._dataset = dataset
        self._limit = limit
        self._typed = TypedCommands(_COMMANDS, self._carry_out)
        super().__init__(f"Prompt of the agent {agent.name} {agent.version}", view="prompt", height=height)
        self.agent = agent

    def _answer(self, content: Any) -> None:
        if (answer := self._typed.answer(content)) is not None:
            self.send(answer)

    def _carry_out(self, command: PromptCommand) -> Any:
        match command:
            case Describe():
                return self._described()
            case Preview():
                agents = self.agent.tandem.agents
                drafted = self._draft(command)
                found = agents.preview_draft(
                    self.agent.project_id, drafted, dataset_id=self._dataset.id, limit=self._limit
                )
                return [each.model_dump(mode="json") for each in found]
            case Save():
                self.agent = self.agent.tandem.agents.create(self.agent.project_id, **self._draft(command))
                return self._described()
            case _:
                assert_never(command)

    def _described(self) -> dict[str, Any]:
        named = ("name", "version", "model", "system_template", "user_template")
        told: dict[str, Any] = {each: getattr(self.agent, each) for each in named}
        return told | {"dataset": self._dataset.name}

    def _draft(self, command: Preview | Save) -> dict[str, Any]:
        kept: dict[str, Any] = self.agent.model_dump(mode="json", include=set(KEPT), exclude_defaults=True)
        return kept | {"system_template": command.system_template, "user_template": command.user_template}


def first_dataset(agent: Agent) -> Dataset:
    """Return the first data set of the agent's project that has records. Raises TandemError where there is none."""
    found = next((each for each in agent.tandem.datasets.list(agent.project_id) if each.record_count), None)
    if found is None:
        raise TandemError(
            "No records to show the prompt on",
            type="no-records",
            detail="The agent's project has no data set with records",
            cure="Add one: project.datasets.add(frame, text=...).",
        )
    return found
