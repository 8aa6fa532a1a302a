"""`tandem agent`: models with their prompts."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from tandem_client.cli import agent_diff, agent_drift
from tandem_client.cli.checking import show_tryout
from tandem_client.cli.session import connected, out, the_agent, the_dataset, the_label_schema, the_project
from tandem_client.cli.terminal import visible
from tandem_client.errors import TandemError

app = typer.Typer(help="Agents: a model with its prompt and its label schema.", no_args_is_help=True)
app.command("diff")(agent_diff.diff)
app.command("drift")(agent_drift.drift)
STYLES = {"record": "green", "label_schema": "cyan", "example": "magenta"}
"""Colors of the parts of a prompt that do not stand in the template."""


class Draw(StrEnum):
    BALANCED = "balanced"
    NEAREST = "nearest"


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
    fallback_provider: Annotated[str | None, typer.Option(help="Of the fallback model; left out: the same.")] = None,
    fallback_model: Annotated[
        str | None, typer.Option(help="A fallback model for the outcomes of --fallback-on.")
    ] = None,
    fallback_on: Annotated[
        list[str] | None, typer.Option(help="An outcome such as refusal or invalid; may be given several times.")
    ] = None,
    system_template: TemplateFile = None,
    user_template: TemplateFile = None,
    examples: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSONL file: a line {fields: {...}, values: {...}} each."),
    ] = None,
    draw: Annotated[Draw | None, typer.Option(help="Draw examples for each record from what people verified.")] = None,
    draw_count: Annotated[int, typer.Option(min=1, max=20, help="How many examples --draw shows.")] = 5,
    draw_task: Annotated[str | None, typer.Option(help="The task whose labels `--draw balanced` balances.")] = None,
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
            examples=_examples(examples) if examples else None,
            drawn_examples={"by": draw.value, "count": draw_count, "task": draw_task} if draw else None,
            confidence_strategy=confidence.value if confidence else None,
            repair=repair or None,
            fallback=fallback,
        )
    out.print(f"Agent {agent.name}, version {agent.version}: {agent.model} at {agent.provider}", markup=False)


@app.command("list")
def list_agents(
    project: ProjectOption,
    model: Annotated[str | None, typer.Option(help="Only agents whose model has this in its name.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only agents of this provider.")] = None,
) -> None:
    """List the versions of a project's agents."""
    with connected() as tandem:
        agents = tandem.agents.list(the_project(tandem, project).id)
    if model is not None:
        agents = [agent for agent in agents if model.casefold() in agent.model.casefold()]
    if provider is not None:
        agents = [agent for agent in agents if agent.provider == provider]
    table = Table("agent", "version", "provider", "model", Column("id", no_wrap=True), box=None)
    for agent in agents:
        table.add_row(escape(agent.name), str(agent.version), escape(agent.provider), escape(agent.model), agent.id)
    out.print(table)


@app.command("show")
def show_agent(
    agent: str,
    project: ProjectOption,
    version: Annotated[int | None, typer.Option(min=1, help="Its version; the latest when left out.")] = None,
) -> None:
    """Show all of an agent: model, parameters, how it is asked, its templates and examples."""
    with connected() as tandem:
        home = the_project(tandem, project)
        chosen = the_agent(tandem, home, agent)
        if version is not None:
            versions = {each.version: each for each in tandem.agents.list(home.id) if each.name == chosen.name}
            if version not in versions:
                cure = f"There are {', '.join(map(str, sorted(versions)))}."
                raise TandemError(
                    "No such version", type="not-found", detail=f"{agent!r} has no version {version}", cure=cure
                )
            chosen = versions[version]
    told = {
        "agent": f"{chosen.name}, version {chosen.version}",
        "model": f"{chosen.model} at {chosen.provider}",
        "parameters": json.dumps(chosen.parameters, ensure_ascii=False) if chosen.parameters else "",
        "confidence": chosen.confidence_strategy,
        "repair": "asks once more when no label could be read" if chosen.repair else "",
        "fallback": json.dumps(chosen.fallback, ensure_ascii=False) if chosen.fallback else "",
        "examples": f"{len(chosen.examples)} of its own" if chosen.examples else "",
        "drawn": json.dumps(chosen.drawn_examples, ensure_ascii=False) if chosen.drawn_examples else "",
        "made": f"{chosen.created_at:%Y-%m-%d %H:%M}",
        "id": chosen.id,
    }
    for name, value in told.items():
        if value:
            out.print(f"{name:<12}{value}", markup=False, soft_wrap=True)
    for name, template in (("system", chosen.system_template), ("user", chosen.user_template)):
        out.rule(f"{name} template")
        out.print(template, markup=False, soft_wrap=True)


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
            out.print(
                Text.assemble(*((visible(each.text), STYLES.get(each.source, "")) for each in message.segments)),
                soft_wrap=True,
            )
        if (found := prompt.estimate) is not None:
            usd = found.note if found.usd is None else f"${found.usd.low:.3g} to ${found.usd.high:.3g}"
            by = "counted" if found.counted_by == "vocabulary" else "estimated"
            tokens = f"{found.prompt_tokens.likely:,.0f} prompt tokens ({by}), {found.output_tokens.low:,.0f} to "
            out.print(
                f"{tokens}{found.output_tokens.high:,.0f} of answer, {usd}", style="dim", markup=False, soft_wrap=True
            )


@app.command("try")
def try_out(
    agent: str,
    project: ProjectOption,
    dataset: Annotated[str | None, typer.Option(help="Name of a data set, whose first records are taken.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=3)] = 1,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=TEXT of a record of your own; once for each field.")
    ] = None,
) -> None:
    """Ask the model about a few records, now, and show how its answers are read. It is paid."""
    if (dataset is None) == (not field):
        raise typer.BadParameter("give either --dataset or --field")
    own = dict(each.partition("=")[::2] for each in field or ())
    with connected() as tandem:
        home = the_project(tandem, project)
        chosen = the_agent(tandem, home, agent)
        records = None if dataset is None else the_dataset(tandem, home, dataset).id
        tryout = tandem.agents.try_out(chosen.id, dataset_id=records, limit=limit, records=[own] if own else None)
    show_tryout(out, tryout)
    if tryout.state != "answered":
        raise typer.Exit(1)


def _examples(file: Path) -> list[dict[str, Any]]:
    examples = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            examples.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise typer.BadParameter(f"line {number} of {file} is no JSON: {error.msg}") from error
    return examples
