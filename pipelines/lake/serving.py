"""Publish the leadership serving file: the lake's indicators as one read-only DuckDB file.

This module builds the file beside the served one, checks it, suppresses small cells and switches over.
The file's contents are defined in `serving_leadership.sql` and `serving_views.sql`.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from pipelines.installation.durable_files import sync, write_text_durably
from pipelines.installation.one_row import one_row, one_value
from pipelines.installation.processes import still_runs
from pipelines.lake.small_cells import FIGURES, cells_left_to_hide, hide_small_cells, smallest_shown
from pipelines.reasons import usable_reason
from pipelines.settings import PROJECT_ROOT, Settings

AUDIENCE = "leadership"
OUTLINES = PROJECT_ROOT / "dashboards" / "maps" / "huainan_counties.geojson"
BASE_SQL = Path(__file__).with_name("serving_leadership.sql")
VIEWS_SQL = Path(__file__).with_name("serving_views.sql")
RELEASES_KEPT = 5
# Columns that the wide table derives from a cell's own figures.
WIDE_FIGURES = ("display_value", "display_change", "display_coverage", "region_rank")
# As strict as SQL Lab's own connection: nothing outside the file is accessible.
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "lock_configuration": "true",
}
# Only the columns named here may be in the file; a column about a person may never be added.
ALLOWED_COLUMNS = {
    "dim_regions": "region_code region_name region_level parent_code",
    "dim_indicators": "indicator_code measure_code indicator_name theme_name indicator_kind numerator_name "
    "denominator_name formula coverage_name unit direction target owner plan_clause display_order",
    "fct_indicator_values": "indicator_code region_code region_level parent_code period_grain period_start "
    "period_month numerator denominator value coverage is_rankable is_suppressed",
    "region_outlines": "region_code outline",
    "release": "release_id data_as_of lake_snapshot built_at built_at_text content_hash",
    "indicator_values": "indicator_code indicator_name indicator_label display_order theme_name owner unit "
    "direction_label numerator_name denominator_name formula available_since region_code region_name "
    "region_level county_name town_name period_grain period_start period_label numerator denominator value "
    "display_value previous_display_value display_change display_target coverage display_coverage "
    "region_rank shown_rank rank_order is_rankable is_suppressed is_latest data_as_of release_id",
}
ALLOWED_COLUMNS["county_map"] = ALLOWED_COLUMNS["indicator_values"] + " outline"
HASHED_TABLES = ("dim_regions", "dim_indicators", "fct_indicator_values", "region_outlines")


class ServingError(RuntimeError):
    """A release was not published; the previous one stays served."""


@dataclass(frozen=True)
class Release:
    """One published state of a serving file; `is_new` is false if nothing had changed.

    `missing_indicators` are defined but have no value for the city: their sources have delivered nothing yet.
    """

    audience: str
    release_id: str
    data_as_of: date
    lake_snapshot: int
    path: Path
    row_counts: dict[str, int]
    missing_indicators: list[str]
    is_new: bool


def serving_file(settings: Settings, audience: str = AUDIENCE) -> Path:
    """Return the file that an audience's dashboards read."""
    return settings.serving / f"{audience}.duckdb"


def publish_leadership(
    connection: duckdb.DuckDBPyConnection, settings: Settings, *, lake_snapshot: int
) -> Release:
    """Build, check and switch to a new leadership file from the lake on `connection`.

    Args:
        connection: has the lake attached as `lake`, at the snapshot to publish.
        settings: determine where serving files are stored.
        lake_snapshot: the snapshot that `connection` sees; written into the release.

    Raises:
        ServingError: a check failed; the file served before is unchanged.
    """
    target = serving_file(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.stem}.{os.getpid()}.building")
    _forget_killed_builds(target)
    try:
        smallest = smallest_shown(settings.dbt_project)
        _build(connection, beside, lake_snapshot, smallest)
        release = _checked(beside, target, smallest)
        served = served_release(settings)
        if served and served.release_id == release.release_id:
            return served
        _switch(beside, target, release)
    finally:
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)
    _write_receipt(target, release)
    _forget_old_releases(target)
    return release


def served_release(settings: Settings, audience: str = AUDIENCE) -> Release | None:
    """Return the release currently served; None before the first."""
    path = serving_file(settings, audience)
    if not path.exists():
        return None
    with _open(path) as connection:
        return _release_of(connection, path, is_new=False)


def kept_releases(settings: Settings, audience: str = AUDIENCE) -> list[Release]:
    """Return the releases that can be served again, newest first, including the one served now."""
    releases = []
    for path in _kept_releases(serving_file(settings, audience)):
        with _open(path) as connection:
            releases.append(_release_of(connection, path, is_new=False))
    return releases


