"""The tests' small source system over HTTP with every way of paging and of authenticating."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.registry import RegistryInterface

SIZES = {"parameter": "page", "size_parameter": "size", "size": 2}
PAGINATIONS: dict[str, dict[str, Any]] = {
    "next_token": {
        "kind": "next_token", "parameter": "token", "response_field": "paging.next",
        "size_parameter": "size", "size": 2,
    },
    "page_number": {"kind": "page_number", **SIZES},
    "page_number by cursor": {"kind": "page_number", "ordered_by": "cursor", **SIZES},
    "offset": {"kind": "offset", **SIZES},
    "offset by cursor": {"kind": "offset", "ordered_by": "cursor", **SIZES},
    "link_header": {"kind": "link_header", "size_parameter": "size", "size": 2},
    "none": {"kind": "none"},
}  # fmt: skip
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class PagedInterface(RegistryInterface):
    """Rows sorted by their cursor, in pages of one kind; `happens` may change them between requests."""

    pagination: dict[str, Any] = field(default_factory=dict)
    authentication: str = "bearer"
    cursor: str = "update_time"
    most_rows: int = 1_000
    happens: Callable[[int], None] = lambda _: None
    lifetime: int = 3_600
    tokens: list[str] = field(default_factory=list)

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        """What one request gets."""
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/token":
            return self._hand_out(headers)
        self.requests.append(query)
        if not self._is_known(headers):
            return 401, {}, b"{}"
        if (odd := self.misbehave(len(self.requests))) is not None:
            return odd
        found = self._page(address.path, query)
        self.happens(len(self.requests))
        return found

    def _page(self, path: str, query: dict[str, str]) -> Answer:
        wanted = sorted(
            (row for row in self.rows if self._is_wanted(row, query)), key=lambda row: row[self.cursor]
        )
        kind, size = self.pagination["kind"], min(int(query.get("size", 1_000)), self.most_rows)
        start = int(query.get("token" if kind in ("next_token", "link_header") else "page", 0))
        if kind == "page_number":
            start = (start - 1) * size
        items, following = wanted[start : start + size], str(start + size)
        if kind == "none":
            items = wanted
        body: dict[str, Any] = {"items": items}
        headers = {}
        if start + size < len(wanted) and kind == "next_token":
            body["paging"] = {"next": following}
        if start + size < len(wanted) and kind == "link_header":
            headers["Link"] = f'<{path}?{urlencode(query | {"token": following})}>; rel="next"'
        return 200, headers, json.dumps(body).encode()

    def _is_wanted(self, row: dict[str, Any], query: dict[str, str]) -> bool:
        since, until = query.get("updated_since", ""), query.get("updated_until", "9999")
        return since <= row[self.cursor] < until

    def _is_known(self, headers: Mapping[str, str]) -> bool:
        given = headers.get("Authorization", "")
        return {
            "bearer": given == f"Bearer {self.token}",
            "header": headers.get("X-Api-Key") == self.token,
            "basic": given == _basic(self.token),
            "oauth2_client_credentials": given.removeprefix("Bearer ") in self.tokens,
            "none": True,
        }[self.authentication]

    def _hand_out(self, headers: Mapping[str, str]) -> Answer:
        if headers.get("Authorization") != _basic(self.token):
            return 401, {}, b'{"error": "invalid_client"}'
        self.tokens.append(f"token-{len(self.tokens)}")
        body = {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, {}, json.dumps(body).encode()


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"platform:{password}".encode()).decode()
