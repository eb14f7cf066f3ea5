"""Looking after the installation: servers, status, the lake's upkeep, backups, streams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Json
from pipelines.cli.output import console, errors, failures_as_messages, show, show_json
from pipelines.contracts import load_contracts
from pipelines.installation.state import prepare
from pipelines.operations.status import platform_status
from pipelines.settings import get_settings

NO_BACKUP = "Backups: none; `brain backup FOLDER` makes one."


def start() -> None:
    """Start the platform's servers: database, stream consumers, Dagster, Superset."""
    from pipelines.operations.services import (
        begin_dashboard_setup,
        finish_dashboard,
        start_orchestrator,
        start_streams,
    )

    settings = get_settings()
    with failures_as_messages():
        prepare(settings)
        begin_dashboard_setup(settings)
        start_streams(settings, load_contracts(settings.sources_dir).values())
        for service in (start_orchestrator(settings), finish_dashboard(settings)):
            console.print(f"{service.name}: {service.address}")


def stop() -> None:
    """Stop every server that this installation started."""
    from pipelines.operations.services import stop_all

    with failures_as_messages():
        stopped = stop_all(get_settings())
    console.print(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")


def status(as_json: Json = False) -> None:
    """What is fresh, late, failed and waiting, and what to do about it."""
    with failures_as_messages():
        found = platform_status(get_settings())
    if as_json:
        show_json(found)
        return
    for title, rows in found.items():
        empty = NO_BACKUP if title == "backups" else f"{title.capitalize()}: none."
        show(rows, title=title.capitalize(), as_json=False, empty=empty)
        console.print()


def maintain(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which states would go, and change nothing.")
    ] = False,
) -> None:
    """Merge the lake's small files and let go of its old states; every morning by itself."""
    from pipelines.operations.runs import maintain as maintain_lake

    with failures_as_messages():
        done = maintain_lake(get_settings(), dry_run=dry_run)
    expired = done.expired
    console.print(
        f"{'Would let go of' if dry_run else 'Let go of'} {expired.snapshots:,} states of the lake; "
        f"{expired.snapshots_kept:,} are kept."
    )
    if not dry_run:
        console.print(
            f"Merged {done.merged.files:,} files into {done.merged.into:,}, and freed {expired.files:,}, "
            f"{expired.bytes / 10**6:,.1f} MB."
        )


def backup(
    folder: Annotated[
        Path, typer.Argument(help="A folder on another disk; what it holds already is not copied again.")
    ],
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Also read every unchanged file, here and there, and copy anew what a disk damaged there.",
        ),
    ] = False,
) -> None:
    """Write or renew a backup of everything that cannot be made again, while the platform runs."""
    from pipelines.operations.backup import back_up
    from pipelines.operations.backup_status import lost_file_problems

    with failures_as_messages():
        done = back_up(get_settings(), folder, verify=verify)
        lost = lost_file_problems(get_settings())
    if verify:
        console.print(
            "Read every unchanged file and its copy: "
            + (f"{done.files_mended:,} damaged copies were made anew." if done.files_mended else "all whole.")
        )
    console.print(
        f"Backed up the database and {done.files:,} files, {done.bytes / 10**6:,.1f} MB, as of "
        f"{done.taken_at}; {done.files_copied:,} were new. The folder holds personal data and every secret: "
        "keep it as closed as the home."
    )
    for found in lost:
        errors.print(f"Of the home's files {found['what']}. {found['what_to_do']}", soft_wrap=True)


def restore(
    folder: Annotated[Path, typer.Argument(help="A folder that `brain backup` filled.")],
) -> None:
    """Make BRAIN_HOME, a new folder, the installation that a backup holds."""
    from pipelines.operations.backup import restore as restore_home

    with failures_as_messages():
        settings = get_settings()
        done = restore_home(settings, folder)
    console.print(
        f"Restored the database and {done.files:,} files as of {done.taken_at} into {settings.home}. "
        "`brain quality reconcile` counts whether every row is there, `brain audit verify` checks what was "
        "delivered; `brain start` starts the servers."
    )


def stream(system: str) -> None:
    """Receive a stream system's messages until told to stop."""
    from pipelines.stream import consume_forever

    settings = get_settings()
    with failures_as_messages():
        prepare(settings)
        consume_forever(settings, system)
