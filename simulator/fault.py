"""A bulk bad edit in the population system, and its correction.

An operator's script clears the residence of two in five residents aged 80 and over and writes impossible
values into other columns. The source's Parquet files keep the good rows, so the correction writes those back
with a newer update time.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from simulator.contract import contract_select, source_tables
from simulator.generate import read_manifest
from simulator.upsert import apply, check_served

SHARE = 0.4
SYSTEM, TABLE = "population", "hj_person"


def plant(home: Path) -> int:
    """Corrupt the rows in the served database; returns their number.

    Raises:
        FileNotFoundError: no city is generated there.
        RuntimeError: the population database is not running.
    """
    return _edit(home, "faults", SPOILED)


def correct(home: Path) -> int:
    """Write the good rows back; returns their number.

    Raises:
        FileNotFoundError: no city is generated there.
        RuntimeError: the population database is not running.
    """
    return _edit(home, "corrections", "")


SPOILED = """residence_address = null, residence_house_code = null, community_code = null, grid_code = null,
    phone = case when hash(person_no, 'phone') % 2 = 0 then '00000000000' else phone end,
    birth_date = case when hash(person_no, 'birth') % 4 = 0 then '20991399' else birth_date end,
    sex_code = case when hash(person_no, 'sex') % 4 = 0 then '9' else sex_code end"""


def _edit(home: Path, name: str, changes: str) -> int:
    manifest = read_manifest(home)
    if manifest is None:
        raise FileNotFoundError(f"No complete city under {home}; generate one first.")
    check_served(home, SYSTEM, required=True)
    folder = home / "simulator" / SYSTEM
    edits = len(list(folder.glob("edit-*.parquet")))
    path = folder / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        connection.execute(
            f"create table chosen as from read_parquet('{folder / TABLE}.parquet') "
            f"where status_code = '1' and not is_deleted and residence_house_code is not null "
            f"and birth_date <= '{_eighty_years_before(manifest['today'])}' "
            f"and hash(person_no, {manifest['seed']}) % 1000 < {int(SHARE * 1000)}"
        )
        moment = f"timestamptz '{manifest['today']} 20:00:00+08:00' + interval {edits} minute"
        connection.execute(f"update chosen set update_time = {moment}{', ' + changes if changes else ''}")
        connection.execute(
            f"copy ({contract_select(SYSTEM, TABLE, 'chosen')} order by "
            f"{', '.join(source_tables(SYSTEM)[TABLE].primary_key)}) to '{path}' (format parquet)"
        )
    rows = apply(home, SYSTEM, TABLE, path)
    path.with_name(f"edit-{edits + 1:03d}.parquet").write_bytes(path.read_bytes())
    return rows


def _eighty_years_before(today: str) -> str:
    return f"{int(today[:4]) - 80}{today[5:7]}{today[8:10]}"
