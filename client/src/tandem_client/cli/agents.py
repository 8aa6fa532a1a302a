"""`tandem agent`: models with their prompts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tandem_client.cli.session import connected, out, the_agent, the_dataset, the_label_schema, the_project

app = typer.Typer(help="Agents: a model with its prompt and its label schema.", no_args_is_help=True)
ProjectOption = Annotated[str, typer.Option(help="Name of the project.")]
TemplateFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file with a Jinja2 template.")]


class ConfidenceName(StrEnum):
    TOKEN_PROBABILITY = "token_probability"  # noqa: S105 - tokens of a model, no password
    AGREEMENT = "agreement"
    STATED = "stated"


@app.command()
def create(
    name: str,
    project: ProjectOption,
    schema: Annotated[str, typer.Option(help="Name of the label schema; its latest version is pinned.")],
    model: Annotated[str, typer.Option(help="Name of the model, as its provider calls it.")],
    provider: Annotated[str, typer.Option(help="Name of a provider that the operators configured.")],
    temperature: Annotated[float | None, typer.Option(min=0, max=2)] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1)] = None,
    samples: Annotated[int | None, typer.Option(min=1, max=20, help="Answers to each record; all are kept.")] = None,
    reasoning_effort: Annotated[str | None, typer.Option(help="For models that reason: low, medium, high.")] = None,
    confidence: Annotated[
        ConfidenceName | None,
        typer.Option(
            help="How sure a label is: by its tokens (left out), by --samples that agree, or as the model says."
        ),
    ] = None,
    repair: Annotated[bool, typer.Option(help="Ask once more, saying why, when no label could be read.")] = False,
    fallback_provider: Annotated[str | None, typer.Option(help="Of the second model; left out: the same.")] = None,
    fallback_model: Annotated[
        str | None, typer.Option(help="A second model for the outcomes of --fallback-on.")
    ] = None,
    fallback_on: Annotated[
        list[str] | None, typer.Option(help="An outcome such as refusal or invalid; may be given several times.")
    ] = None,
    system_template: TemplateFile = None,
    user_template: TemplateFile = None,
) -> None:
    """Create an agent, or its next version. Without templates the prompt is built from the label schema."""
    given = {
        "temperature": temperature,
        "max_tokens": max_tokens,
        "samples": samples,
        "reasoning_effort": reasoning_effort,
    }
    if (fallback_model is None) != (not fallback_on) or (fallback_provider and not fallback_model):
        raise typer.BadParameter("--fallback-model and --fallback-on go together.")
    fallback = None
    if fallback_model is not None:
        fallback = {"provider": fallback_provider or provider, "model": fallback_model, "on": fallback_on}
    with connected() as tandem:
        home = the_project(tandem, project)
        agent = tandem.agents.create(
            home.id,
            name=name,
            provider=provider,
            model=model,
            label_schema_id=the_label_schema(tandem, home, schema).id,
            parameters={key: value for key, value in given.items() if value is not None} or None,
            system_template=system_template.read_text(encoding="utf-8") if system_template else None,
            user_template=user_template.read_text(encoding="utf-8") if user_template else None,
            confidence_strategy=confidence.value if confidence else None,
            repair=repair or None,
            fallback=fallback,
        )
    out.print(f"Agent {agent.name}, version {agent.version}: {agent.model} at {agent.provider}", markup=False)


@app.command("list")
def list_agents(project: ProjectOption) -> None:
    """List the versions of a project's agents."""
    with connected() as tandem:
        agents = tandem.agents.list(the_project(tandem, project).id)
    table = Table("agent", "version", "provider", "model", "id", box=None)
    for agent in agents:
        table.add_row(agent.name, str(agent.version), agent.provider, agent.model, agent.id)
    out.print(table)


@app.command()
def preview(
    agent: str,
    project: ProjectOption,
    dataset: Annotated[str, typer.Option(help="Name of the data set.")],
    limit: Annotated[int, typer.Option(min=1, max=20)] = 1,
) -> None:
    """Show what the agent would send for the first records. No model is called."""
    with connected() as tandem:
        home = the_project(tandem, project)
        chosen = the_agent(tandem, home, agent)
        prompts = tandem.agents.preview(chosen.id, dataset_id=the_dataset(tandem, home, dataset).id, limit=limit)
    for prompt in prompts:
        out.rule(prompt.record_id)
        for message in prompt.messages:
            out.print(message.role, style="bold")
            out.print(message.content, markup=False, soft_wrap=True)
