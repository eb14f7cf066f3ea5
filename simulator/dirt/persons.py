"""Faults in a person's name, number, dates and telephone.

Every expression reads the columns of a faulty relation: the true values (`id_number`, `name`, `former_name`,
`sex_code`, `birth_date`, `phone`, `old_phone`, `kin_id_number`, `relative_phone`) and the `<group>_fault`
columns.
"""

from __future__ import annotations

import duckdb

from simulator.city.engine import read_rows, run, set_list
from simulator.dirt.planting import Fault

PLACEHOLDERS = ("13800138000", "11111111111", "00000000000", "无", "13000000000")


def load_confusables(connection: duckdb.DuckDBPyConnection) -> None:
    """Load the look-alike characters, the rare ones and the lunar calendar."""
    _load_lookalikes(connection)
    rare = {r["character"]: r["pinyin"] for r in read_rows("given_characters.csv") if r["is_rare"] == "1"}
    connection.execute("set variable rare_characters = ?", ["".join(rare)])
    set_list(connection, "rare_pinyin", rare.values())
    set_list(connection, "placeholders", PLACEHOLDERS)
    connection.execute(
        "create or replace table lunar_months (first_day date, lunar_year int, lunar_month int, is_leap int)"
    )
    connection.executemany(
        "insert into lunar_months values (?, ?, ?, ?)",
        [tuple(row.values()) for row in read_rows("lunar_months.csv")],
    )
    run(connection, "dirt/lunar_days")


def _load_lookalikes(connection: duckdb.DuckDBPyConnection) -> None:
    lookalikes: dict[str, list[str]] = {}
    for row in read_rows("confusable_characters.csv"):
        lookalikes.setdefault(row["character"], []).append(row["written_as"])
    connection.execute("set variable lookalike_characters = ?", ["".join(lookalikes)])
    connection.execute("set variable lookalike_lists = ?", [list(lookalikes.values())])
    run(connection, "dirt/writing_macros")


ID_NUMBER = """case id_fault when 'id_missing' then null
    when 'id_15_digit' then substr(id_number, 1, 6) || substr(id_number, 9, 9)
    when 'id_checksum_failed' then wrong_digit(id_number, 9 + pick('place', row_no, 9), row_no)
    when 'id_of_another' then case when kin_id_number is not null
            and (u('whose', row_no) < 0.5 or substr(id_number, 6, 1) = substr(id_number, 16, 1))
        then kin_id_number else swapped_digits(id_number) end
    when 'id_formatting' then misformatted(id_number, row_no)
    else id_number end"""

NAME = """case name_fault when 'name_lookalike' then lookalike_name(name, row_no)
    when 'name_former' then former_name
    when 'name_blank' then substr(name, 1, 1)
        || case when u('blank', row_no) < 0.5 then ' ' else '　' end || substr(name, 2)
    when 'name_honorific' then case when u('title', row_no) < 0.3 then substr(name, 1, 1) else name end
        || case sex_code when '1' then '先生' else '女士' end
    when 'name_unencodable' then unencodable_name(name, row_no)
    else name end"""

BIRTH_DATE = """case birth_fault when 'birth_swapped' then strftime(birth_date, '%Y%d%m')
    when 'birth_default' then strftime(birth_date, '%Y') || '0101'
    when 'birth_year_off' then (year(birth_date) + case when u('year', row_no) < 0.5
        and year(birth_date) < 2025 then 1 else -1 end) || strftime(birth_date, '%m%d')
    when 'birth_lunar' then (select lunar_text from lunar_days where solar_day = birth_date)
    else strftime(birth_date, '%Y%m%d') end"""

SEX_CODE = """case when sex_fault is null then sex_code when sex_code = '1' then '2' else '1' end"""

PHONE = """case phone_fault when 'phone_missing' then null when 'phone_outdated' then old_phone
    when 'phone_of_relative' then relative_phone
    when 'phone_placeholder' then draw('placeholders', 'placeholder', row_no)
    else phone end"""


def person_faults(prefix: str = "", with_birth_and_sex: bool = True) -> list[Fault]:
    """Return the faults of a person's columns, named `<prefix>id_number` and so on in the table."""
    number = "id_number is not null and length(id_number) = 18"
    faults = [
        Fault("id_of_another", "id", f"{prefix}id_number", f"{number} and (kin_id_number is not null "
              "or substr(id_number, 6, 1) <> substr(id_number, 16, 1))"),
        Fault("id_15_digit", "id", f"{prefix}id_number", f"{number} and birth_date < date '2000-01-01'"),
        Fault("id_checksum_failed", "id", f"{prefix}id_number", number),
        Fault("id_formatting", "id", f"{prefix}id_number", "id_number is not null"),
        Fault("id_missing", "id", f"{prefix}id_number", "id_number is not null"),
        Fault("name_unencodable", "name", f"{prefix}name", "rare_of(name) is not null"),
        Fault("name_former", "name", f"{prefix}name", "former_name is not null and former_name <> name"),
        Fault("name_blank", "name", f"{prefix}name", "name is not null"),
        Fault("name_honorific", "name", f"{prefix}name", "name is not null"),
        Fault("name_lookalike", "name", f"{prefix}name", "can_be_confused(substr(name, length(name), 1)) "
              "or can_be_confused(substr(name, 2, 1)) or can_be_confused(substr(name, 1, 1))"),
        Fault("phone_of_relative", "phone", f"{prefix}phone", "relative_phone <> phone"),
        Fault("phone_outdated", "phone", f"{prefix}phone", "phone is not null"),
        Fault("phone_missing", "phone", f"{prefix}phone", "phone is not null"),
        Fault("phone_placeholder", "phone", f"{prefix}phone", "phone is not null"),
    ]  # fmt: skip
    if not with_birth_and_sex:
        return faults
    return [
        *faults,
        Fault("birth_swapped", "birth", f"{prefix}birth_date",
              "day(birth_date) <= 12 and day(birth_date) <> month(birth_date)"),
        Fault("birth_default", "birth", f"{prefix}birth_date", "strftime(birth_date, '%m%d') <> '0101'"),
        Fault("birth_year_off", "birth", f"{prefix}birth_date", "birth_date is not null"),
        Fault("birth_lunar", "birth", f"{prefix}birth_date", "birth_date > date '1905-01-01'"),
        Fault("sex_contradicts_id", "sex", f"{prefix}sex_code", number),
    ]  # fmt: skip
