"""Authentication to an HTTP API: the headers of each request, and their renewal.

For OAuth 2.0 client credentials (RFC 6749 §4.4), the endpoint's username and password are the client id and
secret.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx
from pydantic import SecretStr

from pipelines.extract.request import ReadRequest

# A token that expires during a request would be rejected.
RENEW_BEFORE_SECONDS = 30.0
DEFAULT_LIFETIME_SECONDS = 300.0

Fetch = Callable[[httpx.Request], Mapping[str, Any]]


class Access(Protocol):
    """Supplies the authentication headers."""

    def headers(self) -> dict[str, str]:
        """Return the headers for the next request."""

    def renew(self) -> bool:
        """Renew the headers after a rejection; returns False if they cannot be renewed."""


class FixedAccess:
    """A static secret."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def headers(self) -> dict[str, str]:
        """Return the same headers every time."""
        return self._headers

    def renew(self) -> bool:
        """Return False: a static secret cannot be renewed."""
        return False


class ClientCredentials:
    """A short-lived token, fetched on demand."""

    def __init__(self, asked: httpx.Request, fetch: Fetch) -> None:
        self._asked, self._fetch = asked, fetch
        self._token = ""
        self._renew_at = 0.0

    def headers(self) -> dict[str, str]:
        """Return the current token, renewed if it is about to expire."""
        if time.monotonic() >= self._renew_at:
            self.renew()
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Fetch a new token; errors of `fetch` propagate."""
        answer = self._fetch(self._asked)
        self._token = str(answer["access_token"])
        lifetime = float(answer.get("expires_in") or DEFAULT_LIFETIME_SECONDS)
        self._renew_at = time.monotonic() + lifetime - min(RENEW_BEFORE_SECONDS, lifetime / 2)
        return True


def access_of(request: ReadRequest, fetch: Fetch) -> Access:
    """Return the access method that the contract names, with the endpoint's secrets."""
    endpoint, options = request.endpoint, request.contract.server.options
    kind = options["authentication"]
    username, password = endpoint.username or "", _secret(endpoint.password)
    if kind == "bearer":
        return FixedAccess({"Authorization": f"Bearer {_secret(endpoint.token)}"})
    if kind == "header":
        return FixedAccess({options["header"]: _secret(endpoint.token)})
    if kind == "none":
        return FixedAccess({})
    login = _basic(username, password)
    if kind == "basic":
        return FixedAccess(login)
    form = {"grant_type": "client_credentials"} | ({"scope": options["scope"]} if "scope" in options else {})
    address = endpoint.url.rstrip("/") + options["token_path"]
    return ClientCredentials(httpx.Request("POST", address, data=form, headers=login), fetch)


def _basic(username: str, password: str) -> dict[str, str]:
    text = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
