"""The one-line staging model of each table, and its description.

The columns listed here are those that the macro `staged_records` selects; a test compares the two in a built
lake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.contracts import Column, SourceContract, TableContract

# Person field → staged column, its Chinese description ({} is the label of the source's column), default
# label.
PERSON_COLUMNS = (
    ("id_type_code", "id_type_code", "{}（GA/T 517）", "证件类型"),
    ("id_number", "id_number", "{}（校验通过的写法）", "证件号码"),
    ("id_number", "id_number_unverified", "{}（校验不过，仅供比对）", "证件号码"),
    ("id_number", "id_number_status", "{}的状态：valid、checksum_failed、missing、foreign", "证件号码"),
    ("id_number", "is_id_doubtful", "{}与登记的出生日期相抵触，疑为他人号码", "证件号码"),
    ("name", "name_raw", "{}（来源原样）", "姓名"),
    ("name", "name_standard", "{}（标准写法）", "姓名"),
    ("sex_code", "sex_code", "{}（以有效证件号码为准）", "性别"),
    ("birth_date", "birth_date", "{}（以有效证件号码为准）", "出生日期"),
    ("phone", "phone", "{}（手机号码）", "电话"),
)
ADDRESS_COLUMNS = {
    "address_county": "地址中的县区",
    "address_town": "地址中的镇街",
    "address_community": "地址中的社区或村",
    "address_road": "地址中的路和门牌",
    "address_estate": "地址中的小区或村民组",
    "address_building": "楼栋号（标准写法）",
    "address_unit": "单元号（标准写法）",
    "address_room": "室号（标准写法）",
    "address_level": "地址详细程度：ROOM、BUILDING、PLACE、AREA、MISSING",
    "address_key": "地址比对键",
}
MESSAGE_COLUMNS = {
    "device_id": "设备编号",
    "message_id": "设备自编的消息序号",
    "message_key": "消息的指纹：设备、序号、时间与内容",
    "device_day": "设备与日",
    "occurred_at": "发生时间（设备时钟有误时已修复）",
    "occurred_date": "发生日期",
    "recorded_event_time": "设备记录的时间（来源原样）",
    "gateway_time": "网关首次收到的时间",
    "last_gateway_time": "网关末次收到的时间",
    "copies_count": "同一消息收到的份数",
    "delay_seconds": "从设备记录到网关收到的秒数",
    "clock_offset_seconds": "设备时钟当日的固定偏差（秒）",
    "is_late": "是否迟到超过水位线",
}
VERSION_COLUMNS = {
    "version_number": "第几版",
    "version_from": "本版生效时间（来源时间；来源不说的为入湖时间）",
    "version_to": "本版失效时间；空为现行",
    "is_current": "是否现行",
    "known_from": "平台得知本版的时间",
    "known_to": "平台得知本版失效的时间",
    "_source_record_id": "来源记录号",
}
NOT_OF_VERSIONS = (
    "updated_at", "is_flagged_deleted", "is_deleted", "_source_record_id", "_batch_id", "_landed_at",
    "_findings",
)  # fmt: skip
STREAM_ROLES = ("device_id", "message_id", "event_time", "gateway_time")


@dataclass(frozen=True)
class StagedColumn:
    """A column of a staging model: its Chinese description and its dbt tests."""

    name: str
    description: str
    tests: Sequence[Any] = field(default_factory=tuple)


def model_name(contract: SourceContract, table: TableContract) -> str:
    """Return the staging model's name."""
    return f"stg_{contract.system}__{table.plural}"


def versions_name(contract: SourceContract, table: TableContract) -> str:
    """Return the name of the model with all versions of a table that keeps its history."""
    return f"stg_{contract.system}__{table.name}_versions"


def versions_sql(contract: SourceContract, table: TableContract) -> str:
    """Return the one line of the versions model."""
    return f'{{{{ staged_versions("{contract.system}", "{table.name}") }}}}\n'


def model_sql(contract: SourceContract, table: TableContract) -> str:
    """Return the one line of the staging model."""
    macro = "staged_messages" if table.content == "stream" else "staged_records"
    return f'{{{{ {macro}("{contract.system}", "{table.name}") }}}}\n'


def is_one_line(text: str) -> bool:
    """Whether a model consists of one call of a staging macro, that is, was generated from a contract."""
    return (
        text.startswith(("{{ staged_records(", "{{ staged_messages(", "{{ staged_versions("))
        and text.count("\n") == 1
    )


def model_description(contract: SourceContract, table: TableContract) -> dict[str, Any]:
    """Return a model's entry in `_<system>__models.yml`."""
    if table.content == "stream":
        columns, grain, version = staged_messages(table), "message_key", ""
    else:
        columns, grain, version = staged_records(contract, table), "_source_record_id", "（最新一版）"
    return _description(contract, table, model_name(contract, table), version, grain, columns)


def versions_description(contract: SourceContract, table: TableContract) -> dict[str, Any]:
    """Return the versions model's entry in `_<system>__models.yml`."""
    own = [
        StagedColumn(column.name, column.description)
        for column in staged_records(contract, table)
        if column.name not in NOT_OF_VERSIONS
    ]
    columns = [*own, *(StagedColumn(name, text) for name, text in VERSION_COLUMNS.items())]
    grain = ["_source_record_id", "version_number"]
    return _description(contract, table, versions_name(contract, table), "的一个版本", grain, columns)


