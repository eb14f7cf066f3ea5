"""Read an HTTP API: stream pages to one file on disk, then load it into DuckDB in bulk.

Memory holds one page at a time. The contract defines authentication (`rest_access`), pagination
(`rest_pages`) and retries (`rest_client`).
"""

from __future__ import annotations

from pathlib import Path

import orjson

from pipelines.extract.drift_words import NEW
from pipelines.extract.errors import SourceUnreadableError
from pipelines.extract.raw_rows import json_rows
from pipelines.extract.request import RawRows, ReadRequest
from pipelines.extract.rest_client import LARGEST_PAGE_BYTES, RestClient
from pipelines.extract.rest_pages import PageWalk
from pipelines.extract.schema_drift import by_contract, compare, refuse_if_frozen
from pipelines.installation.one_row import one_row

MOST_READINGS = 5
PAYLOADS, PARSED, RAW = "page_rows", "parsed_pages", "raw_pages"


def read_rest(request: ReadRequest) -> RawRows:
    """Read all rows of the window, page by page.

    Raises:
        SourceUnreachableError: no answer, or only retryable errors, after all attempts.
        SourceRefusedError: our credentials are not accepted.
        SourceUnreadableError: a page does not match the contract, or rows keep changing between readings.
        SchemaChangedError: the rows' fields differ from the contract, and the drift policy is to stop.
    """
    path = request.folder / "pages.ndjson"
    with RestClient(request) as client:
        is_certain = _write_pages(request, client, path)
        _create_payload_view(request, path)
        if not is_certain:
            _reread_until_stable(request, client, path)
    found = _fields(request)
    named = by_contract(request.table, dict.fromkeys(found), is_nested=True)
    drift = compare(request.contract, request.table, named) if found else ()
    refuse_if_frozen(request.contract, request.table, drift)
    extra = tuple(change.column for change in drift if change.kind == NEW and change.policy == "evolve")
    json_rows(request.connection, request.table, PAYLOADS, PARSED, extra_columns=extra)
    # Landing reads the rows more than once, and parsing JSON is the most expensive part.
    request.connection.execute(f"create or replace temp table {RAW} as from {PARSED}")
    return RawRows(RAW, drift, extra)


def _write_pages(request: ReadRequest, client: RestClient, path: Path) -> bool:
    """Write each page as one line, from which DuckDB extracts the rows in bulk.

    Returns True if no row can have been skipped between two pages.
    """
    walk = PageWalk(request, client)
    with path.open("wb") as file:
        for rows in walk.pages():
            file.write(orjson.dumps({"rows": rows}, option=orjson.OPT_APPEND_NEWLINE))
    return not walk.moved_by_number


def _reread_until_stable(request: ReadRequest, client: RestClient, path: Path) -> None:
    before = _fingerprint(request)
    for _ in range(MOST_READINGS - 1):
        _write_pages(request, client, path)
        now = _fingerprint(request)
        if now == before:
            return
        before = now
    raise SourceUnreadableError(
        f"The rows of {request.where} changed during each of {MOST_READINGS} readings, "
        "so that its numbered pages may have left rows out.",
        next_step=f"Pull again at a quieter time, or ask {request.contract.owner} to sort the pages by "
        "the cursor and write ordered_by: cursor into the contract.",
    )


def _fingerprint(request: ReadRequest) -> tuple[int, ...]:
    """Return a fingerprint of one reading that does not depend on row order."""
    sums = "coalesce(sum(hash(payload)), 0), coalesce(bit_xor(hash(payload)), 0)"
    return tuple(one_row(request.connection.execute(f"select count(*), {sums} from {PAYLOADS}")))


def _create_payload_view(request: ReadRequest, path: Path) -> None:
    request.connection.execute(
        f"""
        create or replace temp view {PAYLOADS} as
        select unnest(rows) as payload
        from read_json(
            '{path}', format = 'newline_delimited', columns = {{rows: 'JSON[]'}},
            maximum_object_size = {2 * LARGEST_PAGE_BYTES}
        )
        """
    )


def _fields(request: ReadRequest) -> list[str]:
    rows = request.connection.execute(
        f"""
        select distinct unnest(json_keys(payload)) as field
        from {PAYLOADS} where json_type(payload) = 'OBJECT' order by field
        """
    ).fetchall()
    return [name for (name,) in rows]
