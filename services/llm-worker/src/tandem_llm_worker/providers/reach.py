"""Distinguishes a provider that was never reached from one that accepted the call and lost it, by an error's cause."""

from __future__ import annotations

import socket
import ssl

import aiohttp


def why_unreachable(error: BaseException) -> str | None:  # noqa: PLR0911 - one return a case
    """Return why no connection came about, for people and without the address; None if there was a connection.

    `error` is what a call raised, with its causes. Examples: `connection refused`, `its name does not resolve (DNS)`.
    A connection that was made and broke off later gives None: the call may have broken it.
    """
    each: BaseException | None = error
    while each is not None:
        match each:
            case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
                return "its TLS certificate is not valid"
            case aiohttp.ClientConnectorSSLError():
                return "no TLS connection can be made"
            case aiohttp.ClientConnectorDNSError() | socket.gaierror():
                return "its name does not resolve (DNS)"
            case aiohttp.ConnectionTimeoutError():
                return "it does not accept the connection in time"
            case ConnectionRefusedError():
                return "connection refused"
            case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
                return "connection refused"
            case aiohttp.ClientConnectorError():
                return f"no connection can be made ({type(each.os_error).__name__})"
        each = each.__cause__
    return None
