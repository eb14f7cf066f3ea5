"""Killed at any step and run again: one version, one ledger entry, nothing left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sharing.ledger import verify_ledger

# The child dies by SIGKILL just before or just after a named step.
CHILD = """
import os, signal, sys, importlib
sys.path.insert(0, sys.argv[1])
home, where, module_name, name = sys.argv[2:]
from pathlib import Path
from pipelines.settings import Settings
import conftest
import sharing.gate
sharing.gate.run_suites = lambda *_: {}
module = importlib.import_module(module_name)
original = getattr(module, name)
def step(*args, **kwargs):
    if where == "after":
        original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, step)
conftest.City(Settings(home=Path(home), threads=1, memory_limit="1GB")).gate()
"""
STEPS = [
    ("after", "sharing.gate", "build_slice"),
    ("after", "sharing.gate", "stage"),
    ("before", "sharing.ledger", "append"),
    ("after", "sharing.ledger", "append"),
    ("before", "sharing.ledger", "store_head"),
    ("before", "sharing.gate", "publish"),
    ("after", "sharing.delivery", "write_text_durably"),
    ("before", "sharing.delivery", "_switch"),
    ("after", "sharing.delivery", "_switch"),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[0]}-{step[2]}")
def test_a_killed_run_is_completed_by_the_next(city, step):
    child = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(city.settings.home), *step]
    died = subprocess.run(child, cwd=Path(__file__).parents[2], env=dict(os.environ), check=False)
    assert died.returncode == -signal.SIGKILL
    outcome = city.gate()
    assert (outcome.passed, outcome.serving_version) == (True, "000001")
    assert sorted(path.name for path in city.shelf.iterdir()) == ["000001", "current"]
    with city.state() as state:
        report = verify_ledger(state, city.folders.secrets)
        assert (report.entries, report.problems) == (1, ())
        assert state.execute("select count(*) from quality.gate_runs").fetchone() == (1,)
