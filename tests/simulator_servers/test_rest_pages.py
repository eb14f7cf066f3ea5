"""The simulated interface and the platform's reader agree on every way of paging and of being let in."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import duckdb
import pytest
import uvicorn

from pipelines.contracts import load_contracts
from pipelines.extract.request import ReadRequest
from pipelines.extract.rest import read_rest
from pipelines.settings import Settings, SourceEndpoint
from simulator.serve import city
from simulator.serve.process import bind_remembered
from simulator.serve.rest_api import create_api
from simulator.serve.rest_guard import Guard
from simulator.serve.rest_store import RowStore
from tests.support.paged_interface import PAGINATIONS
from tests.support.registry import SYSTEM, TABLE, rest_document, write_contract

ROWS = 7
ACCESS = {
    "bearer": {},
    "header": {"header": "X-Api-Key"},
    "basic": {},
    "oauth2_client_credentials": {"token_path": "/oauth/token"},
    "none": {},
}


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "simulator" / SYSTEM / f"{TABLE}.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql(
        f"""
        copy (
            select 'P' || i as person_no, '人' as name, '1' as sex_code, date '1990-01-01' as birth_date,
                timestamptz '2026-06-01 08:00:00+08' + interval (i // 3) minute as update_time,
                false as is_deleted,
            from range({ROWS}) as t(i)
        ) to '{path}'
        """
    )
    return tmp_path


@contextmanager
def served(home, monkeypatch, document):
    settings = Settings(home=home, sources_dir=home / "sources")
    write_contract(settings, document)
    load_contracts.cache_clear()
    contract = load_contracts(settings.sources_dir)[SYSTEM]
    monkeypatch.setattr(city, "contract", lambda _: contract)
    guard = Guard(contract.server.options, "secret")
    api = create_api(RowStore(home, SYSTEM), guard, requests_per_second=1e6, failure_rate=0.1)
    listener = bind_remembered(home / "port")
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(api, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield contract, SourceEndpoint(url=url, **guard.endpoint())
    finally:
        server.should_exit = True
        thread.join()


def read(home, contract, endpoint, since: str | None = None) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Shanghai'")
        request = ReadRequest(contract, contract.table(TABLE), endpoint, connection, home, since)
        relation = read_rest(request).relation
        rows = connection.execute(f"select person_no from {relation} order by 1").fetchall()
    return [key for (key,) in rows]


@pytest.mark.parametrize("kind", sorted(PAGINATIONS))
def test_every_row_is_read_once_over_every_way_of_paging(home, monkeypatch, kind: str) -> None:
    document = rest_document(pagination=PAGINATIONS[kind], records="data.list")
    with served(home, monkeypatch, document) as (contract, endpoint):
        assert read(home, contract, endpoint) == [f"P{i}" for i in range(ROWS)]
        assert read(home, contract, endpoint, "2026-06-01T08:02:00.000000+08:00") == ["P6"]


@pytest.mark.parametrize("authentication", ACCESS)
def test_every_way_of_being_let_in(home, monkeypatch, authentication: str) -> None:
    document = rest_document(authentication=authentication, **ACCESS[authentication])
    with served(home, monkeypatch, document) as (contract, endpoint):
        assert len(read(home, contract, endpoint)) == ROWS


def test_a_table_without_a_cursor_is_read_whole(home, monkeypatch) -> None:
    document = rest_document(pagination=PAGINATIONS["offset"])
    document["schema"][0]["customProperties"][0]["value"] = {
        "mode": "full", "path": "/people", "deleted_flag": "is_deleted",
    }  # fmt: skip
    with served(home, monkeypatch, document) as (contract, endpoint):
        assert len(read(home, contract, endpoint)) == ROWS
