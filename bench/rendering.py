"""What the prompt of one record costs: rendered in place, and by child processes.

    uv run python bench/rendering.py [--records 4000]

`direct` calls the renderer; `prompts` goes the way that services go, in place where the template is provably cheap,
else through the pool, for so many records at once. The last table is the longest time that the event loop stood still
while a template that never ends was rendered.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from tandem.events import AgentSpec, LabelOption, LabelSchemaSpec, SingleChoiceTask
from tandem.labeling.prompts import PromptError, Renderer, default_templates
from tandem.rendering.agent_prompts import AgentPrompts
from tandem.rendering.pool import RendererPool

SCHEMA = LabelSchemaSpec(
    label_schema_id="s",
    version=1,
    name="Sentiment",
    tasks=(
        SingleChoiceTask(
            name="sentiment", options=tuple(LabelOption(value=each) for each in ("positive", "neutral", "negative"))
        ),
    ),
)
SYSTEM, USER = default_templates(SCHEMA)
TEMPLATES = {
    "default": USER,
    "a condition and a filter": "{% if 'late' in fields.text %}Late. {% endif %}{{ fields.text | truncate(100) }}",
    "a loop over words": "{% for word in fields.text.split() %}{{ word }} {% endfor %}",
}
NEVER_ENDING = "{% set a = [1] %}{% set b = [1] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
RECORD = {"text": "The flight was two hours late, and nobody told us why; the crew was kind all the same. " * 3}


def agent(user_template: str, agent_id: str = "agent") -> AgentSpec:
    return AgentSpec(
        agent_id=agent_id,
        version=1,
        name="bench",
        provider="p",
        model="m",
        system_template=SYSTEM,
        user_template=user_template,
        fingerprint="f",
    )


def median_of(call: Callable[[], object], times: int) -> float:
    """Microseconds of a call."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return 1e6 * statistics.median(seconds)


async def at_once(call: Callable[[], Awaitable[object]], times: int, together: int) -> float:
    """Microseconds of wall time a record."""
    began = time.perf_counter()
    if together == 1:  # without a task for each
        for _ in range(times):
            await call()
        return 1e6 * (time.perf_counter() - began) / times
    for _ in range(times // together):
        await asyncio.gather(*(call() for _ in range(together)))
    return 1e6 * (time.perf_counter() - began) / (times // together * together)


async def longest_standstill(call: Callable[[], Awaitable[object]]) -> float:
    """Seconds between two turns of the event loop while the call runs, at most."""
    task, longest = asyncio.ensure_future(call()), 0.0
    while not task.done():
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - began)
    await asyncio.gather(task, return_exceptions=True)
    return longest


async def measure(records: int) -> None:
    async with RendererPool() as pool:
        print("| template | direct, µs | prompts, one by one | 64 at once | 256 at once | in place |")
        print("| --- | ---: | ---: | ---: | ---: | --- |")
        for name, template in TEMPLATES.items():
            direct, prompts = Renderer(agent(template), SCHEMA), await AgentPrompts.make(agent(template), SCHEMA, pool)

            async def once(prompts: AgentPrompts = prompts) -> object:
                return await prompts.messages(RECORD)

            await at_once(once, 256, 64)
            columns = [median_of(lambda: direct.messages(RECORD), records)]  # noqa: B023 - called at once
            columns += [await at_once(once, records, together) for together in (1, 64, 256)]
            where = "yes" if prompts.in_place(RECORD) is not None else "no"
            print(f"| {name} | {' | '.join(f'{column:.1f}' for column in columns)} | {where} |", flush=True)
        endless = await AgentPrompts.make(
            agent(NEVER_ENDING + "{{ a == b }}{{ fields.text }}", "endless"), SCHEMA, pool
        )
        print("\n| a template that never ends | CPU limit, s | the loop stood still, s |")
        print("| --- | ---: | ---: |")
        for turn in range(3):
            still = await longest_standstill(lambda: endless.messages(RECORD))
            print(f"| record {turn + 1} | {pool.settings.cpu_seconds} | {still:.3f} |", flush=True)
        began, refused = time.perf_counter(), 0
        for _ in range(1000):
            try:
                await endless.messages(RECORD)
            except PromptError:
                refused += 1
        print(f"| the next {refused}, refused, µs each | | {1e3 * (time.perf_counter() - began):.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=4000)
    asyncio.run(measure(parser.parse_args().records))


if __name__ == "__main__":
    main()
