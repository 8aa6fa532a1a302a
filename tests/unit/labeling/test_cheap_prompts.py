"""Which templates are taken to be provably cheap, and that no expensive one ever is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema
from drawing import tries
from tandem.events import Example, LabelOption, LabelSchemaSpec, MultipleChoiceTask, SingleChoiceTask
from tandem.labeling.cheap_prompts import MOST_OPTIONS, cheap_records
from tandem.labeling.prompts import PromptError, default_templates
from templates_that_go_too_far import (
    BIG_FILTERS,
    LONG_POWER,
    NESTED_LISTS,
    NESTED_LOOPS,
    SCHEMA,
    SLOW,
    WORDS,
    agent,
)

_, DEFAULT_USER = default_templates(SCHEMA)
SHORT, LONG = {"text": "a" * 1000}, {"text": "a" * 250_000}


def schema_with(options: int, tasks: int = 1) -> LabelSchemaSpec:
    listed = tuple(LabelOption(value=f"label {n}", description="What it means, in a sentence.") for n in range(options))
    kinds = (SingleChoiceTask, MultipleChoiceTask)
    return a_schema(*tuple(kinds[n % 2](name=f"task{n}", options=listed) for n in range(tasks)))


@pytest.mark.parametrize(("options", "tasks"), [(2, 1), (200, 1), (40, 20)])
def test_default_templates_are_cheap_however_long_records_are(options: int, tasks: int) -> None:
    schema = schema_with(options, tasks)
    system, user = default_templates(schema)
    cheap = cheap_records(agent(user, system_template=system), schema)
    assert cheap.include(SHORT)
    assert cheap.include(LONG)
    assert cheap.include({f"field {n}": "a" * 1000 for n in range(16)})
    assert cheap.include(SHORT, [Example(fields=SHORT, values={})] * 20)


@pytest.mark.parametrize(
    "user_template",
    [
        "Which is it? {{ fields.text }}",
        "{{ task.question }} {{ fields['text'] | trim | truncate(500) }}",
        "{% if 'refund' in fields.text %}Money.{% elif fields.a == 'b' %}German.{% endif %} {{ fields.text[:300] }}",
        "{% for name, value in fields.items() %}{{loop.index}}. {{name|upper}}={{ value.strip() }}\n{% endfor %}",
        "{{ fields | tojson }}",
        "{% set title = fields.title | default('none') %}{{ title }} {{ fields.text | replace('a', 'b') }}",
        "{% for option in task.options %}{{ option.value ~ ', ' }}{% endfor %}{{ fields.text }}",
    ],
)
def test_plain_templates_are_cheap_for_usual_records(user_template: str) -> None:
    assert cheap_records(agent(user_template), SCHEMA).include(SHORT)


@pytest.mark.parametrize(
    "user_template",
    [
        NESTED_LISTS,
        NESTED_LOOPS,
        BIG_FILTERS,
        LONG_POWER,
        SLOW,
        WORDS,
        "{% for a in fields.text %}{% for b in fields.text %}.{% endfor %}{% endfor %}",
        "{% set x = fields.text %}" + "{% set x = x ~ x %}" * 40 + "{{ x | length }}",
        "{% set x = [fields.text] %}" + "{% set x = x + x %}" * 40 + "{{ x | length }}",
        "{% for a in fields %}{% for b in fields %}{% for c in fields %}{% for d in fields %}{{ fields.text }}"
        + "{% endfor %}" * 4,
        "{{ fields.text | round(1, 'floor', 1000000000) }}",
        "{{ fields.text" + " == 1" * 900 + " }}",
        "{{ fields.text }}" + "{% if 'x' * 9 in fields.text %}{% endif %}" * 20 + "{{ fields.text | sort }}",
        "{{ fields.text }}" + "{% if fields.a in fields.b %}{% endif %}" * 40,
        "{% set x %}{{ fields.text }}{% endset %}{{ x }}",
    ],
)
def test_what_can_cost_much_is_not_cheap(user_template: str) -> None:
    cheap = cheap_records(agent(user_template), SCHEMA)
    assert not cheap.include({"text": "a" * 30_000, "a": "b", "b": "c"})


def test_a_condition_that_searches_a_text_is_cheap_for_short_records_only() -> None:
    cheap = cheap_records(agent("{{ fields.text }}" + "{% if fields.a in fields.b %}{% endif %}" * 8), SCHEMA)
    assert cheap.include(SHORT)
    assert not cheap.include(LONG)


def test_a_label_schema_with_very_many_options_is_not_looked_at() -> None:
    schema = schema_with(200, MOST_OPTIONS // 200 + 1)
    system, user = default_templates(schema)
    assert not cheap_records(agent(user, system_template=system), schema)


def test_an_expensive_system_template_makes_no_prompt_cheap() -> None:
    assert not cheap_records(agent(DEFAULT_USER, system_template=NESTED_LOOPS), SCHEMA)


def test_an_agents_own_long_examples_count() -> None:
    example = Example(fields={"text": "a" * 60_000}, values={"sentiment": "good"})
    quadratic = agent("{% if fields.text in fields.text %}{% endif %}{{ fields | tojson }}", examples=(example,))
    assert not cheap_records(quadratic, SCHEMA)


def test_what_does_not_parse_is_told_at_once() -> None:
    with pytest.raises(PromptError, match="line 1"):
        cheap_records(agent("{{ fields.text "), SCHEMA)


@tries(80)
@given(st.text(alphabet="{}%# fields.txaorin|()[]0=~,+*-'\"", max_size=200))
def test_no_source_makes_the_look_itself_fail(source: str) -> None:
    with suppress(PromptError):
        cheap_records(agent(source), SCHEMA)
