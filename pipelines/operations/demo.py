"""The main job end to end on a synthetic city, as `brain demo` runs it.

Every stage inspects the current state and does what is missing, so the demo is
idempotent and can be resumed after a kill. Only the simulated source systems, and
the fault planted to show door 2 at work, are specific to the demo.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from pipelines.assets.delivery import GATE_CHECK
from pipelines.assets.landing import DOOR_CHECK, landed_key
from pipelines.contracts import SourceContract
from pipelines.delivery.share_gate import history as history_of
from pipelines.installation import processes
from pipelines.installation.engine import install_extensions
from pipelines.installation.state import prepare
from pipelines.lake.connection import reader
from pipelines.operations.runs import RunOutcome, checks_in_words, is_up_to_date, run_job
from pipelines.operations.services import (
    Service,
    begin_dashboard_setup,
    finish_dashboard,
    start_orchestrator,
    start_streams,
    stop_all,
)
from pipelines.settings import Settings

SIMULATED_TODAY = date(2026, 6, 30)
DEMONSTRATED_SHARE = "civil_affairs/elderly_living_alone"
SHARE_SLICE = ("share", "share_civil_affairs__elderly_living_alone")
FILE_EXCHANGE = "exchange"
FAULTY_TABLES = [landed_key("population", "hj_person").path]


@dataclass(frozen=True)
class Stage:
    """One row of the final table; seconds are wall time, rows are counts."""

    name: str
    seconds: float
    rows_in: int | None = None
    rows_out: int | None = None
    quarantined: int | None = None
    note: str = ""


@dataclass
class Demo:
    """One demonstration: its settings, its sources and the completed stages."""

    settings: Settings
    contracts: Mapping[str, SourceContract]
    scale: float
    seed: int
    tell: Callable[[str], None]
    stages: list[Stage] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Time a stage; entries put into the yielded mapping become its row of the table."""
        self.tell(name)
        line: dict[str, Any] = {}
        started = time.monotonic()
        yield line
        self.stages.append(Stage(name=name, seconds=round(time.monotonic() - started, 1), **line))


class DemoFailedError(RuntimeError):
    """A stage did not do what the demo promises; the results of earlier stages are kept."""


def run_demo(demo: Demo, *, serve: bool) -> None:
    """Run every stage; leave servers running if `serve`, and none otherwise.

    Raises:
        DemoFailedError: names the failed stage and where to look.
    """
    try:
        _prepare(demo, serve=serve)
        _simulate(demo)
        _start_sources(demo)
        _pull(demo)
        _build(demo)
        _publish(demo)
        _show_the_gate(demo)
        if serve:
            _serve(demo)
    finally:
        if not serve:
            stop_all(demo.settings)


def _prepare(demo: Demo, *, serve: bool) -> None:
    with demo.stage("platform") as line:
        prepare(demo.settings)
        install_extensions(demo.settings)
        if serve:
            begin_dashboard_setup(demo.settings)
        line["note"] = "PostgreSQL, lake catalog, engine extensions"


def _simulate(demo: Demo) -> None:
    with demo.stage("synthetic city") as line:
        _simulator(demo, "generate", "--scale", str(demo.scale), "--seed", str(demo.seed))
        manifest = json.loads((demo.settings.home / "simulator" / "manifest.json").read_text())
        served = [
            f"simulator/{item.system}/{table}.parquet"
            for item in demo.contracts.values()
            for table in item.tables
        ]
        line["rows_out"] = sum(manifest["files"][name] for name in served)
        line["note"] = (
            f"scale {demo.scale}, seed {demo.seed}: {len(demo.contracts)} systems, with planted faults"
        )


def _start_sources(demo: Demo) -> None:
    with demo.stage("source systems") as line:
        services = {system: service_of(contract) for system, contract in demo.contracts.items()}
        for service in dict.fromkeys(services.values()):
            arguments = ["-m", "simulator", "serve", service, "--home", str(demo.settings.home)]
            processes.start(demo.settings, service, [sys.executable, *arguments])
        for system, service in services.items():
            is_served = partial(_is_served, demo.settings, system, service)
            processes.wait_until_ready(demo.settings, service, is_served)
        transports = sorted({contract.server.transport for contract in demo.contracts.values()})
        line["note"] = f"{len(services)} systems over {', '.join(transports)}"


