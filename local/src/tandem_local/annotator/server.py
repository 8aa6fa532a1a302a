"""The annotator behind the API of a chat model: `POST /v1/chat/completions`, `GET /v1/models`."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from tandem.runtime.openai_chat import completion, described_options, error_body, read_choice, write_answer
from tandem.text.embeddings import load_embeddings
from tandem_local.annotator.answering import Answerer
from tandem_local.annotator.classifier import Classifier
from tandem_local.annotator.properties import OneOf, read_properties

MODEL = "tandem-offline"
_NO_OPTIONS = (
    "This model can only choose between labels: give them as an enum in response_format, or as a list of lines "
    "`- value: description` in the system message."
)
_MOST_BYTES = 4 * 1024 * 1024  # a record of 256 KB with its examples, escaped


def build_app() -> web.Application:
    """Return the application, with the embeddings loaded."""
    handlers = _Handlers(Classifier(load_embeddings()))
    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/v1/chat/completions", handlers.complete)
    app.router.add_get("/v1/models", handlers.models)
    return app


class _Handlers:
    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._answerer = Answerer(classifier)
        self._started = int(time.time())
        self._ids = (f"{uuid.uuid4().hex[:12]}-{number}" for number in itertools.count())

    async def complete(self, http: web.Request) -> web.Response:
        try:
            request = orjson.loads(await http.read())
        except orjson.JSONDecodeError:
            return _refuse("The body is not JSON.")
        if not isinstance(request, dict) or not isinstance(request.get("messages"), list):
            return _refuse("There are no messages.")
        if request.get("stream"):
            return _refuse("This model does not stream.")
        answer = self._answer(request)
        if answer is None:
            return _refuse(_NO_OPTIONS)
        content, tokens = answer
        request["model"] = MODEL
        body = completion(request, answer_id=next(self._ids), created=int(time.time()), content=content, tokens=tokens)
        return _json(body)

    def _answer(self, request: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]] | None:
        """Return the content and its tokens; None when the request does not say what there is to choose from."""
        properties = read_properties(request)
        if properties is not None and not (len(properties) == 1 and isinstance(properties[0][1], OneOf)):
            text, descriptions = described_options(request)
            answer = self._answerer.answer(properties, text, descriptions)
            return answer.content, answer.tokens
        asked = read_choice(request)
        if asked is None:
            return None
        probabilities = self._classifier.probabilities(asked.text, asked.options, asked.descriptions)
        chosen = max(probabilities, key=probabilities.__getitem__)
        return write_answer(chosen, probabilities, property_name=asked.property_name)

    async def models(self, _: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": self._started, "owned_by": "tandem"}
        return _json({"object": "list", "data": [model]})


def _refuse(message: str) -> web.Response:
    return _json(error_body(message, kind="invalid_request_error"), status=400)


def _json(body: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
