"""`make bench-ingest`: every transport in a home of its own, into docs/performance.md."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import psutil

from benchmarks.ingest.measure import Measured
from pipelines.lake.state import embedded_server, prepare
from pipelines.settings import PROJECT_ROOT, Settings

ROWS = int(os.environ.get("ROWS", "2000000"))
PAGE = PROJECT_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- ingest: begin -->", "<!-- ingest: end -->"
HEADER = (
    "transport", "rows", "rows/s", "bare COPY rows/s", "ratio",
    "COPY out of the source rows/s", "ratio to it",
)  # fmt: skip
# Slower transports move fewer rows, so that the whole takes minutes.
TRANSPORTS = {
    "databases:over_postgres": 1.0,
    "databases:over_mysql": 0.5,
    "interface:over_rest": 0.1,
    "messages:over_mqtt": 0.1,
    "files:over_csv": 0.25,
    "files:over_excel": 0.02,
}


def main() -> None:
    """Measure each transport that has a module here and rewrite the table."""
    results = [
        _measure(name, max(1, int(ROWS * share)))
        for name, share in TRANSPORTS.items()
        if find_spec(f"benchmarks.ingest.{name.partition(':')[0]}")
    ]
    table = _render(results)
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


def _render(results: list[Measured]) -> str:
    processors, memory = os.cpu_count(), psutil.virtual_memory().total / 1e9
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} on {platform.machine()}, {processors} processors, "
        f"{memory:.0f} GB, load {os.getloadavg()[0]:.1f} at the end.",
        "",
        f"| {' | '.join(HEADER)} |",
        f"|{'---|' * len(HEADER)}",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(result.cells())} |" for result in results)])


if __name__ == "__main__":
    main()
