"""Run dbt on the lake: environment, writer lock, invocation.

dbt has no settings of its own: everything `profiles.yml` requires is prepared here. dbt runs in this process
on a project parsed once, since starting a dbt process would take longer than most builds. From the command
line: `python -m pipelines.lake.dbt build --select staging`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_dict

from pipelines.installation.durable_files import write_durably
from pipelines.installation.engine import install_extensions
from pipelines.installation.state import prepare, state_conninfo
from pipelines.lake.catalog import follow_home
from pipelines.lake.connection import reader, writer_lock
from pipelines.lake.project import newest_project_file
from pipelines.settings import Settings, get_settings

SHOWN_KEYS = 5
WRITING = {"build", "run", "seed", "snapshot", "test", "run-operation"}
# The result events of a node; dbt emits ten debug-level events for each of these.
RESULT_EVENTS = {"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"}
# A line of an error that begins with its kind; what stands behind the kind may quote a value of a row.
ERROR_KIND = re.compile(r"^\s*([A-Z][A-Za-z]*(?: [A-Za-z]+){0,3} Error)(?=:| in )", re.MULTILINE)
# What dbt calls whatever its database says.
DBT_KINDS = {"Runtime Error", "Database Error", "Compilation Error"}


class DbtFailedError(RuntimeError):
    """dbt reported failures; the message names the nodes."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables that `profiles.yml` reads, none of them secret."""
    return {
        "BRAIN_CATALOG": f"ducklake:postgres:{state_conninfo(settings)}",
        "BRAIN_LAKE_DATA": str(settings.lake_data),
        "BRAIN_EXTENSIONS": str(settings.extensions),
        "BRAIN_THREADS": str(settings.threads),
        "BRAIN_MEMORY_LIMIT": settings.memory_limit,
        "BRAIN_TEMPORARY": str(settings.home / "tmp"),
        "DBT_TARGET_PATH": str(settings.home / "dbt"),
        "DBT_LOG_PATH": str(settings.home / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",
        # dbt writes its manifest in place with every command; a killed command would leave it truncated.
        "DBT_WRITE_JSON": "false",
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_PROJECT_DIR": str(settings.dbt_project),
    }


def dbt_variables(settings: Settings) -> dict[str, str]:
    """Return the project variables of this installation."""
    return {"as_of": settings.current_date().isoformat()}


def run_dbt(
    settings: Settings, arguments: Sequence[str], *, on_event: Callable[[EventMsg], None] | None = None
) -> dbtRunnerResult:
    """Run one dbt command in this process, holding the writer lock if it writes.

    Args:
        on_event: called with each event while the command runs.

    Raises:
        DbtFailedError: at least one model or test failed; what succeeded is kept.
    """
    if arguments[0] != "parse":
        prepare(settings)
        follow_home(settings)
    install_extensions(settings)
    command = [*arguments, "--vars", json.dumps(dbt_variables(settings))]
    with _lock_if_writing(settings, arguments), environment(dbt_environment(settings)):
        parsed = _parsed_project(settings).deepcopy() if arguments[0] in WRITING else None
        runner = dbtRunner(manifest=parsed, callbacks=[on_event] if on_event else [])
        result = runner.invoke(command)
    if not result.success:
        raise DbtFailedError(_failure(settings, arguments, result))
    return result


def dbt_results(settings: Settings, arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run one dbt command and yield each node's result as it arrives, in the form of dbt's JSON log.

    Raises:
        DbtFailedError: as `run_dbt`, after the last result.
    """
    results: SimpleQueue[EventMsg | None] = SimpleQueue()

    def queue_result(event: EventMsg) -> None:
        if event.info.name in RESULT_EVENTS:
            results.put(event)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="dbt") as runner:
        running = runner.submit(run_dbt, settings, arguments, on_event=queue_result)
        running.add_done_callback(lambda _: results.put(None))
        while (result := results.get()) is not None:
            yield msg_to_dict(result)
        running.result()


def ensure_manifest(settings: Settings) -> Path:
    """Return the project's manifest, parsed and replaced anew if a project file is newer or it is damaged."""
    manifest = settings.home / "dbt" / "manifest.json"
    if not _is_whole(manifest) or manifest.stat().st_mtime <= newest_project_file(settings.dbt_project):
        with environment(dbt_environment(settings)):
            parsed = _parsed_project(settings)
        write_durably(manifest, lambda path: parsed.writable_manifest().write(str(path)))
    return manifest


def _is_whole(manifest: Path) -> bool:
    try:
        return bool(json.loads(manifest.read_bytes()))
    except (FileNotFoundError, ValueError):
        return False


def _parsed_project(settings: Settings) -> Manifest:
    """Return the project as parsed by this process, cached until a file or variable changes; read-only."""
    variables = tuple(dbt_variables(settings).items())
    return _parse(settings.dbt_project, variables, newest_project_file(settings.dbt_project))


# What it does not read itself, dbt reads: another value of it is another project.
@lru_cache(maxsize=1)
def _parse(_project: Path, variables: tuple[tuple[str, str], ...], _newest_file: float) -> Manifest:
    result = dbtRunner().invoke(["parse", "--quiet", "--vars", json.dumps(dict(variables))])
    if not result.success or not isinstance(result.result, Manifest):
        raise DbtFailedError(f"The dbt project could not be parsed: {result.exception}")
    return result.result


@contextmanager
def _lock_if_writing(settings: Settings, arguments: Sequence[str]) -> Iterator[None]:
    if arguments and arguments[0] in WRITING:
        with writer_lock(settings):
            yield
    else:
        yield


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for dbt, here or in a child process, and restore the previous values."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _failure(settings: Settings, arguments: Sequence[str], result: dbtRunnerResult) -> str:
    if result.exception is not None:
        return f"dbt {arguments[0]} could not run: {result.exception}"
    failed = [
        f"{item.node.unique_id}: {item.status}{_kind(item)}{_failing_keys(settings, item)}"
        for item in getattr(result.result, "results", [])
        if str(item.status) in {"error", "fail", "runtime error"}
    ]
    return (
        f"dbt {arguments[0]} failed at {', '.join(failed)}. Everything before it is kept in the lake. "
        f"What the database said, in full and perhaps with values of rows, is in "
        f"{settings.home / 'logs' / 'dbt.log'}: mend the first cause there, then run the command again."
    )


def _kind(item: Any) -> str:
    """Which kind of error stopped a node; the whole of it may hold a value of a row."""
    if str(item.status) == "fail":
        return ""
    kinds = dict.fromkeys(ERROR_KIND.findall(item.message or ""))
    named = [kind for kind in kinds if kind not in DBT_KINDS] or list(kinds)
    return f" ({', '.join(named)})" if named else ""


def _failing_keys(settings: Settings, item: Any) -> str:
    """Return the first rows of a failed data test, which selects keys and codes, never personal values."""
    query = getattr(item.node, "compiled_code", None)
    if str(item.status) != "fail" or item.node.resource_type != "test" or not query:
        return ""
    with reader(settings) as connection:
        rows = connection.execute(f"select * from ({query}) as failing limit {SHOWN_KEYS}").fetchall()
    return " at " + "; ".join(str(row[0]) for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; exit status 1 if anything failed."""
    try:
        run_dbt(get_settings(), list(sys.argv[1:] if arguments is None else arguments))
    except DbtFailedError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
