"""Reading an HTTP API: pages as they come to one file on disk, then in bulk into DuckDB.

Memory holds one page at a time. The contract says how the API authenticates,
pages, filters by time and wants to be asked again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import tenacity

from pipelines.extract.errors import (
    PullError,
    SourceRefusedError,
    SourceUnreachableError,
    SourceUnreadableError,
)
from pipelines.extract.raw_rows import json_rows
from pipelines.extract.request import RawRows, ReadRequest
from pipelines.extract.schema_drift import NEW, compare, refuse_if_frozen

TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.2
LARGEST_PAGE_BYTES = 256 * 1024 * 1024
RAW = "raw_pages"
logger = logging.getLogger(__name__)


class _AskAgainError(Exception):
    """The answer was "not now"; `after` seconds if the server said so."""

    def __init__(self, status: int, after: float | None) -> None:
        super().__init__(f"HTTP status {status}")
        self.after = after


def read_rest(request: ReadRequest) -> RawRows:
    """All rows of the window, page by page.

    Raises:
        SourceUnreachableError: no answer, or only refusals for now, after all attempts.
        SourceRefusedError: the token is not accepted.
        SourceUnreadableError: a page is not what the contract says.
        SchemaChangedError: rows' fields are not the contract's, and policy is to stop.
    """
    path = request.folder / "pages.ndjson"
    with path.open("wb") as file:
        for rows in _pages(request):
            # One page is one line; DuckDB takes the rows apart in bulk.
            file.write(orjson.dumps({"rows": rows}, option=orjson.OPT_APPEND_NEWLINE))
    payloads = _payloads(request, path)
    found = _fields(request, payloads)
    drift = compare(request.contract, request.table, dict.fromkeys(found)) if found else ()
    refuse_if_frozen(request.contract, request.table, drift)
    extra = tuple(change.column for change in drift if change.kind == NEW and change.policy == "evolve")
    json_rows(request.connection, request.table, payloads, RAW, extra_columns=extra)
    return RawRows(RAW, drift, extra)


def _pages(request: ReadRequest) -> Iterator[list[Any]]:
    options = request.contract.server.options
    url = request.endpoint.url.rstrip("/") + str(request.table.ingest.path)
    with httpx.Client(headers=_headers(request), timeout=TIMEOUT_SECONDS) as client:
        parameters = _window(request) | _first_page(options["pagination"])
        while True:
            body = _ask(request, client, url, parameters)
            rows = body.get(options["records"])
            if not isinstance(rows, list):
                raise _unreadable(request, f"a page has no list in '{options['records']}'")
            yield rows
            following = _next_page(options["pagination"], parameters, body, rows)
            if following is None:
                return
            parameters = following


def _headers(request: ReadRequest) -> dict[str, str]:
    token = request.endpoint.token.get_secret_value() if request.endpoint.token else ""
    options = request.contract.server.options
    if options["authentication"] == "bearer":
        return {"Authorization": f"Bearer {token}"}
    return {options["header"]: token} if options["authentication"] == "header" else {}


def _window(request: ReadRequest) -> dict[str, Any]:
    options = request.contract.server.options
    named = {"cursor_parameter": request.since, "until_parameter": request.until}
    return {options[name]: value for name, value in named.items() if value is not None and name in options}


def _first_page(pagination: Mapping[str, Any]) -> dict[str, Any]:
    size = {pagination["size_parameter"]: pagination["size"]} if "size_parameter" in pagination else {}
    start = {"page_number": pagination.get("first", 1), "offset": 0}.get(pagination["kind"])
    return size if start is None else size | {pagination["parameter"]: start}


def _next_page(
    pagination: Mapping[str, Any], parameters: dict[str, Any], body: Mapping[str, Any], rows: list[Any]
) -> dict[str, Any] | None:
    kind, name = pagination["kind"], pagination.get("parameter", "")
    if kind == "next_token":
        token = body.get(pagination["response_field"])
        return parameters | {name: token} if token else None
    if kind == "none" or not rows or len(rows) < pagination.get("size", 1):
        return None
    step = 1 if kind == "page_number" else len(rows)
    return parameters | {name: parameters[name] + step}


def _ask(request: ReadRequest, client: httpx.Client, url: str, parameters: dict[str, Any]) -> dict[str, Any]:
    retry = request.contract.server.options.get("retry") or {}
    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(int(retry.get("attempts", 6))),
        wait=_wait,
        retry=tenacity.retry_if_exception_type((_AskAgainError, httpx.TransportError)),
        reraise=True,
    )
    try:
        return attempts(_ask_once, request, client, url, parameters, tuple(retry.get("on_status", ())))
    except (_AskAgainError, httpx.TransportError) as error:
        reason = str(error) if isinstance(error, _AskAgainError) else type(error).__name__
        raise SourceUnreachableError(
            f"The interface of {request.where} does not answer ({reason}, asked several times).",
            next_step="Check that it runs and can be reached from here, then pull again.",
        ) from None


def _ask_once(
    request: ReadRequest, client: httpx.Client, url: str, parameters: dict[str, Any], again: tuple[int, ...]
) -> dict[str, Any]:
    answer = client.get(url, params=parameters)
    if answer.status_code in again:
        raise _AskAgainError(answer.status_code, _retry_after(answer))
    if answer.status_code in (401, 403):
        raise SourceRefusedError(
            f"The interface of {request.where} does not accept our token (HTTP {answer.status_code}).",
            next_step=f"Ask {request.contract.owner} for a valid token of '{request.contract.system}', "
            "set it, and pull again.",
        )
    if answer.status_code != httpx.codes.OK:
        raise _unreadable(request, f"it answered with HTTP status {answer.status_code}")
    return _body(request, answer)


def _body(request: ReadRequest, answer: httpx.Response) -> dict[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise _unreadable(request, "a page is not JSON") from None
    if not isinstance(body, dict):
        raise _unreadable(request, "a page is not a JSON object")
    return body


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _AskAgainError) and error.after is not None:
        return min(error.after, LONGEST_WAIT_SECONDS)
    return min(FIRST_WAIT_SECONDS * 2**state.attempt_number, LONGEST_WAIT_SECONDS)


def _retry_after(answer: httpx.Response) -> float | None:
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.replace(".", "", 1).isdigit() else None


def _unreadable(request: ReadRequest, what: str) -> PullError:
    return SourceUnreadableError(
        f"The interface of {request.where} sent something else than its contract says: {what}.",
        next_step=f"Ask {request.contract.owner}; if the interface has changed, change the contract.",
    )


def _payloads(request: ReadRequest, path: Path) -> str:
    request.connection.execute(
        f"""
        create or replace temp view page_rows as
        select unnest(rows) as payload
        from read_json(
            '{path}', format = 'newline_delimited', columns = {{rows: 'JSON[]'}},
            maximum_object_size = {LARGEST_PAGE_BYTES}
        )
        """
    )
    return "page_rows"


def _fields(request: ReadRequest, payloads: str) -> list[str]:
    rows = request.connection.execute(
        f"""
        select distinct unnest(json_keys(payload)) as field
        from {payloads} where json_type(payload) = 'OBJECT' order by field
        """
    ).fetchall()
    return [name for (name,) in rows]
