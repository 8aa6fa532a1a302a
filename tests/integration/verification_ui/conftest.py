"""A data set, a job and people, on a real MongoDB; the review application over them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from builders import a_job_document, a_schema, an_agent
from tandem.events import LabelOption, LabelTask, SingleChoiceTask, TaskLabel
from tandem.messaging import Connection, Producer
from tandem.people import Role, hash_token
from tandem.review import OpinionPolicy
from tandem.settings import KafkaSettings, MongoSettings
from tandem.store.annotations.documents import AnnotationDocument
from tandem.store.database import Database, utcnow
from tandem.store.indexes import ensure_indexes
from tandem.store.opinions.reader import OpinionReader
from tandem.store.review_items.reader import ReviewItemReader
from tandem_verification_ui.app import make_app
from tandem_verification_ui.bootstrap import make_intake, make_services, make_sweep
from tandem_verification_ui.queue.sweep import QueueSweep
from tandem_verification_ui.review.publisher import DecisionPublisher

JOB, PROJECT, DATASET = "job1", "project1", "dataset1"
TASK = SingleChoiceTask(
    name="sentiment",
    question="What is the sentiment?",
    options=(
        LabelOption(value="positive", name="Positive"),
        LabelOption(value="neutral"),
        LabelOption(value="negative", description="An unhappy author"),
    ),
)


@dataclass
class World:
    """What the other services would have written, written by hand, and the ways to look at what came of it."""

    database: Database
    app: FastAPI | None = None
    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)

    @property
    def sweep(self) -> QueueSweep:
        return make_sweep(self.database, make_intake(self.database))

    @property
    def items(self) -> ReviewItemReader:
        return ReviewItemReader(self.database)

    @property
    def opinions(self) -> OpinionReader:
        return OpinionReader(self.database)

    def client(self, name: str = "ann") -> httpx.AsyncClient:
        return self.clients[name]

    def client_with(self, token: str | None) -> httpx.AsyncClient:
        """A client with this credential, or none."""
        assert self.app is not None
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, raise_app_exceptions=False),
            base_url="http://tandem",
            headers={} if token is None else {"Authorization": f"Bearer {token}"},
        )

    async def add_job(
        self,
        job_id: str = JOB,
        project_id: str = PROJECT,
        *,
        state: str = "completed",
        tasks: tuple[LabelTask, ...] = (TASK,),
        policy: OpinionPolicy | None = None,
    ) -> None:
        schema = a_schema(*tasks, label_schema_id="schema1", name="sentiment")
        agent = an_agent(agent_id="agent1", system_template="", user_template="")
        job = a_job_document(
            job_id,
            agent=agent,
            label_schema=schema,
            size=1000,
            project_id=project_id,
            dataset_id=DATASET,
            name=f"name of {job_id}",
            state=state,
            revision=3,
            **({} if policy is None else {"opinion_policy": policy.model_dump()}),
        )
        await self.database["jobs"].insert_one(dict(job))

    async def add_records(self, seqs: Sequence[int], *, text: str = "text of record {}") -> None:
        await self.database["records"].insert_many(
            [
                {
                    "_id": f"{DATASET}:{seq}",
                    "dataset_id": DATASET,
                    "seq": seq,
                    "record_id": f"r{seq}",
                    "fields": {"text": text.format(seq)},
                    "metadata": {},
                    "content_hash": "h",
                    "import_id": "i",
                }
                for seq in seqs
            ]
        )

    def annotation(
        self,
        seq: int,
        *,
        value: str | None = "positive",
        attempt: int = 1,
        needs_review: bool = True,
        confidence: float = 0.4,
        job_id: str = JOB,
        project_id: str = PROJECT,
        labels: Sequence[TaskLabel] | None = None,
    ) -> AnnotationDocument:
        """`value` None: the model's answer held no label. `labels` instead of a value, for other tasks than TASK."""
        label = TaskLabel(
            task="sentiment",
            value=value or "",
            confidence=confidence,
            confidence_method="token_probability",
            probabilities={"positive": 0.4, "neutral": 0.35, "negative": 0.25},
            rule="exact",
        )
        document: dict[str, Any] = {
            "_id": f"{job_id}:{seq}",
            "job_id": job_id,
            "project_id": project_id,
            "dataset_id": DATASET,
            "seq": seq,
            "record_id": f"r{seq}",
            "attempt": attempt,
            "outcome": "invalid" if value is None else "labeled",
            "reason": "no_label" if value is None else None,
            "detail": "The answer names none of the labels." if value is None else None,
            "labels": [] if value is None else [each.model_dump(mode="json") for each in labels or [label]],
            "needs_review": needs_review,
            "review_reason": ("invalid" if value is None else "low_confidence") if needs_review else None,
            "priority": 1 - confidence,
            "content_hash": "h",
            "provider": "p",
            "model": "m",
            "agent_id": "agent1",
            "agent_version": 1,
            "usage": None,
            "price": None,
            "seconds": 0.1,
            "raw": "I would rather not say." if value is None else value,
            "event_id": "e",
            "created_at": utcnow(),
        }
        return cast("AnnotationDocument", document)

    async def annotate(self, *annotations: AnnotationDocument) -> None:
        """Write annotations as current, whatever was there."""
        for annotation in annotations:
            await self.database["annotations"].replace_one(
                {"_id": annotation["_id"]}, cast("dict[str, Any]", annotation), upsert=True
            )

    async def queue(self, seqs: Sequence[int], **more: Any) -> None:
        """Records, annotations that need review, and their items in the queue."""
        await self.add_records(seqs)
        await self.annotate(*(self.annotation(seq, **more) for seq in seqs))
        await self.sweep.sweep_job(more.get("job_id", JOB))

    async def expire(self, item_id: str) -> None:
        await self.database["review_items"].update_one(
            {"_id": item_id}, {"$set": {"reserved_until": utcnow() - timedelta(seconds=1)}}
        )

    async def add_person(
        self, name: str, role: Role = Role.ANNOTATOR, *, projects: Sequence[str] | None = None, session: bool = False
    ) -> str:
        """Return the person's token: an API key's, or with `session` that of a session opened with it."""
        token = f"tdm_token_of_{name}"
        await self.add_credential(f"key of {name}", token, name, role, projects=projects)
        if session:
            token = f"tdm_session_of_{name}"
            await self.add_credential(
                f"session of {name}",
                token,
                name,
                role,
                projects=projects,
                kind="session",
                parent_id=f"key of {name}",
                person_id=f"key of {name}",
            )
        return token

    async def add_credential(
        self,
        key_id: str,
        token: str,
        name: str,
        role: Role = Role.ANNOTATOR,
        *,
        projects: Sequence[str] | None = None,
        **more: Any,
    ) -> None:
        await self.database["api_keys"].insert_one(
            {
                "_id": key_id,
                "hash": hash_token(token),
                "kind": "key",
                "name": name,
                "role": role,
                "project_ids": None if projects is None else list(projects),
                "created_at": utcnow(),
                "expires_at": None,
                "revoked": False,
                "parent_id": None,
                **more,
            }
        )


