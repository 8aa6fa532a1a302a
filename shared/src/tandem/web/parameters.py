"""Query parameters that nobody knows are refused: a misspelt filter would leave everything in."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tandem.web.invalid_content import FieldProblem
from tandem.web.problems import Problem

MOST_TOLD = 5
"""Unknown parameters of a request that are looked at one by one: this comes before anybody knows who is asking."""


async def known_parameters_alone(request: Request) -> None:
    """Check that all query parameters are known; a dependency for the whole app:
    FastAPI(dependencies=[Depends(known_parameters_alone)]). Raises Problem."""
    route = request.scope["route"]
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = list(dict.fromkeys(_names(route.dependant)))
    unknown = [name[:100] for name in request.query_params if name not in known]
    if not unknown:
        return
    errors = [_problem_with(name, known) for name in unknown[:MOST_TOLD]]
    first = errors[0]
    more = f" It has {len(unknown):,} that are not known." if len(unknown) > MOST_TOLD else ""
    raise Problem(422, "unknown-parameter", first.detail + more, field=first.field, cure=first.cure, errors=errors)


def _problem_with(name: str, known: Sequence[str]) -> FieldProblem:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        cure = f"Did you mean {near[0]}?"
    elif known:
        cure = f"It may have {', '.join(known)}."
    else:
        cure = "It has none; leave it out."
    return FieldProblem(field=name, detail=f"The request has no parameter {name!r}.", cure=cure)


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _names(inner)
