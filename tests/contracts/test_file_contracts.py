from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.contracts import ContractError, Layout, load_contract
from tests.support.drops import drops_document
from tests.support.registry import contract_document


def load(folder: Path, document: dict[str, Any]):
    path = folder / "contract.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True))
    return load_contract(path)


def _value(document: dict[str, Any], name: str) -> dict[str, Any]:
    entries = document["schema"][0]["customProperties"]
    return next(entry["value"] for entry in entries if entry["property"] == name)


def _amount(document: dict[str, Any]) -> dict[str, Any]:
    return document["schema"][0]["properties"][3]


def _staging(document: dict[str, Any], value: Any) -> None:
    document["schema"][0]["customProperties"].append({"property": "staging", "value": value})


def test_a_table_of_files_knows_its_layout_and_other_headers(tmp_path: Path) -> None:
    document = drops_document(encoding="gb18030", byte_order_mark=False)
    _staging(document, {"months": ["period"], "person": {"prefix": "head_", "name": "head_name"}})
    table = load(tmp_path, document).tables["benefit"]
    assert table.layout == Layout(encoding="gb18030")
    assert table.column("amount").aliases == ("发放金额", "金额(元)")
    assert table.staging["months"] == ["period"]


def test_a_database_table_may_have_staging_and_no_layout(tmp_path: Path) -> None:
    document = contract_document()
    _staging(document, {"order_by": "update_time"})
    table = load(tmp_path, document).tables["person"]
    assert table.layout is None and table.staging == {"order_by": "update_time"}


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "folder missing": (
        lambda d: d["servers"][0]["customProperties"][0].update(value={}),
        "sftp/folder is None",
    ),
    "folder climbs": (
        lambda d: d["servers"][0]["customProperties"][0].update(value={"folder": "/a/../b"}),
        "from the root",
    ),
    "unknown checksum": (
        lambda d: d["servers"][0]["customProperties"][0]["value"].update(checksum="md5"),
        "legal are sha256, none",
    ),
    "asked like a database": (
        lambda d: _value(d, "ingest").update(mode="full", pattern="x"),
        "layout needs ingest mode",
    ),
    "files over a database": (
        lambda d: d.update(servers=contract_document()["servers"]),
        "'files' needs sftp",
    ),
    "pattern missing": (lambda d: _value(d, "ingest").pop("pattern"), "needs ingest/pattern"),
    "unknown format": (lambda d: _value(d, "ingest").update(format="pdf"), "legal are excel, csv"),
    "unknown content": (lambda d: _value(d, "ingest").update(content="some"), "full, delta, period"),
    "period without a place": (
        lambda d: _value(d, "ingest").update(pattern="benefit_*.csv"),
        "needs {period} in ingest/pattern",
    ),
    "pattern with a folder": (
        lambda d: _value(d, "ingest").update(pattern="a/{period}.csv"),
        "write a file name",
    ),
    "pattern with another place": (
        lambda d: _value(d, "ingest").update(pattern="{period}_{county}.csv"),
        "at most one",
    ),
    "a cursor": (lambda d: _value(d, "ingest").update(cursor="period"), "means nothing"),
    "deletions in a whole": (
        lambda d: _value(d, "ingest").update(deleted_flag="note"),
        "needs ingest/content 'delta'",
    ),
    "layout of the other format": (
        lambda d: _value(d, "layout").update(header_rows=2),
        "legal are encoding, delimiter",
    ),
    "unknown encoding": (lambda d: _value(d, "layout").update(encoding="klingon"), "utf-8 or gb18030"),
    "unknown delimiter": (lambda d: _value(d, "layout").update(delimiter="x"), "layout/delimiter"),
    "aliases not a list": (
        lambda d: _amount(d).update(customProperties=[{"property": "aliases", "value": "发放金额"}]),
        "list of header texts",
    ),
    "header of two columns": (
        lambda d: _amount(d).update(customProperties=[{"property": "aliases", "value": ["备注"]}]),
        "belongs to both",
    ),
    "staging of no column": (lambda d: _staging(d, {"dates": ["born_on"]}), "staging/dates names 'born_on'"),
    "staging not a mapping": (lambda d: _staging(d, ["period"]), "write a mapping"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_cannot_be_meant_is_refused_in_words(tmp_path: Path, fault: str) -> None:
    change, words = BROKEN[fault]
    document = drops_document()
    change(document)
    with pytest.raises(ContractError) as refused:
        load(tmp_path, document)
    assert words in str(refused.value)


def test_a_workbook_has_a_sheet_and_header_rows(tmp_path: Path) -> None:
    table = load(tmp_path, drops_document("excel", sheet="发放表", header_rows=2)).tables["benefit"]
    assert table.layout == Layout(sheet="发放表", header_rows=2)
    with pytest.raises(ContractError, match="1 to 3"):
        load(tmp_path, drops_document("excel", header_rows=4))
