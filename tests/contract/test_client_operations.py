"""The client reaches every operation of the two HTTP interfaces, and no other."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from sources import ROOT

CLIENT = ROOT / "client" / "src" / "tandem_client"
METHODS = {"get": "GET", "post": "POST", "ask": "POST", "patch": "PATCH", "delete": "DELETE", "upload": "POST"}
DOWNLOADS = {"pages": 1, "saved": 1, "FrameSource": 1}
"""Functions that are given the transport first, to the place of the path among their arguments."""
NOT_REACHED = {
    "create_session": "exchanges a login link for a cookie; the client has a key",
    "end_current_session": "ends a session of a cookie",
    "search_dataset": "find_in_dataset with its condition in the address; the client sends it in the body",
    "search_job": "find_in_job with its condition in the address",
    "order_review": "a campaign by disagreement, as create_campaign makes it",
    "find_review_orders": "list_campaigns",
    "get_review_order": "get_campaign",
}


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield id, method and path of each operation; each parameter of a path is `{}`."""
    for service in ("api", "verification-ui"):
        document: dict[str, Any] = json.loads((ROOT / "services" / service / "openapi.json").read_text())
        for path, found in document["paths"].items():
            for method, operation in found.items():
                yield operation["operationId"], method.upper(), re.sub(r"{\w+}", "{}", path)


def requests() -> Iterator[tuple[str, str, str]]:
    """Yield place, method and path of each request that the source of the client makes."""
    for file in CLIENT.rglob("*.py"):
        if file.relative_to(CLIENT).parts[0] in ("aio", "cli", "notebook", "transport.py", "paging.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and (found := request_of(node)) is not None:
                yield f"{file.relative_to(CLIENT)}:{node.lineno}", *found


def request_of(call: ast.Call) -> tuple[str, str] | None:
    function = call.func
    if isinstance(function, ast.Name) and function.id in DOWNLOADS and len(call.args) > 1:
        return "GET", path_of(call.args[1])
    if isinstance(function, ast.Attribute) and ast.unparse(function.value) in ("self._http", "transport"):
        if function.attr in METHODS:
            return METHODS[function.attr], path_of(call.args[0])
        if function.attr == "download" and isinstance(call.args[0], ast.JoinedStr):
            return "GET", path_of(call.args[0])
    return None


def path_of(argument: ast.expr) -> str:
    """Return the path as OpenAPI has it; the review service's has its base in front."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    text = ""
    for part in parts:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue) and ast.unparse(part.value).startswith("self._base("):
            text += "/verification/v1"
        else:
            text += "{}"
    return text if text.startswith("/verification/") else f"/api/v1{text}"


def test_every_operation_is_reached_or_left_out_for_a_reason() -> None:
    reached = {(method, path) for _, method, path in requests()}
    missing = {name for name, method, path in operations() if (method, path) not in reached}
    assert missing == NOT_REACHED.keys(), "give the client a method for each, or a reason here"


def test_the_client_makes_no_request_that_no_service_answers() -> None:
    known = {(method, path) for _, method, path in operations()}
    unknown = [(place, method, path) for place, method, path in requests() if (method, path) not in known]
    assert not unknown