@pytest.fixture
async def database(mongo_url: str, mongo_db_name: str) -> AsyncIterator[Database]:
    database = Database(MongoSettings.model_validate({"url": mongo_url, "database": mongo_db_name}))
    await ensure_indexes(database)
    yield database
    database.close()


@pytest.fixture
def unreachable_producer() -> Producer:
    """Nothing listens there: what is published waits, and nobody who decides may notice."""
    return Producer(Connection(KafkaSettings(bootstrap_servers="127.0.0.1:1", unavailable_limit_seconds=0.1)))


@pytest.fixture
async def publisher(unreachable_producer: Producer) -> DecisionPublisher:
    return DecisionPublisher(unreachable_producer)


@pytest.fixture
def make_review_app(database: Database) -> Callable[..., FastAPI]:
    def make(publisher: DecisionPublisher, **more: Any) -> FastAPI:
        services, authenticator = make_services(database, publisher=publisher, reservation_seconds=120)
        return make_app(
            authenticator=authenticator,
            services=services,
            **more,
        )

    return make


@pytest.fixture
async def world(
    database: Database, publisher: DecisionPublisher, make_review_app: Callable[..., FastAPI]
) -> AsyncIterator[World]:
    """One job with no items yet; ann and ben annotate, vera only looks, otto belongs to another project."""
    world = World(database, make_review_app(publisher))
    await world.add_job()
    tokens: dict[str, str | None] = {
        "ann": await world.add_person("ann"),
        "ben": await world.add_person("ben"),
        "vera": await world.add_person("vera", Role.VIEWER),
        "otto": await world.add_person("otto", projects=["another project"]),
        "nobody": None,
    }
    world.clients = {name: world.client_with(token) for name, token in tokens.items()}
    yield world
    await asyncio.gather(*(client.aclose() for client in world.clients.values()))
