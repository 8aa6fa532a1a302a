"""The jobs that run while faults happen, and what their owner does to them meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from .cluster import MODELS
from .people import Balanced

LABELS = ("positive", "neutral", "negative")
FEWER_LABELS = ("positive", "negative", "mixed")
"""What is carried over to: the labels that it lacks are asked for again."""
TINY_BUDGET, SMALL_BUDGET, LARGE_BUDGET = 0.0225, 0.04, 60.0
"""USD: enough for one record at the most that it can cost, for a few, for all."""
READY_RECORDS = 300
"""Of the job that is over before the first fault, and carried over later."""


class Work:
    """Jobs over one data set, by name. Every method may be repeated, also after it took effect unseen.

    reviewed: people review it; it is paused and goes on. budgeted: its budget runs out, twice at most, and is raised.
    late: begins in the middle. cancelled: ends early. ready: is over before the first fault. carried: its labels are
    those of `ready` where they carry over, else its agent is asked.
    """

    def __init__(self, api: Balanced, *, records: int) -> None:
        self._api = api
        self.ids: dict[str, str] = {}
        self._project = self._make("projects", {"name": "chaos"})
        self._schema = self._make(f"projects/{self._project}/label-schemas", _schema(LABELS))
        self._dataset = self._make(f"projects/{self._project}/datasets", {"name": "texts"})
        rows = [{"id": str(n), "text": f"#{n} said something about the {n % 97}th product"} for n in range(records)]
        api.json(
            "POST",
            f"/api/v1/datasets/{self._dataset}/imports",
            params={"text_columns": "text", "id_column": "id"},
            content="".join(json.dumps(row) + "\n" for row in rows),
            headers={"Content-Type": "application/x-ndjson"},
        )
        self._models = iter(MODELS)

    # --- before the first fault

    def prepare(self) -> None:
        """Start the job that others are carried over from, and the one whose budget is too small."""
        self._start("ready", review_policy={"threshold": 0.0}, limit=READY_RECORDS)
        self._start("budgeted", review_policy={"threshold": 0.0}, budget_usd=TINY_BUDGET)

    def begin(self) -> None:
        """Start the jobs that go on while faults happen."""
        self._start("reviewed", review_policy={"threshold": 0.9})
        self._start("cancelled", review_policy={"threshold": 0.0})

    # --- while faults happen

    def steps(self) -> list[Callable[[], str]]:
        """Return what happens to the jobs, in order; each says what it did."""
        return [
            lambda: self._move("reviewed", "pause"),
            lambda: self._move("cancelled", "cancel"),
            lambda: self._move("reviewed", "resume"),
            lambda: self._raise_budget(SMALL_BUDGET),
            self._carry_over,
            lambda: self._move("reviewed", "pause"),
            lambda: self._start("late", review_policy={"threshold": 0.5}, budget_usd=LARGE_BUDGET),
            lambda: self._move("reviewed", "resume"),
            lambda: self._move("late", "pause"),
            lambda: self._raise_budget(LARGE_BUDGET),
            lambda: self._move("late", "resume"),
        ]

    # --- at any time

    def job(self, name: str) -> dict[str, Any]:
        job: dict[str, Any] = self._api.json("GET", f"/api/v1/jobs/{self.ids[name]}")
        return job

    def jobs(self) -> dict[str, dict[str, Any]]:
        return {name: self.job(name) for name in self.ids}

    def costs(self) -> list[dict[str, Any]]:
        return [self._api.json("GET", f"/api/v1/jobs/{job_id}/cost") for job_id in self.ids.values()]

    @property
    def for_people(self) -> list[str]:
        """Ids of the jobs that people review."""
        return [self.ids[name] for name in ("reviewed", "late", "carried") if name in self.ids]

    def waits_for_its_budget(self) -> bool:
        return bool(self.job("budgeted")["waiting_for"] == "budget")

    def is_over(self, name: str) -> bool:
        return bool(self.job(name)["state"] == "completed")

    def are_over(self) -> bool:
        return all(job["state"] in ("completed", "cancelled") for job in self.jobs().values())

    def _make(self, path: str, body: dict[str, Any]) -> str:
        made: str = self._api.json("POST", f"/api/v1/{path}", json=body)["id"]
        return made

    def _agent(self, schema: str) -> str:
        model = next(self._models)
        body = {"name": model, "provider": "simulated", "model": model, "label_schema_id": schema}
        return self._make(f"projects/{self._project}/agents", {**body, "parameters": {"max_tokens": 30}})

    def _start(self, name: str, **settings: Any) -> str:
        agent = self._agent(self._schema)
        self.ids[name] = self._once(
            name,
            f"projects/{self._project}/jobs",
            {"dataset_id": self._dataset, "agent_id": agent, "name": name, **settings},
        )
        return f"started {name}"

    def _carry_over(self) -> str:
        schema = self._make(f"projects/{self._project}/label-schemas", _schema(FEWER_LABELS))
        body = {"from_job": self.ids["ready"], "agent_id": self._agent(schema), "name": "carried"}
        path = f"label-schemas/{schema}/carry-over"
        self.ids["carried"] = self._once("carried", path, {**body, "review_policy": {"threshold": 0.5}})
        return "carried labels over"

    def _once(self, name: str, path: str, body: dict[str, Any]) -> str:
        """Make the job and return its id; one that a lost answer told of is found by its name."""
        made = self._api.post_once(f"/api/v1/{path}", body, found=lambda: self._find(name))
        if isinstance(made, str):
            return made
        assert made.is_success, made.text
        answer = made.json()
        job_id: str = answer["job"]["id"] if "job" in answer else answer["id"]
        return job_id

    def _find(self, name: str) -> str | None:
        page = self._api.json("GET", f"/api/v1/projects/{self._project}/jobs")
        return next((job["id"] for job in page["items"] if job["name"] == name), None)

    def _move(self, name: str, move: str) -> str:
        """Have the job do it; one that did it already, or is over, refuses."""
        answer = self._api.request("POST", f"/api/v1/jobs/{self.ids[name]}/{move}")
        assert answer.is_success or answer.status_code == httpx.codes.CONFLICT, answer.text
        return f"{move} {name}: {answer.status_code}, {self.job(name)['counts']['not_run']} to do"

    def _raise_budget(self, usd: float) -> str:
        job = self._api.json("PATCH", f"/api/v1/jobs/{self.ids['budgeted']}", json={"budget_usd": usd})
        return f"budget {usd} USD of a job that is {job['state']}: {job['state_reason']}"


def _schema(labels: tuple[str, ...]) -> dict[str, Any]:
    options = [{"value": value} for value in labels]
    return {"name": "sentiment", "tasks": [{"kind": "single_choice", "name": "sentiment", "options": options}]}
