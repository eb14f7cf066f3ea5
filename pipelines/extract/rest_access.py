"""How an HTTP interface knows us: the header that goes with each request, and its renewal.

Where tokens are handed out for a while (OAuth 2.0, RFC 6749 §4.4), username and
password of the endpoint are the client's id and secret.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx
from pydantic import SecretStr

from pipelines.extract.request import ReadRequest

# A token that ends while a request is under way would be refused.
RENEW_BEFORE_SECONDS = 30.0
DEFAULT_LIFETIME_SECONDS = 300.0

Fetch = Callable[[httpx.Request], Mapping[str, Any]]


class Access(Protocol):
    """What makes the interface answer us."""

    def headers(self) -> dict[str, str]:
        """The headers of the next request."""

    def renew(self) -> bool:
        """Get new ones after a refusal; false where there are none to get."""


class FixedAccess:
    """One secret that is good until somebody changes it."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def headers(self) -> dict[str, str]:
        """The same every time."""
        return self._headers

    def renew(self) -> bool:
        """There is nothing new to get."""
        return False


class ClientCredentials:
    """A token that the interface hands out for some minutes, got when needed."""

    def __init__(self, asked: httpx.Request, fetch: Fetch) -> None:
        self._asked, self._fetch = asked, fetch
        self._token = ""
        self._renew_at = 0.0

    def headers(self) -> dict[str, str]:
        """The present token, a new one if it is about to end."""
        if time.monotonic() >= self._renew_at:
            self.renew()
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        """Get a new token; raises what `fetch` raises where there is none."""
        answer = self._fetch(self._asked)
        self._token = str(answer["access_token"])
        lifetime = float(answer.get("expires_in") or DEFAULT_LIFETIME_SECONDS)
        self._renew_at = time.monotonic() + lifetime - min(RENEW_BEFORE_SECONDS, lifetime / 2)
        return True


def access_of(request: ReadRequest, fetch: Fetch) -> Access:
    """The way that the contract names, with the endpoint's secrets."""
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
