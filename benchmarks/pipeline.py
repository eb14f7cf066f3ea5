"""`make bench`: every stage at scale 0.1, next to a bare DuckDB COPY of the bytes it wrote.

Each stage runs as a separate process, so that wall time and peak memory come from the operating system's
accounting. The table goes to docs/performance.md.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import psutil

from pipelines.contracts import load_contracts
from pipelines.installation.one_row import one_value
from pipelines.installation.state import prepare
from pipelines.operations.demo import SIMULATED_TODAY, service_of
from pipelines.settings import PROJECT_ROOT, Settings

BRAIN = str(Path(sys.executable).with_name("brain"))
SCALE = os.environ.get("SCALE_OF_BENCH", "0.1")
SEED = "20200701"
PAGE = PROJECT_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- pipeline: begin -->", "<!-- pipeline: end -->"


@dataclass(frozen=True)
class Measured:
    """One stage: wall seconds, peak resident bytes of its largest process, bytes and rows written."""

    stage: str
    seconds: float
    peak_bytes: int
    written_bytes: int
    rows: int
    copy_seconds: float

    def cells(self) -> list[str]:
        """Return the stage as a row of the table."""
        ratio = f"{self.seconds / self.copy_seconds:.1f}" if self.copy_seconds else "–"
        return [
            self.stage, f"{self.rows:,}", f"{self.written_bytes / 1e6:,.1f}", f"{self.seconds:.1f}",
            f"{self.peak_bytes / 1e6:,.0f}", f"{self.copy_seconds:.2f}" if self.copy_seconds else "–", ratio,
        ]  # fmt: skip


def main() -> None:
    """Run the stages in a separate home and rewrite the table."""
    home = Path(tempfile.mkdtemp(prefix="brain-bench-"))
    settings = Settings(home=home, today=SIMULATED_TODAY)
    environment = os.environ | {"BRAIN_HOME": str(home), "BRAIN_TODAY": SIMULATED_TODAY.isoformat()}
    try:
        stages = run_stages(settings, environment)
    finally:
        subprocess.run([BRAIN, "stop"], env=environment, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)
    table = render(stages)
    print(table)
    write_page(table)


def run_stages(settings: Settings, environment: dict[str, str]) -> list[Measured]:
    """Generate, serve, pull each system, build, publish."""
    simulator = [sys.executable, "-m", "simulator"]
    home = str(settings.home)
    generate = [*simulator, "generate", "--home", home, "--scale", SCALE, "--seed", SEED]
    city = settings.home / "simulator"
    stages = [_stage("generate the city", generate, environment, lambda: _files(city))]
    prepare(settings)
    contracts = load_contracts(settings.sources_dir)
    served = [
        subprocess.Popen([*simulator, "serve", service, "--home", home], env=environment)
        for service in sorted({service_of(contract) for contract in contracts.values()})
    ]
    try:
        _wait_for(settings, list(contracts))
        for system in contracts:
            stages.append(
                _stage(
                    f"pull {system}",
                    [BRAIN, "pull", system],
                    environment,
                    partial(_files, settings.landing / system),
                )
            )
    finally:
        for process in served:
            process.terminate()
            process.wait()
    stages.append(_stage("build", [BRAIN, "build"], environment, lambda: _files(settings.lake_data)))
    stages.append(_stage("publish", [BRAIN, "publish"], environment, lambda: _files(settings.shares)))
    return stages


def _stage(
    name: str, command: list[str], environment: dict[str, str], outputs: Callable[[], list[Path]]
) -> Measured:
    before = set(outputs())
    started = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{name}: {' '.join(command)} failed")
    files = [path for path in outputs() if path not in before and path.suffix == ".parquet"]
    rows, copy_seconds = _bare_copy(files)
    return Measured(
        name, seconds, usage.ru_maxrss * 1024, sum(path.stat().st_size for path in files), rows, copy_seconds
    )


def _bare_copy(files: list[Path]) -> tuple[int, float]:
    """Measure DuckDB alone reading these files and writing them again, file by file, with the same codec."""
    rows, started = 0, time.monotonic()
    with duckdb.connect(config={"threads": 2}) as connection, tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files):
            target = Path(folder) / f"{number}.parquet"
            copied = connection.execute(
                f"copy (from read_parquet('{path}')) to '{target}' (format parquet, compression zstd)"
            )
            rows += one_value(copied)
            target.unlink()
    return rows, time.monotonic() - started if files else 0.0


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.parquet") if path.is_file() and not path.is_symlink()]


def _wait_for(settings: Settings, systems: list[str]) -> None:
    deadline = time.monotonic() + 300
    while not all((settings.secrets / "sources" / f"{system}.json").exists() for system in systems):
        if time.monotonic() > deadline:
            raise SystemExit("The source systems did not start.")
        time.sleep(0.5)


def render(stages: list[Measured]) -> str:
    """Return the table, with the machine it was measured on."""
    header = ["stage", "rows", "MB written", "seconds", "peak MB", "bare COPY s", "ratio"]
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} at scale {SCALE} on {_machine()}.", "",
        "| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1),
        *("| " + " | ".join(stage.cells()) + " |" for stage in stages),
    ]  # fmt: skip
    return "\n".join(lines)


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, {versions}"


def write_page(table: str) -> None:
    """Replace the table between the page's markers."""
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}")


if __name__ == "__main__":
    main()
