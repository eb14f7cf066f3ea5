"""A synthetic Huainan: people, houses, affairs and devices, and the dirty data of the systems that hold them.

Nothing here is a real person. The platform never imports this package; it only connects to the source systems
the package serves.
"""

from datetime import date
from pathlib import Path

SIMULATED_TODAY = date(2026, 6, 30)
"""The day on whose evening a freshly generated city stands."""

SOURCES = Path(__file__).resolve().parent.parent / "sources"
"""Where the contracts are: a system is simulated because it has one."""

SYSTEMS = tuple(sorted(path.parent.name for path in SOURCES.glob("*/contract.yaml")))
