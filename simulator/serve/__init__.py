"""The source systems as the platform meets them: separate processes on their real transports.

Each submodule runs one system in the foreground until it is told to stop. What a
system holds was written before by the generator; nothing is invented here.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

SYSTEMS = ("population", "affairs", "safety_devices", "sftp")
"""What can be served; `sftp` is one server for all systems that drop files."""


def serve(system: str, home: Path, broker: str | None = None) -> None:
    """Run one source system until SIGTERM or SIGINT.

    Args:
        system: one of `SYSTEMS`.
        home: the BRAIN_HOME whose `simulator/` folder holds the generated city.
        broker: `mqtt://[user:password@]host[:port]` of a real MQTT broker; only
            for safety_devices, which otherwise brings its own.

    Raises:
        ValueError: the system is unknown, or a broker was given to another system.
        FileNotFoundError: no city has been generated in this home.
    """
    home = Path(home).resolve()
    if broker and system != "safety_devices":
        raise ValueError(f"--broker belongs to safety_devices; '{system}' has no MQTT broker.")
    if system not in SYSTEMS:
        raise ValueError(f"Unknown source system '{system}'; the simulator serves {', '.join(SYSTEMS)}.")
    # One system's process does not load the libraries of the others.
    run = import_module(f"simulator.serve.{system}").run
    if broker:
        run(home, broker)
    else:
        run(home)