def roll_back(
    settings: Settings, release_id: str, *, rolled_back_by: str, reason: str, audience: str = AUDIENCE
) -> Release:
    """Serve an older release again; who and why are recorded beside the releases.

    Raises:
        ServingError: the release is not kept, or may not be served under today's checks.
        ValueError: the reason is empty or contains a personal number; nothing was changed.
    """
    usable_reason(reason)
    target = serving_file(settings, audience)
    kept = _kept_path(target, release_id)
    if not kept.exists():
        known = ", ".join(path.stem.removeprefix(f"{audience}-") for path in _kept_releases(target))
        raise ServingError(
            f"Release {release_id} of '{audience}' is not kept; nothing was changed. "
            f"Kept releases: {known or 'none'}."
        )
    # A release published before a check was tightened must pass that check as well.
    smallest = smallest_shown(settings.dbt_project)
    _checked(kept, target, smallest)
    if left := cells_left_to_hide(kept, smallest):
        raise ServingError(
            f"Release {release_id} shows {left} cells from which today's suppression keeps small counts from "
            "being worked out. It is not served; the file served before is untouched. "
            "Build and publish anew, or serve a newer release."
        )
    _note_roll_back(target, release_id, rolled_back_by, reason)
    beside = target.with_name(f".{target.stem}.{os.getpid()}.rollback")
    os.link(kept, beside)
    beside.replace(target)
    sync(target.parent)
    release = served_release(settings, audience)
    assert release is not None
    _write_receipt(target, release)
    return release


def _build(connection: duckdb.DuckDBPyConnection, beside: Path, lake_snapshot: int, smallest: int) -> None:
    beside.unlink(missing_ok=True)
    connection.execute(f"attach '{beside}' as serving")
    try:
        connection.execute(BASE_SQL.read_text())
        _load_outlines(connection)
        hide_small_cells(connection, smallest)
        _stamp(connection, lake_snapshot)
        connection.execute(VIEWS_SQL.read_text())
    except duckdb.Error as error:
        raise ServingError(
            f"The leadership file could not be built ({str(error).splitlines()[0]}). "
            "The file served before is untouched. Build the indicators first: `brain build`."
        ) from error
    finally:
        connection.execute("detach serving")


def _load_outlines(connection: duckdb.DuckDBPyConnection) -> None:
    features = json.loads(OUTLINES.read_text())["features"]
    rows = [(each["id"], json.dumps(each["geometry"]["coordinates"][0])) for each in features]
    connection.execute("create table serving.region_outlines (region_code varchar, outline varchar)")
    connection.executemany("insert into serving.region_outlines values (?, ?)", sorted(rows))


def _stamp(connection: duckdb.DuckDBPyConnection, lake_snapshot: int) -> None:
    """Name the release after its content, so that the same content is the same release."""
    result = connection.execute("select cast(max(as_of) as date) from lake.indicators.mart_leadership_values")
    as_of = one_value(result)
    if as_of is None:
        raise ServingError(
            "The lake holds no indicator value, so there is nothing to publish. "
            "The file served before is untouched. Run `brain build`, then publish again."
        )
    digest = sha256(f"{as_of}{BASE_SQL.read_text()}{VIEWS_SQL.read_text()}".encode())
    for table in HASHED_TABLES:
        row_hashes = f"select md5(cast(t as varchar)) as row_hash from serving.{table} as t"
        total = connection.execute(
            f"select md5(string_agg(row_hash, '' order by row_hash)) from ({row_hashes})"
        )
        digest.update(str(one_value(total)).encode())
    content = digest.hexdigest()
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    connection.execute(
        "create table serving.release as select ?::varchar as release_id, ?::date as data_as_of, "
        "?::bigint as lake_snapshot, ?::timestamptz as built_at, ?::varchar as built_at_text, "
        "?::varchar as content_hash",
        [f"{as_of:%Y%m%d}-{content[:8]}", as_of, lake_snapshot, now, f"{now:%Y-%m-%d %H:%M}", content],
    )


def _checked(candidate: Path, target: Path, smallest: int) -> Release:
    """Open the file as its readers will, and reject it if a check fails."""
    with _open(candidate) as connection:
        columns = connection.execute(
            "select table_name, list(column_name) from information_schema.columns group by all"
        ).fetchall()
        found = {table: set(names) for table, names in columns}
        allowed = {table: set(names.split()) for table, names in ALLOWED_COLUMNS.items()}
        if found != allowed:
            odd = sorted(
                f"{table}.{name}"
                for table in found.keys() | allowed.keys()
                for name in found.get(table, set()) ^ allowed.get(table, set())
            )
            raise ServingError(
                f"The leadership file differs from what it may hold ({', '.join(odd)}). "
                "It is not served; the file served before is untouched."
            )
        release = _release_of(connection, target, is_new=True)
        _check_rows(connection, release, smallest)
    return release


