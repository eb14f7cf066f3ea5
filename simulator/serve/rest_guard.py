"""Authentication of a system's HTTP API: the contract's method, with this installation's secret."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from typing import Any

USERNAME = "community-brain"
TOKEN_SECONDS = 120.0


class Guard:
    """Checks the headers of a request, and issues tokens where they are short-lived."""

    def __init__(self, options: Mapping[str, Any], secret: str) -> None:
        self._kind = options["authentication"]
        self._header = str(options.get("header", "authorization"))
        self._secret = secret
        self._ends_at: dict[str, float] = {}

    def endpoint(self) -> dict[str, str]:
        """Return the credentials for the platform's endpoint."""
        if self._kind == "none":
            return {}
        if self._kind in ("bearer", "header"):
            return {"token": self._secret}
        return {"username": USERNAME, "password": self._secret}

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Return whether a request with these headers is authorised."""
        if self._kind == "none":
            return True
        given = headers.get(self._header, "")
        if self._kind == "oauth2_client_credentials":
            return self._ends_at.get(given.removeprefix("Bearer "), 0.0) > time.monotonic()
        expected = {"bearer": f"Bearer {self._secret}", "header": self._secret, "basic": self._login()}
        return _same(given, expected[self._kind])

    def hand_out(self, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """Return a token for a client that presents the secret; None for any other."""
        if not _same(headers.get("authorization", ""), self._login()):
            return None
        now = time.monotonic()
        self._ends_at = {token: end for token, end in self._ends_at.items() if end > now}
        token = secrets.token_urlsafe(24)
        self._ends_at[token] = now + TOKEN_SECONDS
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(TOKEN_SECONDS)}

    def _login(self) -> str:
        return "Basic " + base64.b64encode(f"{USERNAME}:{self._secret}".encode()).decode()


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
