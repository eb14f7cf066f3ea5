"""The status of the whole installation at a glance, with a remedy for each problem."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import duckdb

from pipelines.delivery import share_gate
from pipelines.installation import processes
from pipelines.installation.disk_space import full_disk
from pipelines.installation.one_row import one_row, one_value
from pipelines.installation.state import connect_state
from pipelines.lake.catalog import NoLakeError
from pipelines.lake.connection import current_snapshot, reader
from pipelines.lake.serving import served_release
from pipelines.operations.automation import switched_off
from pipelines.operations.backup_status import backup_problems, backup_status, lost_file_problems
from pipelines.operations.build_status import build_problems
from pipelines.operations.errors import RunRecordsError
from pipelines.operations.secret_status import secret_problems
from pipelines.operations.source_status import FILE_COUNTS, OPEN_DRIFT, source_status
from pipelines.settings import Settings
from pipelines.stream.metrics import stream_status

WAITING = "select count(*), coalesce(sum(rows_landed), 0) from ops.batches where registered_at is null"
REGISTERED = "select exists (select from ops.batches where registered_at is not null)"
NEWEST_BATCH = "select max(landed_at) from ops.batches"


def platform_status(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """Return servers, sources, streams, data, shares, backups and problems, each as rows."""
    sources = source_status(settings)
    shares = share_gate.shares(settings)
    backups = backup_status(settings)
    return {
        "servers": _servers(settings),
        "sources": [
            {name: row[name] for name in ("system", "state", "last_pull", "next_due")} for row in sources
        ],
        "streams": stream_status(settings),
        "data": _data(settings),
        "shares": [
            {
                "share": f"{row['department']}/{row['dataset']}",
                "serving_version": row["serving_version"],
                "last_verdict": row["last_verdict"],
                "last_decided_at": row["last_decided_at"],
            }
            for row in shares
        ],
        "backups": backups,
        "problems": [
            *_disk_problems(settings),
            *_server_problems(settings),
            *_lake_problems(settings),
            *_orchestrator_problems(settings),
            *_source_problems(sources),
            *_file_problems(settings),
            *_share_problems(shares, settings.current_date()),
            *_drift(settings),
            *secret_problems(settings, backups),
            *backup_problems(backups),
            *lost_file_problems(settings),
        ],
    }


def _servers(settings: Settings) -> list[dict[str, Any]]:
    return [
        {"server": found.name, "running": found.is_running, "pid": found.pid, "log": str(found.log)}
        for found in processes.known(settings)
    ]


def _disk_problems(settings: Settings) -> list[dict[str, Any]]:
    if not (told := full_disk(settings.home)):
        return []
    what, what_to_do = told.split(": ", 1)
    return [{"where": "disk", "what": what, "what_to_do": what_to_do.capitalize()}]


def _server_problems(settings: Settings) -> list[dict[str, Any]]:
    """Return the servers that exited without being stopped: stopping a server removes its pid file."""
    return [
        {
            "where": found.name,
            "what": "it ended by itself, or with the machine, and does not run",
            "what_to_do": f"`brain start` starts it again; the end of {found.log} says why it ended.",
        }
        for found in processes.known(settings)
        if not found.is_running
    ]


def _data(settings: Settings) -> list[dict[str, Any]]:
    with connect_state(settings) as state:
        waiting, rows = one_row(state.execute(WAITING))
        newest = one_value(state.execute(NEWEST_BATCH))
    release = served_release(settings)
    return [
        {
            "today": settings.current_date(),
            "newest_batch": newest,
            "batches_waiting": waiting,
            "rows_waiting": int(rows),
            "lake_snapshot": _snapshot(settings),
            "release": release.release_id if release else None,
            "data_as_of": release.data_as_of if release else None,
        }
    ]


def _snapshot(settings: Settings) -> int | None:
    """Return the lake's newest snapshot; None if there is no lake yet, or `_lake_problems` says why not."""
    with suppress(duckdb.Error, NoLakeError), reader(settings) as connection:
        return current_snapshot(connection)
    return None