def _check_rows(connection: duckdb.DuckDBPyConnection, release: Release, smallest: int) -> None:
    result = connection.execute(
        f"""
        select
            count(*) - count(distinct (indicator_code, region_code, period_grain, period_start)),
            count(*) filter (where denominator between 1 and ?),
            count(*) filter (where is_suppressed and coalesce({", ".join(FIGURES)}) is not null)
        from fct_indicator_values
        """,
        [smallest - 1],
    )
    repeated, shown_small, betraying = one_row(result)
    result = connection.execute(
        "select count(*) from indicator_values "
        f"where is_suppressed and coalesce({', '.join(FIGURES + WIDE_FIGURES)}) is not null"
    )
    betraying_wide = one_value(result)
    # The wide table also contains a row for each month in which the city has no value.
    result = connection.execute(
        "select count(*) from fct_indicator_values "
        "anti join indicator_values using (indicator_code, region_code, period_grain, period_start)"
    )
    incomplete = one_value(result)
    empty = [table for table, rows in release.row_counts.items() if rows == 0]
    failed = {
        "empty tables": empty,
        "values given twice": repeated,
        "small cells shown": shown_small,
        "hidden cells that show a figure": betraying + betraying_wide,
        "wide table incomplete": incomplete,
    }
    if any(failed.values()):
        reasons = "; ".join(f"{name}: {found}" for name, found in failed.items() if found)
        raise ServingError(
            f"The leadership file failed its checks ({reasons}). "
            "It is not served; the file served before is untouched."
        )


def _release_of(connection: duckdb.DuckDBPyConnection, path: Path, *, is_new: bool) -> Release:
    result = connection.execute("select release_id, data_as_of, lake_snapshot from release")
    release_id, as_of, snapshot = one_row(result)
    counts = {
        table: one_value(connection.execute(f"select count(*) from {table}"))
        for table in sorted(ALLOWED_COLUMNS)
    }
    missing = connection.execute(
        "select indicator_code from dim_indicators where indicator_code not in "
        "(select indicator_code from fct_indicator_values where region_level = 'city') order by display_order"
    ).fetchall()
    return Release(AUDIENCE, release_id, as_of, snapshot, path, counts, [code for (code,) in missing], is_new)


def _switch(beside: Path, target: Path, release: Release) -> None:
    kept = _kept_path(target, release.release_id)
    kept.parent.mkdir(exist_ok=True)
    beside.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    sync(beside)
    if not kept.exists():
        os.link(beside, kept)
    beside.replace(target)
    for folder in (kept.parent, target.parent):
        sync(folder)


def _write_receipt(target: Path, release: Release) -> None:
    content = json.dumps(asdict(release), default=str, ensure_ascii=False, indent=1)
    write_text_durably(target.with_suffix(".json"), content)


def _note_roll_back(target: Path, release_id: str, rolled_back_by: str, reason: str) -> None:
    """Record the roll-back before the switch, so that a kill cannot leave one that nobody answers for."""
    now = datetime.now(ZoneInfo("Asia/Shanghai")).isoformat(timespec="seconds")
    note = {"at": now, "release_id": release_id, "rolled_back_by": rolled_back_by, "reason": reason}
    log = target.parent / "releases" / f"{target.stem}-roll-backs.jsonl"
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(note, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _kept_path(target: Path, release_id: str) -> Path:
    return target.parent / "releases" / f"{target.stem}-{release_id}.duckdb"


def _kept_releases(target: Path) -> list[Path]:
    found = (target.parent / "releases").glob(f"{target.stem}-*.duckdb")
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def _forget_old_releases(target: Path) -> None:
    for old in _kept_releases(target)[RELEASES_KEPT:]:
        old.unlink()


def _forget_killed_builds(target: Path) -> None:
    """Delete the unfinished files of killed publishes; a process that still runs keeps its own."""
    for left in target.parent.glob(f".{target.stem}.*.building*"):
        pid = left.name.removeprefix(f".{target.stem}.").partition(".")[0]
        try:
            is_gone = not (pid.isdecimal() and still_runs(int(pid), left.stat().st_mtime))
        except FileNotFoundError:
            continue
        if is_gone:
            left.unlink(missing_ok=True)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path), read_only=True, config=LOCKED) as connection:
        yield connection
