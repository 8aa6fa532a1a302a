"""The annotator behind the API of a chat model: `POST /v1/chat/completions`, `GET /v1/models`."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from aiohttp import web

from tandem.runtime.openai_chat import (
    completion,
    described_options,
    error_body,
    message_text,
    read_choice,
    write_answer,
)
from tandem.text.embeddings import load_embeddings
from tandem_local.annotator.answering import Answerer
from tandem_local.annotator.classifier import Classifier
from tandem_local.annotator.learning import Learner
from tandem_local.annotator.properties import OneOf, read_properties

MODEL = "tandem-offline"
_NO_OPTIONS = (
    "This model can only choose between labels: give them as an enum in response_format, or as a list of lines "
    "`- value: description` in the system message."
)
_MOST_BYTES = 4 * 1024 * 1024  # a record of 256 KB with its examples, escaped


def build_app() -> web.Application:
    """Return the application, with the embeddings loaded."""
    embeddings = load_embeddings()
    handlers = _Handlers(Classifier(embeddings), Learner(embeddings))
    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post("/v1/chat/completions", handlers.complete)
    app.router.add_get("/v1/models", handlers.models)
    return app


class _Handlers:
    def __init__(self, classifier: Classifier, learner: Learner) -> None:
        self._classifier = classifier
        self._learner = learner
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
        text, descriptions = described_options(request)
        prompt = _prompt(request)
        for name, shape in properties or ():
            if isinstance(shape, OneOf) and not shape.nullable:
                self._learn(request, (prompt, name), shape.options, descriptions)
        if properties is not None and not (len(properties) == 1 and isinstance(properties[0][1], OneOf)):

            def correct(name: str, prior: Mapping[str, float]) -> Mapping[str, float]:
                return self._learner.probabilities((prompt, name), text, prior)

            answer = self._answerer.answer(properties, text, descriptions, correct)
            return answer.content, answer.tokens
        asked = read_choice(request)
        if asked is None:
            return None
        prior = self._classifier.probabilities(asked.text, asked.options, asked.descriptions)
        probabilities = self._learner.probabilities((prompt, asked.property_name or ""), asked.text, prior)
        chosen = max(probabilities, key=probabilities.__getitem__)
        return write_answer(chosen, probabilities, property_name=asked.property_name)

    def _learn(
        self,
        request: Mapping[str, Any],
        key: tuple[str, str],
        options: tuple[str, ...],
        descriptions: Mapping[str, str],
    ) -> None:
        """Take the examples of the request that are new: what people decided, where the agent draws examples."""
        for text, answer in _examples(request):
            label = answer.get(key[1])
            if label in options and not self._learner.knows(key, text, label):
                self._learner.see(key, text, label, self._classifier.probabilities(text, options, descriptions))

    async def models(self, _: web.Request) -> web.Response:
        model = {"id": MODEL, "object": "model", "created": self._started, "owned_by": "tandem"}
        return _json({"object": "list", "data": [model]})


def _prompt(request: Mapping[str, Any]) -> str:
    """Return what is the same for all records of an agent: its system message."""
    return "\n".join(message_text(each) for each in request["messages"] if each.get("role") == "system")


def _examples(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the examples: text and answer of each user message that an assistant's follows."""
    said = request["messages"]
    for asked, answered in itertools.pairwise(said):
        if asked.get("role") == "user" and answered.get("role") == "assistant":
            try:
                answer = orjson.loads(message_text(answered))
            except orjson.JSONDecodeError:
                continue
            if isinstance(answer, dict):
                yield message_text(asked), answer


def _refuse(message: str) -> web.Response:
    return _json(error_body(message, kind="invalid_request_error"), status=400)


def _json(body: Mapping[str, Any], *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")
