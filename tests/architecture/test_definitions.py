"""What Dagster is given, as a list that a reviewer can read: a lost asset or schedule shows as a difference.

After a wanted change: `python -m tests.architecture.test_definitions > tests/architecture/definitions.txt`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.servers import temporary_home

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOT = Path(__file__).with_name("definitions.txt")


def listing() -> str:
    """Assets with group and owner, checks, jobs, schedules and sensors, one a line, sorted."""
    from pipelines.definitions import build_definitions

    repository = build_definitions().get_repository_def()
    graph = repository.asset_graph
    assets = [
        f"asset {node.key.to_user_string()} [{node.group_name}] {' '.join(sorted(node.owners))}"
        for node in map(graph.get, graph.get_all_asset_keys())
    ]
    jobs = [f"job {job.name}" for job in repository.get_all_jobs() if not job.name.startswith("__")]
    schedules = [
        f"schedule {item.name} {item.cron_schedule} {item.default_status.value}"
        for item in repository.schedule_defs
    ]
    sensors = [f"sensor {item.name} {item.default_status.value}" for item in repository.sensor_defs]
    return "\n".join(sorted([*assets, *jobs, *schedules, *sensors])) + "\n"


def test_dagster_is_given_what_the_list_says() -> None:
    with temporary_home() as home:
        environment = os.environ | {"BRAIN_HOME": str(home), "BRAIN_DAGSTER_STORAGE": str(home)}
        done = subprocess.run(
            [sys.executable, "-m", "tests.architecture.test_definitions"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stdout == SNAPSHOT.read_text()


if __name__ == "__main__":
    sys.stdout.write(listing())
