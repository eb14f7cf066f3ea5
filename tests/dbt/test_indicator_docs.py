"""The page of indicators says what the models say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_page_is_fresh() -> None:
    tool = ROOT / "tools" / "write_indicator_docs.py"
    run = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
