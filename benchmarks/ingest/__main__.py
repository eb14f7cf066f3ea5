"""`make bench-ingest`: every transport several times, each in its own home, into docs/performance.md."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import psutil

from benchmarks.ingest.measure import Measured
from pipelines.installation.state import embedded_server, prepare
from pipelines.settings import PROJECT_ROOT, Settings

ROWS = int(os.environ.get("ROWS", "1000000"))
REPEATS = int(os.environ.get("REPEATS", "3"))
PAGE = PROJECT_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- ingest: begin -->", "<!-- ingest: end -->"
HEADER = (
    "transport", "rows", "rows/s", "bare COPY rows/s", "ratio",
    "COPY out of the source rows/s", "ratio to it",
)  # fmt: skip
# Slower transports move fewer rows, so that the whole run takes minutes.
TRANSPORTS = {
    "databases:over_postgres": 1.0,
    "databases:over_mysql": 1.0,
    "interface:over_rest": 0.1,
    "messages:over_mqtt": 0.1,
    "files:over_csv": 0.25,
    "files:over_excel": 0.02,
}


def main() -> None:
    """Measure each transport and rewrite the table."""
    load_before = os.getloadavg()[0]
    results = []
    for name, share in TRANSPORTS.items():
        runs = [_measure(name, max(1, int(ROWS * share))) for _ in range(REPEATS)]
        results.append(sorted(runs, key=lambda run: run.ratio)[REPEATS // 2])
        print(" | ".join(results[-1].cells()), flush=True)
    table = _render(results, load_before)
    print(table)
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _measure(name: str, rows: int) -> Measured:
    module, _, function = name.partition(":")
    transport: Callable[[Settings, int], Measured]
    transport = getattr(import_module(f"benchmarks.ingest.{module}"), function)
    home = Path(tempfile.mkdtemp(prefix="brain-bench-"))
    home.chmod(0o755)
    settings = Settings(home=home)
    prepare(settings)
    try:
        return transport(settings, rows)
    finally:
        embedded_server(settings).stop()
        shutil.rmtree(home, ignore_errors=True)


def _render(results: list[Measured], load_before: float) -> str:
    processors, memory = os.cpu_count(), psutil.virtual_memory().total / 1e9
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {platform.machine()}, {processors} processors, "
        f"{memory:.0f} GB; load average {load_before:.1f} before, {os.getloadavg()[0]:.1f} at the end "
        f"(above {processors} before means that other work ran beside it). "
        f"Each row is the run with the median ratio of {REPEATS}.",
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{'---|' * len(HEADER)}",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(result.cells())} |" for result in results)])


if __name__ == "__main__":
    main()
