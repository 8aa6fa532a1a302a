"""Prompts from templates that people write, and what happens with templates that go too far."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema, an_agent
from drawing import tries
from tandem.events import Example, LabelOption, SingleChoiceTask
from tandem.labeling.prompts import PromptError, Renderer, default_templates, response_format

SCHEMA = a_schema(
    SingleChoiceTask(
        name="sentiment",
        question="What does the traveller feel?",
        options=(
            LabelOption(value="positive", description="Happy\nwith it."),
            LabelOption(value="<b> {{ x }}", name="odd"),
            LabelOption(value="neutral"),
        ),
    ),
    version=2,
    name="Airline sentiment!",
)
DEFAULT_SYSTEM, DEFAULT_USER = default_templates(SCHEMA)


def renderer(user: str = DEFAULT_USER, system: str = DEFAULT_SYSTEM, examples: tuple[Example, ...] = ()) -> Renderer:
    agent = an_agent(system_template=system, user_template=user, examples=examples)
    return Renderer(agent, SCHEMA)


def rendered(user: str, **fields: str) -> str:
    return renderer(user).messages(fields or {"text": "hello"})[-1]["content"]


def test_the_default_prompt_names_question_labels_and_answer_format() -> None:
    system, user = renderer().messages({"text": "  late again "})
    assert system["role"] == "system"
    assert "What does the traveller feel?" in system["content"]
    lines = system["content"].splitlines()
    listed = [line for line in lines if line.startswith("- ")]
    assert listed == ['- "positive": Happy with it.', '- "<b> {{ x }}": odd', '- "neutral"']
    assert '{"sentiment": "<label>"}' in lines
    assert user == {"role": "user", "content": "late again"}


def test_several_fields_come_with_their_names_in_their_order() -> None:
    assert rendered(DEFAULT_USER, premise="A.", hypothesis="B.") == "premise: A.\nhypothesis: B."


def test_what_stands_in_a_record_is_never_run() -> None:
    assert rendered(DEFAULT_USER, text="{{ 7 * 7 }} {% raw %}") == "{{ 7 * 7 }} {% raw %}"


def test_the_system_message_is_the_same_for_all_records() -> None:
    both = renderer()
    assert both.messages({"text": "a"})[0] == both.messages({"text": "b"})[0]


def test_examples_stand_between_system_message_and_record() -> None:
    example = Example(fields={"text": "great"}, values={"sentiment": "positive"})
    messages = renderer().messages({"text": "hm"}, [example])
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == '{"sentiment": "positive"}'
    assert messages[3]["content"] == "hm"


def test_the_agents_own_examples_belong_to_the_part_that_is_the_same_for_all_records() -> None:
    own = Example(fields={"text": "great"}, values={"sentiment": "positive"})
    drawn = Example(fields={"text": "awful"}, values={"sentiment": "neutral"})
    both = renderer(examples=(own,))
    first, second = both.messages({"text": "a"}, [drawn]), both.messages({"text": "b"})
    assert first[:3] == second[:3] == list(both.constant)
    assert [each["content"] for each in first[1:]] == [
        "great",
        '{"sentiment": "positive"}',
        "awful",
        '{"sentiment": "neutral"}',
        "a",
    ]


def test_an_agent_may_have_no_system_message() -> None:
    (message,) = renderer("Which of these? {{ answer_form }} {{ fields.text }}", system=" ").messages({"text": "a"})
    assert message == {"role": "user", "content": 'Which of these? {"sentiment": "<label>"} a'}


def test_a_constant_start_of_the_user_message_is_the_same_for_all_records() -> None:
    both = renderer("{{ task.question }} {{ fields.text }}", system="")
    assert [both.messages({"text": text})[0]["content"] for text in ("x", "y")] == [
        f"What does the traveller feel? {text}" for text in ("x", "y")
    ]


def test_the_answers_schema_allows_the_labels_alone() -> None:
    form = response_format(SCHEMA)["json_schema"]
    assert form["name"] == "Airline_sentiment"
    assert form["strict"] is True
    assert form["schema"] == {
        "type": "object",
        "properties": {"sentiment": {"type": "string", "enum": ["positive", "<b> {{ x }}", "neutral"]}},
        "required": ["sentiment"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "path", "update"])
def test_a_field_may_be_named_like_a_method(name: str) -> None:
    assert rendered(f"{{{{ fields.{name} }}}}", **{name: "text"}) == "text"


def test_templates_can_do_what_people_need() -> None:
    template = (
        "{% for name, value in fields.items() %}"
        "{{ loop.index }}. {{ name | upper ~ '=' ~ value.strip() }}\n"
        "{% endfor %}"
        "{{ task.options | map(attribute='value') | join(' or ') | truncate(14) }} {{ fields | tojson }} "
        "{{ label_schema.name }} {{ label_schema.tasks[0].question }} {{ 'x' if fields.text is defined else 'y' }}"
    )
    assert rendered(template, text=" é ").startswith('1. TEXT=é\npositive... {"text": " é "} Airline')


@pytest.mark.parametrize(
    ("user", "variable"),
    [
        ("{{ fields.premise }}", "fields.premise"),
        ("{{ fields['premise'] }}", "fields.premise"),
        ("{{ fields }} {{ record }}", "record"),
        ("{{ fields }} {{ task.questions }}", "task.questions"),
        ("{{ fields }} {{ lipsum() }}", "lipsum"),
    ],
)
def test_a_missing_variable_is_named(user: str, variable: str) -> None:
    with pytest.raises(PromptError, match="not defined") as error:
        rendered(user)
    assert (error.value.template, error.value.variable) == ("user", variable)


def test_a_missing_field_comes_with_the_fields_there_are() -> None:
    with pytest.raises(PromptError, match=r"there is fields\.text, fields\.title"):
        rendered("{{ fields.premise }}", text="a", title="b")


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(PromptError) as error:
        renderer("{{ fields }}\n{% if %}")
    assert error.value.line == 2


def test_templates_that_mistake_the_record_are_refused() -> None:
    with pytest.raises(PromptError, match="same for all records") as error:
        renderer(system="{{ fields.text }}")
    assert error.value.template == "system"
    with pytest.raises(PromptError, match="never reads 'fields'"):
        renderer("Which label?")


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(90000) %}{% if fields.text|list|sort %}{% endif %}{% endfor %}",
        "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 60,
        "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a + a %}" * 60,
        "{% set a = [1] %}" + "{% set a = a + a %}" * 60,
        "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a | replace('a', 'aaaaaaaaaa') %}" * 12,
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60,
        "{{ range(100000) | join('a long separator') }}",
        "{{ 'a' * 10000000000 }}",
        "{{ 2 ** 10000000000 }}",
        "{{ '%10000000000d' % 1 }}",
        "{{ '%10000000000d' | format(1) }}",
        "{{ '{:10000000000}'.format(1) }}",
        "{{ 'a'.ljust(10000000000) }}",
        "{{ 'a' | center(10000000000) }}",
        "{{ 'a' | indent(10000000000) }}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% include 'other' %}",
        "{{ " + "(" * 3000 + ")" * 3000 + " }}",
        "x" * 30_000,
    ],
)
def test_a_template_that_would_cost_too_much_is_stopped_soon(body: str) -> None:
    started = time.thread_time()
    with pytest.raises(PromptError):
        rendered("{{ fields }}" + body, text="word " * 50_000)
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(
    "body",
    [
        "{{ fields.__class__.__mro__ }}",
        "{{ fields['__class__'] }}",
        "{{ ''.__class__ }}",
        "{{ task.parse_file('/etc/hostname') }}",
        "{{ label_schema.model_dump() }}",
        "{{ fields.update({'a': 'b'}) }}",
        "{{ task.options.append(1) }}",
        "{{ range.__globals__ }}",
        "{{ fields | attr('__class__') }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ loop }}",
        "{% for a in [1] %}{{ loop.__init__ }}{% endfor %}",
    ],
)
def test_a_template_reaches_nothing_but_its_variables(body: str) -> None:
    with pytest.raises(PromptError):
        rendered("{{ fields }}" + body)


WORDS = (
    "{{ }} {% %} for in fields if endfor endif set = ( ) [ ] . | ~ + * % 'a' 9 task options loop text join else",
    "{{ fields }} {{ task.options }} {% for a in fields %} {% endfor %} {% if 1 %} {% endif %} {% set a = 1 %}",
)


@tries(80)
@given(st.lists(st.sampled_from([word for words in WORDS for word in words.split()]), max_size=20).map(" ".join))
def test_whatever_the_template_there_is_a_message_or_a_prompt_error(body: str) -> None:
    with suppress(PromptError):
        assert isinstance(rendered("{{ fields }}" + body), str)