def _pull(demo: Demo) -> None:
    with demo.stage("pull") as line:
        outcome = _run(demo, "pull")
        failed = [asset for asset in outcome.assets if asset.metadata["status"] == "failed"]
        if failed:
            raise DemoFailedError("\n".join(str(asset.metadata["message"]) for asset in failed))
        line["rows_in"] = _total(outcome, "rows_read")
        line["rows_out"] = _total(outcome, "rows_landed")
        line["quarantined"] = _total(outcome, "rows_quarantined")
        line["note"] = f"door 1: {_passed(outcome, DOOR_CHECK)}"


def _build(demo: Demo) -> None:
    with demo.stage("build") as line:
        if is_up_to_date(demo.settings):
            line["note"] = "nothing has landed and no model has changed since the last build"
            return
        outcome = _run(demo, "build")
        counts = _rows_by_schema(demo.settings)
        line["rows_in"], line["rows_out"] = counts["staging"], counts["core"]
        line["note"] = f"{len(outcome.assets)} tables, {_passed(outcome)}"


def _publish(demo: Demo) -> None:
    with demo.stage("publish") as line:
        outcome = _run(demo, "publish")
        line["rows_out"] = _rows_by_schema(demo.settings)["share"]
        line["note"] = f"door 2: {_passed(outcome, GATE_CHECK)}; leadership file released"


def _show_the_gate(demo: Demo) -> None:
    """Plant a fault at the source, see the gate block it, correct it, see the gate pass.

    The ledger records whether this was shown before, so a second run does not repeat it.
    """
    with demo.stage("gate: stop and pass") as line:
        history = history_of(demo.settings, DEMONSTRATED_SHARE)
        if "block" not in [entry["verdict"] for entry in history]:
            _simulator(demo, "fault", "plant")
            if _round(demo, only_for=SHARE_SLICE):
                raise DemoFailedError("The gate let the planted fault pass. See `brain share history`.")
            history = history_of(demo.settings, DEMONSTRATED_SHARE)
        if history[0]["verdict"] == "block":
            _simulator(demo, "fault", "correct")
            if not _round(demo):
                raise DemoFailedError("The gate stopped the corrected share. See `brain share history`.")
            history = history_of(demo.settings, DEMONSTRATED_SHARE)
        verdicts = [entry["verdict"] for entry in reversed(history)]
        line["note"] = f"{DEMONSTRATED_SHARE}: {' → '.join(verdicts)}"


def _round(demo: Demo, *, only_for: Sequence[str] | None = None) -> bool:
    """Pull the changed table, build and publish; return whether the gate released the share."""
    _run(demo, "pull", assets=FAULTY_TABLES)
    _run(demo, "build", only_for=only_for)
    outcome = _run(demo, "publish")
    return all(check.passed for check in outcome.checks if check.check == GATE_CHECK)


def _serve(demo: Demo) -> None:
    with demo.stage("dashboard") as line:
        start_streams(demo.settings, demo.contracts.values())
        demo.services = [finish_dashboard(demo.settings), start_orchestrator(demo.settings)]
        line["note"] = ", ".join(service.name for service in demo.services)


def _run(
    demo: Demo, job: str, *, assets: list | None = None, only_for: Sequence[str] | None = None
) -> RunOutcome:
    outcome = run_job(demo.settings, job, assets=assets, only_for=only_for)
    if not outcome.success:
        raise DemoFailedError(f"The run of '{job}' failed. " + "\n".join(outcome.errors))
    return outcome


def _simulator(demo: Demo, *arguments: str) -> None:
    command = [sys.executable, "-m", "simulator", *arguments, "--home", str(demo.settings.home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoFailedError(f"The simulator failed at '{arguments[0]}': {done.stderr.strip()[-800:]}")


def service_of(contract: SourceContract) -> str:
    """Return the process that serves a system: its own, or the server where systems drop their files."""
    return FILE_EXCHANGE if contract.server.transport == "sftp" else contract.system


def _is_served(settings: Settings, system: str, service: str) -> bool:
    """Whether a source is being served: it writes its address only once it answers."""
    try:
        endpoint = settings.secrets / "sources" / f"{system}.json"
        started = processes.status(settings, service).started_at
        return started is not None and endpoint.stat().st_mtime >= started
    except FileNotFoundError:
        return False


def _total(outcome: RunOutcome, name: str) -> int:
    return sum(int(asset.metadata[name]) for asset in outcome.assets)


def _passed(outcome: RunOutcome, check: str | None = None) -> str:
    return checks_in_words([item for item in outcome.checks if check in (None, item.check)])


def _rows_by_schema(settings: Settings) -> dict[str, int]:
    query = """
        select schema_name, sum(estimated_size)::bigint
        from duckdb_tables()
        where database_name = 'lake'
        group by schema_name
    """
    with reader(settings) as connection:
        return dict(connection.execute(query).fetchall())
