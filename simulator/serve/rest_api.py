"""A system's HTTP API: routes from the contract, behind authentication, rate limit and failures.

Requests are authenticated first, then rate limited, then rejected at random now and then: what a client of a
real platform must handle.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from simulator.serve import city
from simulator.serve.rest_guard import Guard
from simulator.serve.rest_store import BadPageToken, RowStore

REQUESTS_PER_SECOND = 50.0
FAILURE_RATE = 0.01
LARGEST_PAGE = 5_000
DEFAULT_PAGE = 100
ROWS = "rows of this page"
NEXT_IN_LINK = "after"


class RateLimit:
    """A token bucket that holds one second of requests."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._left = per_second
        self._filled_at = time.monotonic()

    def wait_seconds(self) -> float:
        """Take one request's share; a result above 0 means rejected, with the seconds until one is free."""
        now = time.monotonic()
        self._left = min(self._per_second, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


def create_api(
    store: RowStore,
    guard: Guard,
    *,
    requests_per_second: float = REQUESTS_PER_SECOND,
    failure_rate: float = FAILURE_RATE,
    seed: int = 0,
) -> FastAPI:
    """Return the application, with one route per table of the contract."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    limit = RateLimit(requests_per_second)
    options = city.contract(store.system).server.options
    # Failures are part of the test bed and must be reproducible; this needs no secure randomness.
    chance = random.Random(seed)  # noqa: S311

    @api.middleware("http")
    async def front_desk(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        if request.url.path != options.get("token_path") and not guard.admits(request.headers):
            return _refuse(401, "令牌缺失或无效", {"WWW-Authenticate": "Bearer"})
        if wait := limit.wait_seconds():
            return _refuse(429, "请求过于频繁", {"Retry-After": str(math.ceil(wait))})
        if chance.random() < failure_rate:
            return _refuse(503, "服务暂不可用", {"Retry-After": "1"})
        return await answer(request)

    if "token_path" in options:
        api.add_api_route(options["token_path"], _hand_out(guard), methods=["POST"])
    for name, table in city.tables(store.system).items():
        if table.ingest.path is None:
            raise ValueError(f"The contract of {store.system} does not say under which path {name} is read.")
        api.add_api_route(table.ingest.path, _list_rows(store, name, options), methods=["GET"])
    return api


def _hand_out(guard: Guard) -> Callable[..., Response]:
    def hand_out(request: Request) -> Response:
        token = guard.hand_out(request.headers)
        return JSONResponse(token) if token else _refuse(401, "客户端未授权", {})

    return hand_out


def _list_rows(store: RowStore, table: str, options: Mapping[str, Any]) -> Callable[..., Response]:
    pagination = options["pagination"]

    def list_rows(request: Request) -> Response:
        query = request.query_params
        since = _moment(query.get(options.get("cursor_parameter", "")))
        until = _moment(query.get(options.get("until_parameter", "")))
        size = _number(query.get(pagination.get("size_parameter", "")), DEFAULT_PAGE, LARGEST_PAGE)
        token, skipped = _place(query, pagination, size)
        try:
            page = store.page(
                table, None if pagination["kind"] == "none" else size, since, until, token, skipped
            )
        except BadPageToken as error:
            raise HTTPException(400, str(error)) from error
        headers = _link(request, page.following) if pagination["kind"] == "link_header" else {}
        body = _body(options, page.rows, page.following)
        return Response(body, headers=headers, media_type="application/json")

    return list_rows


def _place(query: Mapping[str, str], pagination: Mapping[str, Any], size: int) -> tuple[str | None, int]:
    """Return where the requested page begins: after a token, or after a number of rows."""
    kind, name = pagination["kind"], pagination.get("parameter", "")
    if kind in ("next_token", "link_header"):
        return query.get(name or NEXT_IN_LINK), 0
    if kind == "offset":
        return None, _number(query.get(name), 0)
    if kind == "page_number":
        first = pagination.get("first", 1)
        return None, (_number(query.get(name), first) - first) * size
    return None, 0


def _link(request: Request, following: str | None) -> dict[str, str]:
    if following is None:
        return {}
    address = request.url.include_query_params(**{NEXT_IN_LINK: following})
    return {"Link": f'<{address.path}?{address.query}>; rel="next"'}


def _body(options: Mapping[str, Any], rows: str, following: str | None) -> str:
    """Return the page's text: rows, and the next page's token if the contract has a field for it."""
    body: dict[str, Any] = {}
    fields: dict[str, str | None] = {options["records"]: ROWS}
    if options["pagination"]["kind"] == "next_token":
        fields[options["pagination"]["response_field"]] = following
    for path, value in fields.items():
        *outer, name = path.split(".")
        inside = body
        for step in outer:
            inside = inside.setdefault(step, {})
        inside[name] = value
    return json.dumps(body).replace(json.dumps(ROWS), f"[{rows}]", 1)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise HTTPException(400, "时间格式应为 ISO 8601") from error


def _number(text: str | None, default: int, largest: int | None = None) -> int:
    if text is None:
        return default
    if not text.isdigit():
        raise HTTPException(400, "页码与条数应为非负整数")
    return int(text) if largest is None else max(1, min(int(text), largest))


def _refuse(status: int, message: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"message": message}, status_code=status, headers=headers)
