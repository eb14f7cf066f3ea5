"""Build a `SourceContract` from the standard's model and reject impossible combinations.

Every error names the file, the table and column, and the legal values.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import TypeAdapter, ValidationError

from pipelines.contracts.files import build_aliases, build_layout, check_files
from pipelines.contracts.model import (
    CLASSIFICATIONS,
    DRIFT_POLICIES,
    INGEST_WORDS,
    META_COLUMNS,
    UNITS,
    Column,
    ContractError,
    Drift,
    Ingest,
    Interval,
    Server,
    SourceContract,
    TableContract,
)
from pipelines.contracts.rules import build_rules
from pipelines.contracts.schedule import cron_of
from pipelines.contracts.servers import build_server
from pipelines.contracts.staged_names import refuse_collisions, sql_words
from pipelines.contracts.staging import build_references, build_staging, check_references
from pipelines.contracts.topics import check_topic_columns
from pipelines.contracts.types import DUCKDB_TYPES, duckdb_type
from pipelines.contracts.words import custom_properties, mapping, refuse_other_than_text

CURSOR_TYPES = ("timestamp", "date", "integer")
DOCUMENT_WORDS = ("system", "drift")
TABLE_WORDS = ("ingest", "staging", "plural", "history", "layout")
COLUMN_WORDS = ("aliases",)
DRIFT_WORDS = ("tables", "columns", "types")
DURATIONS = ("lookback", "future_tolerance", "watermark")
MOST_OF_A_UNIT = 9_999
LONGEST_DURATION = timedelta(days=366)
LONGEST_NAME = 63
SAFE_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}")
# A source's own column name: it appears in SQL and in messages, on one line.
SOURCE_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
_DURATION = TypeAdapter(timedelta)


def build_source(path: Path, document: OpenDataContractStandard, digest: str) -> SourceContract:
    """Return the validated contract of one system.

    Raises:
        ContractError: the first invalid entry.
    """
    extra = custom_properties(str(path), document.customProperties, DOCUMENT_WORDS)
    system = extra.get("system")
    if not isinstance(system, str) or not SAFE_NAME.fullmatch(system):
        raise ContractError(
            f"{path}: customProperties/system is {system!r}; write lower-case words joined by "
            f"underscores, at most {LONGEST_NAME} letters."
        )
    server = build_server(path, document)
    owner, owner_code = _owner(path, document)
    tables = [_table(path, server, table) for table in document.schema_ or []]
    if not tables:
        raise ContractError(f"{path}: schema lists no table.")
    _refuse_repeats(path, "schema", [table.name for table in tables])
    check_references(str(path), {table.name: table for table in tables})
    return SourceContract(
        system=system,
        label=document.name or system,
        owner=owner,
        owner_code=owner_code,
        domain=document.domain or "",
        purpose=(document.description.purpose if document.description else None) or "",
        limitations=(document.description.limitations if document.description else None) or "",
        version=document.version or "",
        server=server,
        drift=_drift(path, extra.get("drift")),
        frequency=_frequency(path, document),
        **{word: _service_level(path, document, word) for word in ("latency", "retention")},
        tables={table.name: table for table in tables},
        contract_hash=digest,
    )


def _owner(path: Path, document: OpenDataContractStandard) -> tuple[str, str]:
    team = document.team
    name = getattr(team, "name", None)
    code = custom_properties(f"{path}: team", getattr(team, "customProperties", None), ("code",)).get("code")
    if not name or not isinstance(code, str) or not SAFE_NAME.fullmatch(code):
        raise ContractError(
            f"{path}: team needs a name (the department that answers for the data) and "
            "a customProperty 'code' in lower-case ASCII such as public_security."
        )
    return name, code


def _drift(path: Path, value: Any) -> Drift:
    words = mapping(f"{path}: customProperties/drift", value, DRIFT_WORDS)
    for aspect in DRIFT_WORDS:
        if words.get(aspect) not in DRIFT_POLICIES:
            raise ContractError(
                f"{path}: customProperties/drift/{aspect} is {words.get(aspect)!r}; "
                f"legal are {', '.join(DRIFT_POLICIES)}."
            )
    return Drift(words["tables"], words["columns"], words["types"])


def _service_level(path: Path, document: OpenDataContractStandard, word: str) -> Interval:
    entries = [entry for entry in document.slaProperties or [] if entry.property == word]
    if len(entries) > 1:
        raise ContractError(f"{path}: slaProperties says '{word}' {len(entries)} times.")
    for entry in entries:
        if entry.unit in UNITS and type(entry.value) is int and 0 < entry.value <= MOST_OF_A_UNIT:
            return Interval(entry.value, entry.unit)
    raise ContractError(
        f"{path}: slaProperties needs '{word}' with a whole number from 1 to {MOST_OF_A_UNIT} and a "
        f"unit of {', '.join(UNITS)}."
    )


def _frequency(path: Path, document: OpenDataContractStandard) -> Interval:
    frequency = _service_level(path, document, "frequency")
    try:
        cron_of(frequency)
    except ValueError as error:
        raise ContractError(f"{path}: slaProperties/frequency: {error}.") from None
    return frequency


def _table(path: Path, server: Server, table: SchemaObject) -> TableContract:
    name = table.name
    where = f"{path}: table '{name}'"
    if not name or not SAFE_NAME.fullmatch(name):
        raise ContractError(f"{where}: names are lower-case words joined by underscores.")
    columns = tuple(_column(where, entry) for entry in table.properties or [])
    _refuse_repeats(path, f"table '{name}'", [column.name for column in columns])
    _refuse_repeats(path, f"table '{name}', physicalName", [column.source_name for column in columns])
    extra = custom_properties(where, table.customProperties, TABLE_WORDS)
    ingest = _ingest(where, extra.get("ingest"))
    built = TableContract(
        name=name,
        physical_name=table.physicalName or name,
        label=table.businessName or name,
        description=table.description or "",
        grain=table.dataGranularityDescription or "",
        columns=columns,
        primary_key=_primary_key(where, table.properties or [], columns),
        ingest=ingest,
        rules=build_rules(where, table, columns),
        plural=_plural(where, name, extra.get("plural")),
        staging=build_staging(where, extra.get("staging"), columns),
        references=build_references(where, table),
        keeps_history=_history(where, extra.get("history", False)),
        layout=build_layout(where, ingest, extra.get("layout")),
    )
    _check_ingest(where, server, built)
    check_topic_columns(where, built)
    refuse_collisions(where, built)
    return built


def _history(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ContractError(f"{where}: customProperties/history is {value!r}; legal is true or false.")
    return value


def _plural(where: str, name: str, value: Any) -> str:
    plural = value or f"{name}s"
    if not isinstance(plural, str) or not SAFE_NAME.fullmatch(plural):
        raise ContractError(f"{where}: customProperties/plural is {plural!r}; write lower-case words.")
    return plural


def _column(where: str, entry: SchemaProperty) -> Column:
    name = entry.name
    place = f"{where}, column '{name}'"
    if not name or not SAFE_NAME.fullmatch(name) or name in META_COLUMNS:
        raise ContractError(f"{place}: names are lower-case words joined by underscores.")
    if name in sql_words():
        raise ContractError(
            f"{place}: the name is a word of SQL. Write another, with "
            f"physicalName: {entry.physicalName or name} as the source calls it."
        )
    if entry.logicalType not in DUCKDB_TYPES:
        raise ContractError(
            f"{place}: logicalType is {entry.logicalType!r}; legal are {', '.join(DUCKDB_TYPES)}."
        )
    if entry.classification not in CLASSIFICATIONS:
        raise ContractError(
            f"{place}: classification is {entry.classification!r}; every column needs one of "
            f"{', '.join(CLASSIFICATIONS)} before it may be read."
        )
    if entry.enum and entry.logicalType not in ("string", "integer"):
        raise ContractError(f"{place}: an enum needs logicalType string or integer, not {entry.logicalType}.")
    extra = custom_properties(place, entry.customProperties, COLUMN_WORDS)
    limits = entry.logicalTypeOptions or {}
    least, most = limits.get("minimum"), limits.get("maximum")
    if least is not None and most is not None and least > most:
        raise ContractError(f"{place}: the minimum {least} is above the maximum {most}.")
    return Column(
        name=name,
        label=entry.businessName or name,
        logical_type=entry.logicalType,
        physical_type=entry.physicalType or "",
        duckdb_type=_duckdb_type(place, entry),
        classification=entry.classification,
        required=bool(entry.required or entry.primaryKey),
        enum=_enum(place, entry),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        description=entry.description or "",
        aliases=build_aliases(place, extra.get("aliases")),
        physical_name=_physical_name(place, entry),
    )


def _enum(place: str, entry: SchemaProperty) -> dict[str, str]:
    """Return the labels by code, as text."""
    kind = str if entry.logicalType == "string" else int
    codes: dict[str, str] = {}
    for item in entry.enum or []:
        if type(item.value) is not kind:
            raise ContractError(
                f"{place}: the enum has the value {item.value!r}, which is no {entry.logicalType}"
                + ('; write it in quotes, such as "01".' if kind is str else ".")
            )
        if str(item.value) in codes:
            raise ContractError(f"{place}: the enum has the value '{item.value}' twice.")
        codes[str(item.value)] = item.label or str(item.value)
    return codes


def _duckdb_type(place: str, entry: SchemaProperty) -> str:
    try:
        return duckdb_type(entry.logicalType or "", entry.physicalType or "")
    except ValueError as error:
        raise ContractError(f"{place}: {error}.") from None


def _physical_name(place: str, entry: SchemaProperty) -> str | None:
    name = entry.physicalName
    if name is not None and not SOURCE_NAME.fullmatch(name):
        raise ContractError(f"{place}: physicalName is {name!r}; write the source's own name, on one line.")
    return None if name == entry.name else name


def _primary_key(where: str, entries: Sequence[SchemaProperty], columns: Sequence[Column]) -> tuple[str, ...]:
    pairs = zip(entries, columns, strict=True)
    keys = [(entry.primaryKeyPosition or 0, column) for entry, column in pairs if entry.primaryKey]
    positions = sorted(position for position, _ in keys)
    if not keys or positions != list(range(1, len(keys) + 1)):
        raise ContractError(
            f"{where}: the primary key needs columns with primaryKeyPosition 1, 2, …; found {positions}."
        )
    if exposed := [column.name for _, column in keys if column.classification == "L4"]:
        raise ContractError(
            f"{where}: '{exposed[0]}' is classified L4 and cannot be a primary key, "
            "because keys appear in findings and manifests."
        )
    return tuple(column.name for _, column in sorted(keys, key=lambda key: key[0]))


def _ingest(where: str, value: Any) -> Ingest:
    words = dict(value) if isinstance(value, dict) else {}
    if str(words.get("mode")) not in INGEST_WORDS:
        raise ContractError(
            f"{where}: ingest/mode is {words.get('mode')!r}; legal are {', '.join(INGEST_WORDS)}."
        )
    known = Ingest.__dataclass_fields__
    if unknown := sorted(set(words) - set(known)):
        raise ContractError(f"{where}: ingest/{unknown[0]} is unknown; legal are {', '.join(known)}.")
    refuse_other_than_text(f"{where}: ingest", words, set(words) - {*DURATIONS, "topic_columns"})
    for name in DURATIONS:
        if name in words:
            words[name] = _duration(where, name, words[name])
    return Ingest(**words)


def _duration(where: str, name: str, value: Any) -> timedelta:
    try:
        duration = _DURATION.validate_python(value) if isinstance(value, str) else None
    except ValidationError:
        duration = None
    if duration is None or not timedelta() <= duration <= LONGEST_DURATION:
        raise ContractError(
            f"{where}: ingest/{name} is {value!r}; write an ISO duration such as PT10M, at most P366D."
        )
    return duration


def _check_ingest(where: str, server: Server, table: TableContract) -> None:
    ingest = table.ingest
    needed = {
        "incremental": ("cursor",),
        "stream": ("topic", "event_time", "arrival_time"),
        "full": (),
        "files": ("pattern", "format", "content"),
    }[ingest.mode]
    for name in needed + (("path",) if server.transport == "rest" else ()):
        if not getattr(ingest, name):
            raise ContractError(
                f"{where}: ingest mode '{ingest.mode}' over {server.transport} needs ingest/{name}."
            )
    for mode, transport in (("stream", "mqtt"), ("files", "sftp")):
        if (ingest.mode == mode) != (server.transport == transport):
            raise ContractError(
                f"{where}: ingest mode '{ingest.mode}' does not go with the transport '{server.transport}'; "
                "'stream' needs mqtt, 'files' needs sftp, "
                "'full' and 'incremental' need a system that can be asked."
            )
    for name in Ingest.__dataclass_fields__:
        if getattr(ingest, name) and name not in ("mode", *INGEST_WORDS[ingest.mode]):
            raise ContractError(f"{where}: ingest/{name} means nothing for ingest mode '{ingest.mode}'.")
    if (
        ingest.mode == "incremental"
        and server.transport == "rest"
        and "cursor_parameter" not in server.options
    ):
        raise ContractError(
            f"{where}: ingest mode 'incremental' over rest needs rest/cursor_parameter, with which the "
            "interface is asked for what is new; one that knows none is read with mode 'full'."
        )
    if ingest.mode == "files":
        check_files(where, table)
    _check_column(where, table, "cursor", CURSOR_TYPES)
    _check_column(where, table, "deleted_flag", ("boolean",))
    _check_column(where, table, "event_time", ("timestamp",))
    _check_column(where, table, "arrival_time", ("timestamp",))


def _check_column(where: str, table: TableContract, role: str, legal: Sequence[str]) -> None:
    name = getattr(table.ingest, role)
    if name is None:
        return
    if name not in table.column_names:
        raise ContractError(f"{where}: ingest/{role} names '{name}', which is not a column of the table.")
    column = table.column(name)
    if column.logical_type not in legal or not column.required:
        raise ContractError(
            f"{where}: ingest/{role} '{name}' must be required and of logicalType {' or '.join(legal)}; "
            f"it is {column.logical_type}{'' if column.required else ' and not required'}."
        )


def _refuse_repeats(path: Path, where: str, names: Sequence[str]) -> None:
    for name in names:
        if list(names).count(name) > 1:
            raise ContractError(f"{path}: {where} lists '{name}' more than once.")
