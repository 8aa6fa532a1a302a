"""Checks of an agent's examples: those that are given with it, and the sources that others are drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tandem.events import AgentSpec, DrawnBy, DrawnExamples, Example, LabelSchemaSpec, LabelTask, options_of
from tandem.labeling.read_back import ReadBack
from tandem.labeling.values import canonical, problem_with
from tandem.web.invalid_content import FieldProblem

MOST_EXAMPLE_BYTES = 64 * 1024
"""Bytes of all examples of a prompt together, values left out, at most."""


def in_one_form(examples: Iterable[Example], label_schema: LabelSchemaSpec) -> tuple[Example, ...]:
    """Return the examples with each value in its stored form."""
    return tuple(
        example.model_copy(
            update={
                "values": {
                    name: canonical(task, value) if (task := label_schema.task(name)) is not None else value
                    for name, value in example.values.items()
                }
            }
        )
        for example in examples
    )


def example_problems(examples: Sequence[Example], label_schema: LabelSchemaSpec) -> Iterator[FieldProblem]:
    """Report everything that is wrong with examples that are given with an agent, each with its cure."""
    names = [task.name for task in label_schema.tasks]
    read_back = ReadBack(label_schema)
    for number, example in enumerate(examples):
        where = f"examples[{number}]"
        if not example.fields:
            yield FieldProblem(field=f"{where}.fields", detail="The example has no fields.", cure="Give its text.")
        wrong = False
        for name, value in example.values.items():
            task = label_schema.task(name)
            if task is None:
                wrong = True
                yield FieldProblem(
                    field=f"{where}.values",
                    detail=f"The label schema has no task {name!r}.",
                    cure=f"Use one of: {', '.join(names)}.",
                )
            elif problem := problem_with(task, value, example.fields):
                wrong = True
                yield FieldProblem(
                    field=f"{where}.values.{name}", detail=f"{problem[0].upper()}{problem[1:]}.", cure=_allowed(task)
                )
        if not wrong and (misread := read_back.misread(example)) is not None:
            yield FieldProblem(
                field=f"{where}.values.{misread}",
                detail="As an answer it would be read as another value: spans are found by text and context.",
                cure="Mark all places of a text, or use another example.",
            )
        if missing := [name for name in names if name not in example.values]:
            yield FieldProblem(
                field=f"{where}.values",
                detail=f"The example has no value of {', '.join(missing)}.",
                cure="Give one of every task: an example shows the whole answer.",
            )
    size = sum(len(text.encode()) for example in examples for text in example.fields.values())
    if size > MOST_EXAMPLE_BYTES:
        yield FieldProblem(
            field="examples",
            detail=f"The examples have {size:,} bytes; {MOST_EXAMPLE_BYTES:,} are allowed.",
            cure="Give fewer or shorter ones: they are sent with every record.",
        )


def drawn_problems(
    drawn: DrawnExamples,
    label_schema: LabelSchemaSpec,
    *,
    datasets: Mapping[str, str],
    jobs: Mapping[str, tuple[str, str]],
    project_id: str,
) -> Iterator[FieldProblem]:
    """Report what is wrong with the sources that examples are to be drawn from.

    `datasets`: those that exist, with their project; `jobs` with their project and the name of their label schema.
    """
    if drawn.task is not None:
        task = label_schema.task(drawn.task)
        able = [each.name for each in label_schema.tasks if options_of(each)]
        if drawn.by is not DrawnBy.BALANCED or task is None or not options_of(task):
            yield FieldProblem(
                field="drawn_examples.task",
                detail=f"Examples cannot be balanced over {drawn.task!r}.",
                cure=f"Draw `balanced` over a task with labels: {', '.join(able) or 'there is none'}.",
            )
    elif drawn.by is DrawnBy.BALANCED and not any(options_of(task) for task in label_schema.tasks):
        yield FieldProblem(
            field="drawn_examples.by",
            detail="No task has labels to balance over.",
            cure="Draw the `nearest` records.",
        )
    if drawn.dataset_id is not None and datasets.get(drawn.dataset_id) != project_id:
        yield FieldProblem(
            field="drawn_examples.dataset_id",
            detail=f"The project has no data set {drawn.dataset_id!r}.",
            cure="Use the id of one that it has, or leave it out.",
        )
    for number, job_id in enumerate(drawn.job_ids):
        if jobs.get(job_id) != (project_id, label_schema.name):
            yield FieldProblem(
                field=f"drawn_examples.job_ids[{number}]",
                detail=f"The project has no job {job_id!r} with a version of the label schema {label_schema.name!r}.",
                cure="Use ids of jobs that have it, or leave them out.",
            )


def misfits(agent: AgentSpec, names: Sequence[str]) -> Iterator[FieldProblem]:
    """Report examples whose fields differ from the records'."""
    for number, example in enumerate(agent.examples):
        if strange := sorted(set(example.fields) ^ set(names)):
            yield FieldProblem(
                field="agent_id",
                detail=f"Example {number + 1} of the agent and the data set differ in the fields {', '.join(strange)}.",
                cure="Make an agent whose examples look like the records.",
            )


def _allowed(task: LabelTask) -> str:
    values = [option.value for option in options_of(task)]
    if not values:
        return "Give a value that the task allows."
    return f"The labels are: {', '.join(values[:20])}{' …' if len(values) > 20 else ''}."
