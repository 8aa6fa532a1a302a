"""The HTTP application: the review API, the forwarded api, the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import tandem_verification_ui
from tandem.people import Authenticator
from tandem.web import (
    OWN_TELEMETRY,
    STREAMED_PATHS,
    RequestMiddleware,
    Services,
    include_features,
    install_problems,
    known_parameters_alone,
)
from tandem_verification_ui.forward import Forwarder
from tandem_verification_ui.static_files import BUILT, PageFiles

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; object-src 'none'; "
    "frame-ancestors 'none'"
)
DESCRIPTION = (
    "Take items of the review queue, decide on them, take decisions back. Errors are problems (RFC 9457). "
    "With a session cookie, unsafe methods need the header X-Tandem-Request: 1."
)


def make_app(
    *,
    authenticator: Authenticator | None = None,
    services: Services | None = None,
    forwarder: Forwarder | None = None,
    https: bool = False,
    static: Path = BUILT,
) -> FastAPI:
    """Return the application. Without its parts it serves nothing, but gives its OpenAPI document."""
    app = FastAPI(
        title="Tandem review",
        version="1",
        description=DESCRIPTION,
        openapi_url="/verification/v1/openapi.json",
        redirect_slashes=False,  # the address of a redirect would be made of the Host header
        docs_url=None,
        redoc_url=None,
        telemetry=OWN_TELEMETRY,
        dependencies=[Depends(known_parameters_alone)],
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.authenticator = authenticator
    install_problems(app)
    include_features(app, tandem_verification_ui, services)
    if forwarder is not None:
        app.router.routes.append(NamedMount("/api", app=forwarder, name="api"))
    app.router.routes.append(NamedMount("/", app=PageFiles(static), name="page"))
    app.add_middleware(SecurityHeaders, https=https)
    app.add_middleware(RequestMiddleware, streamed=STREAMED_PATHS)
    return app


class NamedMount(Mount):
    """A mount that metrics and traces know by its path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}


class SecurityHeaders:
    """Sets the headers that say what the page may do. Forwarded answers keep the headers that the api gave them."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
