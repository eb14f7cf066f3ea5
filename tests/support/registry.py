"""A small source system of the tests' own: its contract, its PostgreSQL database, its HTTP interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import yaml

from pipelines.installation.embedded_postgres import EmbeddedPostgres
from pipelines.lake.release import Release, release
from pipelines.settings import Settings

SYSTEM, TABLE = "registry", "person"
REST = {
    "authentication": "bearer",
    "records": "items",
    "cursor_parameter": "updated_since",
    "until_parameter": "updated_until",
    "pagination": {
        "kind": "next_token", "parameter": "page_token", "response_field": "next_page_token",
        "size_parameter": "page_size", "size": 2,
    },
    "retry": {"attempts": 3, "on_status": [429, 503]},
}  # fmt: skip


def column(name: str, logical: str = "string", physical: str = "varchar(40)", **more: Any) -> dict[str, Any]:
    """One property of a contract's table."""
    return {
        "name": name, "businessName": name, "logicalType": logical, "physicalType": physical,
        "classification": "L3", **more,
    }  # fmt: skip


def contract_document() -> dict[str, Any]:
    """A good contract over PostgreSQL; tests change what they are about."""
    return {
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "urn:test:registry", "name": "测试登记库",
        "version": "1.0.0", "status": "active",
        "team": {"name": "测试部门", "customProperties": [{"property": "code", "value": "test_department"}]},
        "servers": [{"server": "test", "type": "postgres", "host": "127.0.0.1", "port": 5432,
                     "database": "registry", "schema": "public"}],
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "d"},
                          {"property": "latency", "value": 1, "unit": "d"},
                          {"property": "retention", "value": 1, "unit": "y"}],
        "customProperties": [{"property": "system", "value": SYSTEM},
                             {"property": "drift", "value": {"tables": "freeze", "columns": "quarantine",
                                                             "types": "quarantine"}}],
        "schema": [{
            "name": TABLE, "physicalName": TABLE, "logicalType": "object",
            "customProperties": [{"property": "ingest", "value": {
                "mode": "incremental", "cursor": "update_time", "deleted_flag": "is_deleted",
                "lookback": "PT10M", "path": "/people"}}],
            "quality": [{
                "name": "not_born_tomorrow", "type": "custom", "engine": "brain", "dimension": "accuracy",
                "description": "出生日期不能在将来;实测 0%",
                "implementation": "birth_date <= date '2026-06-30'",
                "customProperties": [{"property": "action", "value": "flag"},
                                     {"property": "finding", "value": "birth_in_future"},
                                     {"property": "standard", "value": "0301"},
                                     {"property": "column", "value": "birth_date"}]}],
            "properties": [
                column("person_no", primaryKey=True, primaryKeyPosition=1, required=True),
                column("name", required=True),
                column("sex_code", enum=[{"value": "1", "label": "男"}, {"value": "2", "label": "女"}],
                       required=True),
                column("birth_date", "date", "date"),
                column("update_time", "timestamp", "timestamptz", required=True),
                column("is_deleted", "boolean", "boolean", required=True),
            ],
        }],
    }  # fmt: skip


def write_contract(settings: Settings, document: dict[str, Any]) -> None:
    """Put the contract where these settings look for sources."""
    folder = settings.sources_dir / SYSTEM
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contract.yaml").write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


def write_endpoint(settings: Settings, **endpoint: str) -> None:
    """Tell the platform where the source is."""
    folder = settings.secrets / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{SYSTEM}.json").write_text(json.dumps(endpoint))


@dataclass(frozen=True)
class RegistryDatabase:
    """The system's database, in a cluster that other things may share."""

    server: EmbeddedPostgres

    def create(self) -> None:
        """Create the table, empty."""
        self.server.create_database(SYSTEM)
        self.run(
            f"drop table if exists {TABLE}; create table {TABLE} (person_no varchar(40), name varchar(40), "
            "sex_code varchar(40), birth_date date, update_time timestamptz, is_deleted boolean)"
        )

    def run(self, statement: str) -> None:
        """Change the source as its own clerks would."""
        with psycopg.connect(self.server.conninfo(SYSTEM)) as connection:
            connection.execute(statement)

    def add(self, first: int, last: int, *, day: str = "2026-06-01", sex_code: str = "1") -> None:
        """Add people numbered from first to last, a second apart on one day."""
        self.run(
            f"insert into {TABLE} select 'P' || i, '人' || i, '{sex_code}', date '1990-01-01', "
            f"timestamptz '{day} 08:00:00+08' + i * interval '1 second', false "
            f"from generate_series({first}, {last}) i"
        )

    def endpoint(self) -> dict[str, str]:
        """How the platform reaches it."""
        return {
            "url": f"postgresql:///{SYSTEM}?host={self.server.socket_dir}&port={self.server.port or 5432}",
            "username": self.server.user,
            "password": self.server.password(),
        }


@dataclass
class RegistryInterface:
    """The system's HTTP interface: pages of `rows`, and whatever `misbehave` answers first."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    misbehave: Callable[[int], tuple[int, dict[str, str], bytes] | None] = lambda _: None
    token: str = "right"
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, target: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """What one request gets."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        self.requests.append(query)
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {}, b"{}"
        if (odd := self.misbehave(len(self.requests))) is not None:
            return odd
        since = query.get("updated_since", "")
        wanted = [row for row in self.rows if str(row.get("update_time", "")) >= since]
        start, size = int(query.get("page_token", 0)), int(query["page_size"])
        following = str(start + size) if start + size < len(wanted) else None
        body = {"items": wanted[start : start + size], "next_page_token": following}
        return 200, {}, json.dumps(body).encode()


@contextmanager
def serving(interface: RegistryInterface):
    """Serve the interface on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = interface.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    interface.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield interface
    finally:
        server.shutdown()
        server.server_close()


def rest_document(**options: Any) -> dict[str, Any]:
    """The same contract over HTTP, with what is agreed otherwise."""
    document = contract_document()
    document["servers"] = [
        {"server": "test", "type": "api", "location": "http://127.0.0.1",
         "customProperties": [{"property": "rest", "value": REST | options}]}
    ]  # fmt: skip
    return document


def person(number: int, **changed: Any) -> dict[str, Any]:
    """One row as the interface gives it."""
    return {
        "person_no": f"P{number}", "name": f"人{number}", "sex_code": "1", "birth_date": "1990-01-01",
        "update_time": f"2026-06-01T08:00:{number:02d}.000000+08:00", "is_deleted": False, **changed,
    }  # fmt: skip


def release_rows(settings: Settings, hashes: Sequence[str], **corrections: str) -> Release:
    """Let these rows out of quarantine as their owner, corrected."""
    return release(
        settings, SYSTEM, TABLE, row_hashes=hashes, released_by="王某", reason="来源已核实",
        corrections=corrections,
    )  # fmt: skip


def landed_rows(home: Path) -> list[tuple[Any, ...]]:
    """What has landed, newest facts last."""
    import duckdb

    pattern = home / "landing" / SYSTEM / TABLE / "*.parquet"
    if not list(pattern.parent.glob("*.parquet")):
        return []
    return duckdb.sql(
        f"select person_no, name, update_time::varchar, is_deleted from '{pattern}' order by all"
    ).fetchall()
