"""The catalogue: one page per source and an index, for clerks, engineers and auditors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.contracts import RetiredSystem, SourceContract, TableContract
from pipelines.contracts.model import DIMENSIONS

WRITTEN = "<!-- Written by `brain sources write` from {}; change it there. -->"
TRANSPORTS = {
    "postgres": "PostgreSQL", "mysql": "MySQL", "rest": "REST", "sftp": "SFTP files", "mqtt": "MQTT",
    "reader": "own reader",
}  # fmt: skip
CONTENTS = {
    "full": "the whole table each time",
    "delta": "files with changes",
    "period": "files with one period each",
    "changes": "changes since the last pull",
    "stream": "messages as they come",
}
ACTIONS = {"quarantine": "quarantined", "flag": "flagged"}
INDEX = """{written}
# Sources · 数据来源

{count} systems, each a contract in `sources/<system>/contract.yaml`. How fresh they are now:
`brain sources`; one contract in the terminal: `brain sources show affairs`; a new one:
[add a source](../add-a-source.md); which of their faults are found:
[data quality, measured](../data-quality-measured.md).

| system | 系统 | owner | transport | every | tables |
|---|---|---|---|---|---|
"""


def catalogue_pages(
    contracts: Mapping[str, SourceContract], retired: Mapping[str, RetiredSystem], folder: Path
) -> dict[Path, str]:
    """Return every catalogue page as Markdown, by path."""
    pages = {folder / f"{system}.md": _page(contract) for system, contract in contracts.items()}
    pages[folder / "README.md"] = _index(contracts, retired)
    return pages


def _index(contracts: Mapping[str, SourceContract], retired: Mapping[str, RetiredSystem]) -> str:
    text = INDEX.format(written=WRITTEN.format("sources/"), count=len(contracts))
    for system, contract in contracts.items():
        text += _row(
            f"[{system}]({system}.md)", contract.label, contract.owner, _transport(contract),
            f"{contract.frequency.value} {contract.frequency.unit}", len(contract.tables),
        )  # fmt: skip
    if retired:
        text += "\n## Retired · 已停用\n\nWhat they landed stays in the lake.\n\n"
        text += "| system | 系统 | since | reason | successor |\n|---|---|---|---|---|\n"
        for entry in retired.values():
            text += _row(entry.system, entry.label, entry.retired_on, entry.reason, entry.successor or "—")
    return text


def _page(contract: SourceContract) -> str:
    return (
        "\n".join([*_head(contract), *(line for t in contract.tables.values() for line in _table(t))]) + "\n"
    )


def _head(contract: SourceContract) -> Iterator[str]:
    yield WRITTEN.format(f"sources/{contract.system}/contract.yaml")
    yield f"# {contract.system} · {contract.label}\n"
    yield f"{contract.purpose}。\n"
    drift, every, latency, kept = contract.drift, contract.frequency, contract.latency, contract.retention
    yield f"- owner: {contract.owner} (`{contract.owner_code}`), domain {contract.domain}"
    yield f"- transport: {_transport(contract)}; version {contract.version}"
    yield f"- every {every.value} {every.unit}; late after {latency.value} {latency.unit} more without a pull"
    yield f"- kept at least {kept.value} {kept.unit}"
    yield f"- when the source changes: tables {drift.tables}, columns {drift.columns}, types {drift.types}"
    if contract.limitations:
        yield f"- limitations: {contract.limitations}"


def _table(table: TableContract) -> Iterator[str]:
    yield f"\n## {table.name} · {table.label}\n"
    said = "。".join(text for text in (table.description, table.grain) if text)
    yield f"{said}。Read as {how_read(table)}.\n"
    yield "| column | 名称 | type | class | required | values and remarks |"
    yield "|---|---|---|---|---|---|"
    for column in table.columns:
        key = " (key)" if column.name in table.primary_key else ""
        values = "、".join(f"{code} {label}" for code, label in column.enum.items())
        own = f"source: `{column.physical_name}`" if column.physical_name else ""
        remarks = "；".join(text for text in (own, values, column.description) if text)
        yield _row(
            f"`{column.name}`{key}", column.label, column.physical_type or column.logical_type,
            column.classification, "yes" if column.required else "", remarks,
        ).rstrip("\n")  # fmt: skip
    if table.rules:
        yield "\n| rule | dimension | a row that breaks it is | counted as | reason |"
        yield "|---|---|---|---|---|"
    for rule in table.rules:
        yield _row(
            f"`{rule.code}`", f"{DIMENSIONS[rule.dimension]} {rule.standard}", ACTIONS[rule.action],
            f"`{rule.finding}`", rule.reason,
        ).rstrip("\n")  # fmt: skip


def how_read(table: TableContract) -> str:
    """Describe what one read of a table returns, and from where."""
    place = table.ingest.path or table.ingest.pattern or table.ingest.topic
    return CONTENTS[table.content] + (f", `{place}`" if place else "")


def _transport(contract: SourceContract) -> str:
    return TRANSPORTS[contract.server.transport]


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
