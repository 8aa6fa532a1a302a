"""Where the text of a message came from, whatever a template does with it on the way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_schema, an_agent, some_options
from drawing import tries
from tandem.events import Example, SingleChoiceTask
from tandem.labeling.prompts import PromptError, Renderer, Source

SCHEMA = a_schema(SingleChoiceTask(name="t", question="Which?", options=some_options("a", "b")))


def renderer(user: str, system: str = "Be quick. {{ task.question }}", examples: tuple[Example, ...] = ()) -> Renderer:
    agent = an_agent(system_template=system, user_template=user, examples=examples)
    return Renderer(agent, SCHEMA, marked=True)


def marked(user: str) -> list[tuple[str, Source]]:
    return list(renderer(user).marked_messages({"text": " hello ", "title": "t"})[-1].segments)


@pytest.mark.parametrize(
    ("user", "segments"),
    [
        ("Say: {{ fields.text }}!", [("Say: ", "template"), (" hello ", "record"), ("!", "template")]),
        ("{{ fields.text | upper | trim }}.", [("HELLO", "record"), (".", "template")]),
        ("{% for name, value in fields.items() %}{{ name }}{% endfor %}", [("texttitle", "record")]),
        ("{% set a = fields.text %}{% set b = a ~ '?' %}{{ b }}", [("hello ?", "record")]),
        ("{% set a %}<{{ fields.text }}>{% endset %}{{ a }} .", [("< hello >", "record"), (" .", "template")]),
        ("{{ task.question ~ fields.title }}", [("Which?t", "record")]),
        ("{{ task.name }}{{ fields.title }}", [("t", "label_schema"), ("t", "record")]),
        ("{% for o in tasks[0].options %}{{ o.value }},{% endfor %}{{ fields.title }}",
         [("a", "label_schema"), (",", "template"), ("b", "label_schema"), (",", "template"), ("t", "record")]),
        ("{{ 'x' if fields.title else 'y' }}", [("x", "record")]),
        ("{{ 1 + 1 }}{{ fields.title }}", [("2", "template"), ("t", "record")]),
    ],
)  # fmt: skip
def test_every_piece_of_text_names_its_source(user: str, segments: list[tuple[str, str]]) -> None:
    assert marked(user) == segments


def test_each_message_says_where_it_came_from() -> None:
    own = Example(fields={"text": "one"}, values={"t": "a"})
    drawn = Example(fields={"text": "two"}, values={"t": "b"})
    messages = renderer("{{ fields.text }}", examples=(own,)).marked_messages({"text": "three"}, [drawn])
    assert [(each.role, [source.value for _, source in each.segments]) for each in messages] == [
        ("system", ["template", "label_schema"]),
        ("user", ["example"]),
        ("assistant", ["example"]),
        ("user", ["example"]),
        ("assistant", ["example"]),
        ("user", ["record"]),
    ]


BITS = (
    "{{ fields.text }}",
    "{{ task.name }}",
    " ",
    "\n",
    "word",
    "{% for f in fields %}{{ f }} {% endfor %}",
    "{% set x = fields.text %}",
    "{{ x }}",
    "{% if task.question %}y{% endif %}",
    "{% filter upper %}{{ fields.title }}{% endfilter %}",
    "{{ '' }}",
)


@tries(80)
@given(st.lists(st.sampled_from(BITS), max_size=8).map("".join))
def test_the_pieces_make_up_the_message_that_is_sent(body: str) -> None:
    with suppress(PromptError):
        prompt = renderer(body + "{{ fields.title }}", system=body.replace("fields", "label_schema"))
        fields = {"text": "  a text ", "title": " t "}
        sent = prompt.messages(fields)
        told = prompt.marked_messages(fields)
        assert [message["content"] for message in sent] == ["".join(text for text, _ in m.segments) for m in told]
        assert [message["role"] for message in sent] == [message.role for message in told]