def _description(
    contract: SourceContract, table: TableContract, name: str, version: str, grain: str | list[str],
    columns: Sequence[StagedColumn],
) -> dict[str, Any]:  # fmt: skip
    meta = {
        "label_zh": table.label, "grain": grain, "owner": contract.owner, "owner_code": contract.owner_code,
    }  # fmt: skip
    return {
        "name": name,
        "description": f"{table.label}。{table.grain or '一行为一条记录'}{version}",
        "config": {"meta": meta},
        "columns": [
            {"name": column.name, "description": column.description}
            | ({"data_tests": list(column.tests)} if column.tests else {})
            for column in columns
        ],
    }


def staged_records(contract: SourceContract, table: TableContract) -> list[StagedColumn]:
    """Return the columns that the macro of the same name selects, in its order."""
    apart = _read_apart(table)
    columns = [
        staged for column in table.columns if column.name not in apart for staged in _own(table, column)
    ]
    for person in table.staging.get("person", []):
        columns += _person(table, person)
    if "address" in table.staging:
        columns += [StagedColumn(name, text) for name, text in ADDRESS_COLUMNS.items()]
    columns += [
        StagedColumn(reference.staged_name, f"所属{contract.tables[reference.table].label}的来源记录号")
        for reference in table.references
        if len(reference.columns) > 1
    ]
    columns.append(StagedColumn("updated_at", "来源更新时间；来源不说的为入湖时间", ("not_null",)))
    if table.content in ("full", "period") and table.ingest.deleted_flag:
        columns.append(StagedColumn("is_flagged_deleted", "来源标明已删除"))
    columns += [
        StagedColumn("is_deleted", "来源已删除"),
        StagedColumn("_source_record_id", "来源记录号", ("unique", "not_null")),
        *_load_columns(),
    ]
    return _with_references(contract, table, columns)


def staged_messages(table: TableContract) -> list[StagedColumn]:
    """Return the columns that the macro of the same name selects, in its order."""
    columns = [
        StagedColumn(name, text, ("unique", "not_null") if name == "message_key" else ())
        for name, text in MESSAGE_COLUMNS.items()
    ]
    load = [StagedColumn("_source_record_id", "来源记录号", ("not_null",)), *_load_columns()]
    payload = [
        StagedColumn(column.name, column.label, _enum_tests(column))
        for column in table.columns
        if column.name not in STREAM_ROLES
    ]
    return [*columns, *load[:-1], *payload, load[-1]]


def _load_columns() -> list[StagedColumn]:
    return [
        StagedColumn("_batch_id", "入湖批次"),
        StagedColumn("_landed_at", "入湖时间"),
        StagedColumn("_findings", "发现的问题：列|问题|处置|规则"),
    ]


def _read_apart(table: TableContract) -> set[str | None]:
    persons = [
        value
        for person in table.staging.get("person", [])
        for key, value in person.items()
        if key != "prefix"
    ]
    return {table.staging.get("order_by"), table.ingest.deleted_flag, *persons}


def _own(table: TableContract, column: Column) -> Iterator[StagedColumn]:
    if column.name in table.staging.get("credit_codes", []):
        yield StagedColumn(column.name, f"{column.label}（校验通过）")
        yield StagedColumn(f"{column.name}_unverified", f"{column.label}（校验不过，仅供比对）")
        yield StagedColumn(
            f"{column.name}_status",
            f"{column.label}的状态：valid、confusable、registration_no、checksum_failed、missing",
        )
    else:
        yield StagedColumn(column.name, column.label, _enum_tests(column))


def _enum_tests(column: Column) -> tuple[Any, ...]:
    """Return a coded column's tests: an unknown required code never lands; an unknown optional one warns."""
    if not column.enum:
        return ()
    arguments: dict[str, Any] = {"values": list(column.enum)}
    if column.logical_type == "integer":
        arguments["quote"] = False
    test: dict[str, Any] = {"arguments": arguments}
    if not column.required:
        test["config"] = {"severity": "warn"}
    return ({"accepted_values": test},)


def _person(table: TableContract, person: dict[str, str]) -> Iterator[StagedColumn]:
    for source, name, text, label in PERSON_COLUMNS:
        known = table.column(person[source]).label if source in person else label
        yield StagedColumn(person["prefix"] + name, text.format(known))


def _with_references(
    contract: SourceContract, table: TableContract, columns: Sequence[StagedColumn]
) -> list[StagedColumn]:
    tests = {}
    for reference in table.references:
        other = contract.tables[reference.table]
        field_name = "_source_record_id" if len(reference.columns) > 1 else reference.key[0]
        tests[reference.staged_name] = {
            "relationships": {
                "arguments": {"to": f"ref('{model_name(contract, other)}')", "field": field_name},
                "config": {"severity": "warn"},
            }
        }
    return [
        StagedColumn(column.name, column.description, (*column.tests, tests[column.name]))
        if column.name in tests
        else column
        for column in columns
    ]
