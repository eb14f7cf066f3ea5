"""A small system of the tests' own that drops files: its contract in the two formats."""

from __future__ import annotations

from typing import Any

from tests.support.registry import column, contract_document

SYSTEM, TABLE = "registry", "benefit"
FOLDER = "/outgoing"


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
