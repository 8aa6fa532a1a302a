"""Requests made from the OpenAPI documents, valid ones and broken ones, sent to the port that the page is served from.

Whatever comes, by whomever: the answer is there in time and is no fault of the server. `TANDEM_FUZZ_EXAMPLES` sets how
many requests an operation gets (default 8), `TANDEM_FUZZ_SEED` draws others.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Err, Ok

from stacks import ROOT, RunningStack

pytestmark = pytest.mark.timeout(600)

EXAMPLES = int(os.environ.get("TANDEM_FUZZ_EXAMPLES", "8"))
SEED = int(os.environ.get("TANDEM_FUZZ_SEED", "20261130"))
SECONDS = 45.0
"""An answer that takes longer is taken for a hang. Reports wait up to 15 seconds for their sums."""
DOCUMENTS = {
    "api": ROOT / "services" / "api" / "openapi.json",
    "verification-ui": ROOT / "services" / "verification-ui" / "openapi.json",
}
CALLERS = ("admin", "viewer", "nobody")


@pytest.fixture(scope="module")
def ids(running_stack: RunningStack) -> dict[str, Any]:
    """Path parameters of things that exist, so that requests come past the look-up."""
    tandem = running_stack.tandem
    job = tandem.jobs.wait(running_stack.start_job(limit=20, review_threshold=1.0).id, timeout=90)
    item = running_stack.mongo["review_items"].find_one({"job_id": job.id})
    agent = tandem.agents.get(job.agent_id)
    return {
        "project_id": job.project_id,
        "dataset_id": job.dataset_id,
        "job_id": job.id,
        "agent_id": job.agent_id,
        "label_schema_id": agent.label_schema_id,
        "item_id": f"{job.id}:0" if item is None else str(item["_id"]),
        "person_id": tandem.people.create("fuzzed").id,
        "seq": 3,
    }


@pytest.fixture(scope="module")
def credentials(running_stack: RunningStack) -> dict[str, str | None]:
    """Tokens of keys of the test's own: a request may well revoke the key that it came with."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {running_stack.admin_token}"

        def made(role: str) -> str:
            body = {"name": f"fuzzing {role}", "role": role}
            answer = session.post(f"{running_stack.api_url}/api/v1/api-keys", json=body, timeout=SECONDS)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])

        return {"admin": made("admin"), "viewer": made("viewer"), "nobody": None}


def operations(document: Path) -> list[Any]:
    schema = schemathesis.openapi.from_dict(json.loads(document.read_text()))
    found = list(schema.get_all_operations())
    assert not [each for each in found if isinstance(each, Err)]
    return [each.ok() for each in found if isinstance(each, Ok)]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_request_is_answered_by_a_fault_of_the_server_or_not_at_all(
    running_stack: RunningStack,
    ids: dict[str, Any],
    credentials: dict[str, str | None],
    document: str,
    caller: str,
) -> None:
    session = requests.Session()
    session.trust_env = False
    token = credentials[caller]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    wrong: list[str] = []
    answers: Counter[int] = Counter()

    def send(case: Case[Any]) -> None:
        session.cookies.clear()
        what = f"{case.method} {case.formatted_path}"
        try:
            answer = case.call(base_url=running_stack.ui_url, session=session, headers=headers, timeout=SECONDS)
        except requests.Timeout:
            wrong.append(f"{what}: no answer within {SECONDS:.0f} s\n  {case.as_curl_command()[:2000]}")
            return
        answers[answer.status_code] += 1
        if answer.status_code >= 500:
            wrong.append(f"{what}: {answer.status_code} {answer.text[:300]}\n  {case.as_curl_command()[:2000]}")
        elif caller == "nobody" and answer.status_code < 400 and "/sessions" not in case.path:
            wrong.append(f"{what}: {answer.status_code} without a credential")

    for operation in operations(DOCUMENTS[document]):
        names = {parameter.name for parameter in operation.path_parameters}
        known = {name: ids[name] for name in names if name in ids}
        spared = operation.method == "delete"  # what exists is needed by the requests that follow
        strategies = [
            operation.as_strategy(mode, path_parameters=given_ids)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            for given_ids in ([None] if spared or known.keys() != names or not names else [None, known])
        ]

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(strategies))
        def check(case: Case[Any]) -> None:
            send(case)

        check()
    assert not wrong, f"{len(wrong)} of {answers.total()} requests:\n" + "\n".join(wrong[:20])
    assert answers.total() >= len(operations(DOCUMENTS[document])) * EXAMPLES / 2
    assert (401 if caller == "nobody" else 200) in answers, f"requests come as far as they should: {answers}"
