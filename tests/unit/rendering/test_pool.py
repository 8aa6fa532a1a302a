"""Renderers are processes of their own: what they are given cannot stop the process that needs the prompt."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tandem.labeling.prompts import PromptError, PromptLimitError, Renderer
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool, RenderersBusyError
from tandem.rendering.refusals import PromptRefusedError
from tandem.rendering.settings import RenderingSettings
from tandem.testing.waiting import eventually
from templates_that_go_too_far import (
    BIG_FILTERS,
    LONG_POWER,
    NESTED_LISTS,
    NESTED_LOOPS,
    SCHEMA,
    SLOW,
    WORDS,
    agent,
    counted_turns,
)

RECORD = {"text": "one two"}


@pytest.fixture
async def pool() -> AsyncIterator[RendererPool]:
    async with RendererPool(RenderingSettings(processes=1)) as pool:
        yield pool


async def prompts(pool: RendererPool, user_template: str = WORDS, agent_id: str = "agent") -> AgentPrompts:
    return await AgentPrompts.make(agent(user_template, agent_id=agent_id), SCHEMA, pool)


async def rendered(pool: RendererPool, user_template: str = WORDS, agent_id: str = "agent") -> str:
    found = await prompts(pool, user_template, agent_id)
    return (await found.messages(RECORD))[-1]["content"]


def is_there(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


async def test_a_child_renders_what_would_be_rendered_here(pool: RendererPool) -> None:
    whole = Renderer(agent(), SCHEMA)
    found = await prompts(pool)
    assert list(found.constant) == list(whole.constant)
    assert await found.messages(RECORD) == whole.messages(RECORD)
    assert pool.pids
    assert os.getpid() not in pool.pids


async def test_a_child_tells_where_texts_come_from(pool: RendererPool) -> None:
    marked = await AgentPrompts.make(agent(), SCHEMA, pool, marked=True)
    assert await marked.marked_messages(RECORD) == Renderer(agent(), SCHEMA, marked=True).marked_messages(RECORD)


async def test_cheap_templates_need_no_child(pool: RendererPool) -> None:
    assert await rendered(pool, "{{ fields.text | upper }}") == "ONE TWO"
    assert not pool.pids


async def test_a_missing_variable_is_named_as_it_is_here(pool: RendererPool) -> None:
    found = await prompts(pool, WORDS + "{{ fields.title }}")
    with pytest.raises(PromptError) as caught:
        await found.messages(RECORD)
    assert (caught.value.variable, caught.value.template) == ("fields.title", "user")
    assert not isinstance(caught.value, PromptLimitError)


@pytest.mark.parametrize(
    ("user_template", "reason"),
    [
        (NESTED_LISTS, "more than 0.1 s of CPU time to render"),
        (LONG_POWER, "more than 0.1 s of CPU time to render"),
        (BIG_FILTERS, "more than 0.1 s of CPU time to render"),
        (NESTED_LOOPS, "more than"),
        ("{% set x = [fields] %}" + "{% set x = x + x %}" * 30, "more than 400,000 characters or items"),
        ("{{ fields }}" + "{{ 7 | round(10000000000, 'floor') }}", "more than 0.3 s of CPU time to compile"),
    ],
)
async def test_the_event_loop_runs_on_while_a_template_goes_too_far(user_template: str, reason: str) -> None:
    limits = RenderingSettings(processes=1, compile_cpu_seconds=0.3)
    async with RendererPool(limits) as pool, counted_turns() as turns:
        await rendered(pool)  # the child is there
        before = turns[0]
        with pytest.raises(PromptLimitError, match=reason):
            await rendered(pool, user_template, "greedy")
        assert turns[0] - before >= 5
        assert await rendered(pool) == "one two"


async def test_a_template_that_goes_too_far_again_and_again_is_refused_without_being_rendered(
    pool: RendererPool,
) -> None:
    greedy = await prompts(pool, NESTED_LISTS, "greedy")
    for _ in range(3):
        with pytest.raises(PromptLimitError):
            await greedy.messages(RECORD)
    await rendered(pool)
    before = pool.pids
    for _ in range(100):
        with pytest.raises(PromptRefusedError, match="CPU time"):
            await greedy.messages(RECORD)
    assert pool.pids == before  # the child that it would have ended is still there
    assert list(pool.refusals.current) == ["greedy"]


async def test_records_that_wait_are_refused_with_their_agent_version(pool: RendererPool) -> None:
    greedy = await prompts(pool, NESTED_LISTS, "greedy")
    results = await asyncio.gather(*(greedy.messages(RECORD) for _ in range(50)), return_exceptions=True)
    kinds = [type(each) for each in results]
    assert kinds.count(PromptLimitError) == 3
    assert kinds.count(PromptRefusedError) == 47


async def test_an_agent_with_slow_templates_does_not_keep_another_one_waiting(pool: RendererPool) -> None:
    slow, quick = await prompts(pool, SLOW, "slow"), await prompts(pool, agent_id="quick")
    waiting = [asyncio.create_task(slow.messages(RECORD)) for _ in range(200)]
    await asyncio.sleep(0)
    await asyncio.gather(*(quick.messages(RECORD) for _ in range(60)))
    assert sum(task.done() for task in waiting) < 100
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await rendered(pool) == "one two"  # what nobody waits for any more is not rendered


async def test_records_that_suddenly_cost_more_lose_their_turn(pool: RendererPool) -> None:
    found = await prompts(pool, "{% for a in fields.text %}{% if a == fields.text %}{% endif %}{% endfor %}", "uneven")
    await asyncio.gather(*(found.messages({"text": "a"}) for _ in range(300)))
    heavy = [asyncio.create_task(found.messages({"text": "a" * 9000})) for _ in range(60)]
    await asyncio.sleep(0)
    await asyncio.gather(*(rendered(pool) for _ in range(3)))
    assert not all(task.done() for task in heavy)
    results = await asyncio.gather(*heavy, return_exceptions=True)
    assert all(isinstance(each, list | PromptError) for each in results)


async def test_a_child_that_is_killed_is_replaced_and_no_record_is_lost(pool: RendererPool) -> None:
    found = await prompts(pool)
    (first,) = pool.pids
    waiting = [asyncio.create_task(found.messages(RECORD)) for _ in range(500)]
    await eventually(lambda: any(task.done() for task in waiting))
    os.kill(first, signal.SIGKILL)
    results = await asyncio.gather(*waiting)
    assert {messages[-1]["content"] for messages in results} == {"one two"}
    assert pool.pids
    assert first not in pool.pids
    os.kill(pool.pids[0], signal.SIGKILL)  # and one that has nothing to do
    assert (await found.messages(RECORD))[-1]["content"] == "one two"


async def test_memory_is_bounded() -> None:
    hoard = "".join(f"{{% set x{n} = range(99999) | list %}}" for n in range(30))
    small = RenderingSettings(processes=1, memory_mb=32, cpu_seconds=5)
    async with RendererPool(small) as pool:
        with pytest.raises(PromptLimitError, match=r"memory|ends the renderer"):
            await rendered(pool, hoard + "{{ fields.text }}")
        assert await rendered(pool, agent_id="other") == "one two"


async def test_a_child_knows_no_secret_of_its_parent(pool: RendererPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_PROVIDERS__OPENAI__API_KEY", "sk-secret")
    await rendered(pool)
    (pid,) = pool.pids
    environment = Path(f"/proc/{pid}/environ").read_bytes()  # noqa: ASYNC240 - no disk is read
    assert b"secret" not in environment
    assert b"TANDEM" not in environment


async def test_no_child_is_left_behind_at_the_end() -> None:
    async with RendererPool(RenderingSettings(processes=2)) as pool:
        found = await prompts(pool)
        await asyncio.gather(*(found.messages(RECORD) for _ in range(100)))
        waiting = asyncio.create_task((await prompts(pool, NESTED_LISTS, "greedy")).messages(RECORD))
        await asyncio.sleep(0)
        pids = pool.pids
        assert pids
    await eventually(lambda: not any(map(is_there, pids)))
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], PromptError | asyncio.CancelledError)


ORPHANING = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from tandem.rendering.pool import RendererPool
from tandem.rendering.agent_prompts import AgentPrompts
from templates_that_go_too_far import SCHEMA, agent

async def main():
    pool = RendererPool()
    await AgentPrompts.make(agent(), SCHEMA, pool)
    print(*pool.pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_children_of_a_killed_process_end() -> None:
    tests = str(Path(__file__).parents[2] / "support")
    parent = subprocess.Popen([sys.executable, "-c", ORPHANING, tests], stdout=subprocess.PIPE)  # noqa: ASYNC220 - it starts at once
    assert parent.stdout is not None
    line = await asyncio.to_thread(parent.stdout.readline)
    pids = [int(word) for word in line.split()]
    assert pids
    assert all(map(is_there, pids))
    parent.kill()
    parent.stdout.close()
    await asyncio.to_thread(parent.wait)
    await eventually(lambda: not any(map(is_there, pids)))


async def test_who_waits_too_long_is_told_that_the_renderers_are_busy() -> None:
    async with RendererPool(RenderingSettings(processes=1, wait_seconds=0.001)) as pool:
        with pytest.raises(RenderersBusyError):
            await rendered(pool)
