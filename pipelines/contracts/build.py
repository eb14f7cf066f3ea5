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
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import TypeAdapter, ValidationError

from pipelines.contracts.files import build_aliases, build_layout, check_files, check_sftp
from pipelines.contracts.model import (
    CLASSIFICATIONS,
    DRIFT_POLICIES,
    INGEST_MODES,
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
from pipelines.contracts.staged_names import refuse_collisions, sql_words
from pipelines.contracts.staging import build_references, build_staging, check_references
from pipelines.contracts.topics import check_topic_columns
from pipelines.contracts.types import DUCKDB_TYPES, duckdb_type

CURSOR_TYPES = ("timestamp", "date", "integer")
TRANSPORTS = {"postgres": "postgres", "mysql": "mysql", "api": "rest", "sftp": "sftp", "custom": None}
CUSTOM_TRANSPORTS = ("mqtt", "reader")
# Required options of each pagination and authentication kind.
PAGINATIONS = {
    "next_token": ("parameter", "response_field"),
    "page_number": ("parameter", "size_parameter", "size"),
    "offset": ("parameter", "size_parameter", "size"),
    "link_header": (),
    "none": (),
}
AUTHENTICATIONS = {
    "bearer": (),
    "header": ("header",),
    "basic": (),
    "oauth2_client_credentials": ("token_path",),
    "none": (),
}
SAFE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# A source's own column name: it appears in SQL and in messages, on one line.
SOURCE_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
_DURATION = TypeAdapter(timedelta)


def build_source(path: Path, document: OpenDataContractStandard, digest: str) -> SourceContract:
    """Return the validated contract of one system.

    Raises:
        ContractError: the first invalid entry.
    """
    extra = _properties(document.customProperties)
    system = extra.get("system")
    if not isinstance(system, str) or not SAFE_NAME.fullmatch(system):
        raise ContractError(
            f"{path}: customProperties/system is {system!r}; write lower-case words and underscores."
        )
    server = _server(path, document)
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


def _server(path: Path, document: OpenDataContractStandard) -> Server:
    servers = document.servers or []
    if len(servers) != 1:
        raise ContractError(f"{path}: servers lists {len(servers)} entries; the engine needs exactly one.")
    server = servers[0]
    if server.type not in TRANSPORTS:
        raise ContractError(f"{path}: servers/type is '{server.type}'; legal are {', '.join(TRANSPORTS)}.")
    extra = _properties(server.customProperties)
    transport = TRANSPORTS[server.type] or next((name for name in CUSTOM_TRANSPORTS if name in extra), None)
    if transport is None:
        raise ContractError(
            f"{path}: a server of type 'custom' needs one of the customProperties "
            f"{', '.join(CUSTOM_TRANSPORTS)} that says how it speaks."
        )
    options = dict(extra.get(transport) or {}) if transport != "reader" else {"reader": extra["reader"]}
    if server.schema_:
        options["schema"] = server.schema_
    if transport == "rest":
        _check_rest(path, options)
    if transport == "sftp":
        check_sftp(path, options)
    return Server(server.type, transport, options)


def _check_rest(path: Path, options: dict[str, Any]) -> None:
    where = f"{path}: servers/customProperties/rest"
    pagination = options.get("pagination") or {}
    for name, value, legal, holder in (
        ("pagination/kind", pagination.get("kind"), PAGINATIONS, pagination),
        ("authentication", options.get("authentication"), AUTHENTICATIONS, options),
    ):
        if value not in legal:
            raise ContractError(f"{where}/{name} is {value!r}; legal are {', '.join(legal)}.")
        for needed in legal[value]:
            if needed not in holder:
                raise ContractError(f"{where}: '{value}' needs '{needed}' beside {name}.")
    _check_order(where, options, pagination)
    if "records" not in options:
        raise ContractError(f"{where}/records is missing: the field of an answer that holds the rows.")


def _check_order(where: str, options: dict[str, Any], pagination: dict[str, Any]) -> None:
    order = pagination.get("ordered_by")
    if order is None:
        return
    if order != "cursor" or pagination["kind"] not in ("page_number", "offset"):
        raise ContractError(
            f"{where}/pagination/ordered_by is {order!r}; legal is 'cursor', with page_number or offset."
        )
    if "cursor_parameter" not in options:
        raise ContractError(f"{where}: ordered_by 'cursor' needs 'cursor_parameter', to go on from a cursor.")


def _owner(path: Path, document: OpenDataContractStandard) -> tuple[str, str]:
    team = document.team
    name = getattr(team, "name", None)
    code = _properties(getattr(team, "customProperties", None)).get("code")
    if not name or not isinstance(code, str) or not SAFE_NAME.fullmatch(code):
        raise ContractError(
            f"{path}: team needs a name (the department that answers for the data) and "
            "a customProperty 'code' in lower-case ASCII such as public_security."
        )
    return name, code


def _drift(path: Path, value: Any) -> Drift:
    words = value if isinstance(value, dict) else {}
    for aspect in ("tables", "columns", "types"):
        if words.get(aspect) not in DRIFT_POLICIES:
            raise ContractError(
                f"{path}: customProperties/drift/{aspect} is {words.get(aspect)!r}; "
                f"legal are {', '.join(DRIFT_POLICIES)}."
            )
    return Drift(words["tables"], words["columns"], words["types"])


def _service_level(path: Path, document: OpenDataContractStandard, word: str) -> Interval:
    for entry in document.slaProperties or []:
        if (
            entry.property == word
            and entry.unit in UNITS
            and isinstance(entry.value, int)
            and entry.value > 0
        ):
            return Interval(entry.value, entry.unit)
    raise ContractError(
        f"{path}: slaProperties needs '{word}' with a whole number above 0 and a unit of {', '.join(UNITS)}."
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
    extra = _properties(table.customProperties)
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
        keeps_history=extra.get("history") is True,
        layout=build_layout(where, ingest, extra.get("layout")),
    )
    _check_ingest(where, server, built)
    check_topic_columns(where, built)
    refuse_collisions(where, built)
    return built


def _plural(where: str, name: str, value: Any) -> str:
    plural = value or f"{name}s"
    if not isinstance(plural, str) or not SAFE_NAME.fullmatch(plural):
        raise ContractError(f"{where}: customProperties/plural is {value!r}; write lower-case words.")
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
    limits = entry.logicalTypeOptions or {}
    return Column(
        name=name,
        label=entry.businessName or name,
        logical_type=entry.logicalType,
        physical_type=entry.physicalType or "",
        duckdb_type=_duckdb_type(place, entry),
        classification=entry.classification,
        required=bool(entry.required or entry.primaryKey),
        enum={str(value.value): value.label or str(value.value) for value in entry.enum or []},
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        description=entry.description or "",
        aliases=build_aliases(place, _properties(entry.customProperties).get("aliases")),
        physical_name=_physical_name(place, entry),
    )


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
    if words.get("mode") not in INGEST_MODES:
        raise ContractError(
            f"{where}: ingest/mode is {words.get('mode')!r}; legal are {', '.join(INGEST_MODES)}."
        )
    known = Ingest.__dataclass_fields__
    if unknown := sorted(set(words) - set(known)):
        raise ContractError(f"{where}: ingest/{unknown[0]} is unknown; legal are {', '.join(known)}.")
    for name in ("lookback", "future_tolerance", "watermark"):
        if name in words:
            words[name] = _duration(where, name, words[name])
    return Ingest(**words)


def _duration(where: str, name: str, value: Any) -> timedelta:
    try:
        return _DURATION.validate_python(value)
    except ValidationError:
        raise ContractError(
            f"{where}: ingest/{name} is {value!r}; write an ISO duration such as PT10M."
        ) from None


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


def _properties(entries: list[CustomProperty] | None) -> dict[str, Any]:
    return {entry.property: entry.value for entry in entries or [] if entry.property}


def _refuse_repeats(path: Path, where: str, names: Sequence[str]) -> None:
    for name in names:
        if list(names).count(name) > 1:
            raise ContractError(f"{path}: {where} lists '{name}' more than once.")
