"""One tiny city, taken through the whole pipeline once, for every test that looks at the result."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_ROOT, Settings

BRAIN = Path(sys.executable).with_name("brain")
# A seed that nothing was tuned on.
SEED = 7_340_400
SCALE = 0.001
SIMULATED_TODAY = date(2026, 6, 30)


@dataclass(frozen=True)
class City:
    """A home that the demo has run in."""

    settings: Settings
    environment: dict[str, str]
    first_run: subprocess.CompletedProcess[str] | None = None
    first_run_seconds: float = 0.0

    def brain(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command line in this home, as a user would."""
        done = subprocess.run(
            [BRAIN, *arguments],
            env=self.environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check:
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def demo(self, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the demo without leaving servers."""
        return self.brain("demo", "--scale", str(SCALE), "--seed", str(SEED), "--no-serve", check=check)


def city_in(home: Path) -> City:
    """A home that nothing has run in yet."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("BRAIN_", "DAGSTER_"))
    }
    environment["BRAIN_HOME"] = str(home)
    return City(Settings(home=home, today=SIMULATED_TODAY), environment)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The tiny city after one undisturbed demo, its database running."""
    empty = city_in(tmp_path_factory.mktemp("undisturbed"))
    started = time.monotonic()
    done = empty.demo()
    finished = City(empty.settings, empty.environment, done, time.monotonic() - started)
    from pipelines.installation.state import prepare

    prepare(finished.settings)
    yield finished
    finished.brain("stop", check=False)
