"""A system's HTTP face: routes from the contract, and a front desk that refuses.

The front desk asks for the bearer token first, then counts requests, then now
and then is out of order: what a client of a real platform must live with.
"""

from __future__ import annotations

import math
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from simulator.serve import city
from simulator.serve.rest_store import BadPageToken, RowStore

REQUESTS_PER_SECOND = 50.0
FAILURE_RATE = 0.01
LARGEST_PAGE = 5_000
DEFAULT_PAGE = 100


class RateLimit:
    """A token bucket that holds one second's requests."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._left = per_second
        self._filled_at = time.monotonic()

    def wait_seconds(self) -> float:
        """Take one request's share; above zero: refused, and how long until one is free."""
        now = time.monotonic()
        self._left = min(self._per_second, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


def create_api(
    store: RowStore,
    token: str,
    *,
    requests_per_second: float = REQUESTS_PER_SECOND,
    failure_rate: float = FAILURE_RATE,
    seed: int = 0,
) -> FastAPI:
    """The application, with one route for each table of the contract."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    limit = RateLimit(requests_per_second)
    # Failures are part of the test bed and must repeat; nothing here is a secret.
    chance = random.Random(seed)  # noqa: S311

    @api.middleware("http")
    async def front_desk(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return _refuse(401, "令牌缺失或无效", {"WWW-Authenticate": "Bearer"})
        if wait := limit.wait_seconds():
            return _refuse(429, "请求过于频繁", {"Retry-After": str(math.ceil(wait))})
        if chance.random() < failure_rate:
            return _refuse(503, "服务暂不可用", {"Retry-After": "1"})
        return await answer(request)

    for name, table in city.tables(store.system).items():
        api.add_api_route(table.ingest.path, _list_rows(store, name), methods=["GET"])
    return api


def _list_rows(store: RowStore, table: str) -> Callable[..., Response]:
    def list_rows(
        updated_since: datetime | None = None,
        updated_until: datetime | None = None,
        page_token: str | None = None,
        page_size: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE,
    ) -> Response:
        try:
            page = store.page(table, page_size, updated_since, updated_until, page_token)
        except BadPageToken as error:
            raise HTTPException(400, str(error)) from error
        return Response(page, media_type="application/json")

    return list_rows


def _refuse(status: int, message: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"message": message}, status_code=status, headers=headers)
