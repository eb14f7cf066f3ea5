"""Iterate over an API's pages without losing rows that move in the meantime.

With a token or a link, the server guarantees that its pages fit together. Page numbers guarantee nothing: if
a row changes during the read, all rows behind it move up by one, and the first row of the next page is
skipped. An API that sorts by the cursor is therefore asked, after each page, for the rows from its last
cursor on, so that moved rows are still ahead. Where pages could only be numbered, `moved_by_number` says so,
and the caller reads again until two readings are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from pipelines.extract.request import ReadRequest
from pipelines.extract.rest_client import RestClient, field_of

MOST_PAGES = 200_000
Parameters = dict[str, Any]


class PageWalk:
    """One reading of a request's window; `moved_by_number` tells afterwards whether rows may be missing."""

    def __init__(self, request: ReadRequest, client: RestClient) -> None:
        self._request, self._client = request, client
        self._options = request.contract.server.options
        self._pagination = self._options["pagination"]
        self.moved_by_number = False

    def pages(self) -> Iterator[list[Any]]:
        """Yield the rows of the window page by page.

        Raises:
            PullError: any error of `RestClient.ask`; SourceUnreadableError also if the pages never end.
        """
        walks = {"none": self._one, "next_token": self._by_token, "link_header": self._by_link}
        numbered = self._by_cursor if self._is_ordered() else self._by_number
        for number, rows in enumerate(walks.get(self._pagination["kind"], numbered)()):
            if number == MOST_PAGES:
                raise self._client.unreadable(f"there is no end to its pages ({MOST_PAGES} were read)")
            yield rows

    def _is_ordered(self) -> bool:
        is_promised = self._pagination.get("ordered_by") == "cursor"
        return is_promised and self._request.table.ingest.cursor is not None

    def _one(self) -> Iterator[list[Any]]:
        yield self._client.ask(self._client.url, self._window()).rows

    def _by_token(self) -> Iterator[list[Any]]:
        parameters, token = self._window() | self._size(), None
        while True:
            page = self._client.ask(self._client.url, parameters)
            yield page.rows
            before, token = token, field_of(page.body, self._pagination["response_field"])
            if not token:
                return
            self._refuse_circle(before, token)
            parameters = parameters | {self._pagination["parameter"]: token}

    def _by_link(self) -> Iterator[list[Any]]:
        page, before = self._client.ask(self._client.url, self._window() | self._size()), None
        yield page.rows
        while page.following is not None:
            self._refuse_circle(before, page.following)
            before, page = page.following, self._client.ask(page.following)
            yield page.rows

    def _by_number(self) -> Iterator[list[Any]]:
        """Read until an empty page; a short one may only mean that the server caps the page size."""
        parameters = self._window() | self._size() | self._first()
        while rows := self._numbered(parameters):
            yield rows
            parameters = self._next(parameters, rows)

    def _by_cursor(self) -> Iterator[list[Any]]:
        """Continue from the last cursor; number pages only within a cursor value that exceeds a page."""
        since = self._options["cursor_parameter"]
        cursor = self._request.table.source_name(str(self._request.table.ingest.cursor))
        parameters = self._window() | self._size() | self._first()
        given: Counter[bytes] = Counter()
        while rows := self._numbered(parameters):
            values = [_cursor_value(row, cursor) for row in rows]
            known = [value for value in values if value is not None]
            if known != sorted(known):
                raise self._client.unreadable("its rows do not come in the order of the cursor")
            yield [row for row in rows if not _consume_repeat(given, row)]
            if not known or known[-1] == parameters.get(since):
                parameters = self._next(parameters, rows)
                continue
            newest = (row for row, value in zip(rows, values, strict=True) if value == known[-1])
            given = Counter(orjson.dumps(row) for row in newest)
            parameters = parameters | self._first() | {since: known[-1]}

    def _numbered(self, parameters: Parameters) -> list[Any]:
        rows = self._client.ask(self._client.url, parameters).rows
        if rows and parameters | self._first() != parameters:
            self.moved_by_number = True
        return rows

    def _window(self) -> Parameters:
        ends = {"cursor_parameter": self._request.since, "until_parameter": self._request.until}
        return {
            self._options[name]: value
            for name, value in ends.items()
            if value is not None and name in self._options
        }

    def _size(self) -> Parameters:
        name = self._pagination.get("size_parameter")
        return {name: self._pagination["size"]} if name else {}

    def _first(self) -> Parameters:
        start = 0 if self._pagination["kind"] == "offset" else self._pagination.get("first", 1)
        return {self._pagination["parameter"]: start}

    def _next(self, parameters: Parameters, rows: list[Any]) -> Parameters:
        name = self._pagination["parameter"]
        step = len(rows) if self._pagination["kind"] == "offset" else 1
        return parameters | {name: parameters[name] + step}

    def _refuse_circle(self, before: str | None, now: str) -> None:
        if before == now:
            raise self._client.unreadable("its pages go in a circle")


def _cursor_value(row: Any, cursor: str) -> str | None:
    """Return a cursor value to sort and query by; None for a row that door 1 will reject."""
    value = field_of(row, cursor) if isinstance(row, dict) else None
    return value if isinstance(value, str) and value else None


def _consume_repeat(given: Counter[bytes], row: Any) -> bool:
    """Return whether an earlier request already returned this row; each occurrence counts once."""
    text = orjson.dumps(row) if given else b""
    if given[text] == 0:
        return False
    given[text] -= 1
    return True