def _lake_problems(settings: Settings) -> list[dict[str, Any]]:
    """Return why the lake cannot be opened although something was registered in it."""
    with connect_state(settings) as state:
        if not one_value(state.execute(REGISTERED)):
            return []
    try:
        with reader(settings):
            return []
    except (duckdb.Error, NoLakeError) as error:
        return [
            {
                "where": "lake",
                "what": f"it cannot be opened: {str(error).splitlines()[0]}",
                "what_to_do": "Mend what the message says; nothing is built or published until then.",
            }
        ]


def _source_problems(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    steps = {
        "failed": "Mend what the message says, then `brain pull {system}`; nothing was lost.",
        "late": "`brain pull {system}`",
        "never pulled": "`brain pull {system}`",
    }
    return [
        {
            "where": row["system"],
            "what": row["problems"] or row["state"],
            "what_to_do": steps[row["state"]].format(system=row["system"]),
        }
        for row in sources
        if row["state"] in steps
    ]


def _file_problems(settings: Settings) -> list[dict[str, Any]]:
    """Count the unread dropped files of each system."""
    counts: dict[str, list[str]] = {}
    with connect_state(settings) as state:
        for system, status, files in state.execute(FILE_COUNTS).fetchall():
            counts.setdefault(system, []).append(f"{files} {status}")
    return [
        {
            "where": system,
            "what": f"dropped files: {', '.join(found)}",
            "what_to_do": f"`brain sources files {system}` says why; their owner sends them anew.",
        }
        for system, found in counts.items()
    ]


def _share_problems(shares: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    told = ((f"{row['department']}/{row['dataset']}", _share_problem(row, today)) for row in shares)
    return [{"where": share, "what": found[0], "what_to_do": found[1]} for share, found in told if found]


def _share_problem(row: dict[str, Any], today: date) -> tuple[str, str] | None:
    """Return the problem of a share and its remedy."""
    if row["label"] is None:
        withdraw = f"`brain share withdraw {row['department']}/{row['dataset']}`, or put its contract back"
        return ("its contract is gone, and it is still served", withdraw) if row["serving_version"] else None
    if row["serving_version"] and row["beyond_grant"]:
        beyond = "; ".join(row["beyond_grant"])
        return (
            f"version {row['serving_version']} is served beyond its grant: {beyond}",
            "`brain publish` serves what is granted, or stops the supply where that does not pass.",
        )
    if row["last_verdict"] == "withdraw":
        return _stopped_supply(row, today)
    if row["serving_version"] and row["expires_on"] < today:
        return (
            f"its grant ended on {row['expires_on']}",
            "`brain publish` stops the supply; or renew the grant.",
        )
    if row["last_verdict"] == "block":
        shown = f"`brain quality show {row['last_gate_run_id']}`, then correct it at the source"
        return "the gate stopped the newest version; the one before stays served", shown
    return None


def _stopped_supply(row: dict[str, Any], today: date) -> tuple[str, str]:
    if not row["granted_on"] <= today <= row["expires_on"]:
        return "its supply was stopped", "Renew the grant in its contract, then `brain publish`."
    if row["is_last_judged"]:
        return (
            "its supply was stopped: what was served is not granted, and the newest version did not pass",
            f"`brain quality show {row['last_gate_run_id']}`, then correct it at the source",
        )
    return (
        f"its supply was stopped, and its grant runs until {row['expires_on']}",
        "`brain publish` brings it through the gate again; end the grant in its contract if it is not to be.",
    )


def _orchestrator_problems(settings: Settings) -> list[dict[str, Any]]:
    try:
        return [*build_problems(settings), *_switched_off(settings)]
    except RunRecordsError as error:
        unknown = f"how the newest build ended and what was switched off cannot be read: {error}"
        return [{"where": "dagster", "what": unknown, "what_to_do": "Mend what the message says."}]


def _switched_off(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "where": name,
            "what": "switched off: it does not run by itself any more",
            "what_to_do": "Switch it on again under Automation on Dagster's page.",
        }
        for name in switched_off(settings)
    ]


def _drift(settings: Settings) -> list[dict[str, Any]]:
    with connect_state(settings) as state:
        found = state.execute(OPEN_DRIFT).fetchall()
    return [
        {
            "where": f"{system}.{table}",
            "what": f"{column}: {difference} ({policy})".removeprefix(": "),
            "what_to_do": f"Agree with {owner}, then change the contract in sources/{system}.",
        }
        for system, table, column, difference, policy, owner in found
    ]
