"""A small system of the tests' own that drops files: its contract in the two formats, its server."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.serve.sftp import open_server
from tests.support.registry import column, contract_document

SYSTEM, TABLE = "registry", "benefit"
FOLDER = "/outgoing"
HEADERS = ("编号", "户主信息/姓名", "月份", "金额", "批准日期", "备注")


def drops_document(file_format: str = "csv", content: str = "period", **layout: Any) -> dict[str, Any]:
    """A good contract over SFTP; `layout` replaces what the format says by itself."""
    document = contract_document()
    document["servers"] = [
        {"server": "test", "type": "sftp", "location": "sftp://127.0.0.1",
         "customProperties": [{"property": "sftp", "value": {"folder": FOLDER}}]}
    ]  # fmt: skip
    ending = "xlsx" if file_format == "excel" else "csv"
    document["schema"] = [{
        "name": TABLE, "physicalName": TABLE, "logicalType": "object", "businessName": "救助发放",
        "customProperties": [
            {"property": "ingest", "value": {
                "mode": "files", "pattern": f"benefit_{{period}}_*.{ending}", "format": file_format,
                "content": content}},
            {"property": "layout", "value": layout},
        ],
        "properties": [
            _titled("编号", column("benefit_no", primaryKey=True, primaryKeyPosition=1, required=True)),
            _titled("户主信息/姓名", column("head_name", required=True)),
            _titled("月份", column("period")),
            _titled("金额", column("amount", "number", "decimal(12,2)"), "发放金额", "金额(元)"),
            _titled("批准日期", column("granted_on")),
            _titled("备注", column("note")),
        ],
    }]  # fmt: skip
    return document


def _titled(header: str, entry: dict[str, Any], *aliases: str) -> dict[str, Any]:
    return entry | {
        "businessName": header,
        "customProperties": [{"property": "aliases", "value": list(aliases)}],
    }


@dataclass
class Exchange:
    """The tests' exchange server: a real SSH server over a folder that tests fill."""

    folder: Path
    home: Path

    def drop(self, name: str, content: bytes | str, *, modified: str = "2026-06-01T20:00:00+08:00",
             checksum: str | None = "right") -> Path:  # fmt: skip
        """Put a file there as a department would; `checksum` is its own, None, or what is given."""
        content = content.encode() if isinstance(content, str) else content
        path = self.folder / name
        path.write_bytes(content)
        moment = datetime.fromisoformat(modified).timestamp()
        os.utime(path, (moment, moment))
        if checksum is not None:
            digest = hashlib.sha256(content).hexdigest() if checksum == "right" else checksum
            (self.folder / f"{name}.sha256").write_text(f"{digest}  {name}\n")
        return path


@contextmanager
def exchanging(home: Path) -> Iterator[Exchange]:
    """Serve the drop folder of `SYSTEM` and tell the platform where it is."""
    folder = home / "simulator" / SYSTEM / "drops" / FOLDER.strip("/")
    folder.mkdir(parents=True, exist_ok=True)
    with serving_drops(home, [SYSTEM]):
        yield Exchange(folder, home)


@contextmanager
def serving_drops(home: Path, systems: list[str]) -> Iterator[None]:
    """A real SSH server over the drop folders of these systems; the platform is told where."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(open_server(home, systems), loop).result(30)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(server.close)
        asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


def text_file(
    rows: Sequence[Sequence[object]], headers: Sequence[str] = HEADERS, encoding: str = "utf-8"
) -> bytes:
    """A text file of these rows as a department exports it."""
    lines = [headers, *rows]
    return "".join(",".join(map(str, line)) + "\n" for line in lines).encode(encoding)


def benefits(first: int, last: int, month: str = "2026-05") -> list[tuple[object, ...]]:
    """Good rows, in the contract's order."""
    return [(f"B{i}", f"人{i}", month, f"{100 + i}.5", "2026-05-06", "") for i in range(first, last + 1)]
