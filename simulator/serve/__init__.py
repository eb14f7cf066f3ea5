"""The source systems as the platform sees them: separate processes on their real transports.

Each module implements one transport. It serves any system with that transport in the foreground, from the
contract and the generator's output; it generates nothing itself.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from simulator import SYSTEMS
from simulator.serve import city

EXCHANGE = "exchange"
"""The one server on which all systems leave their files; every other system has its own."""
SERVICES = (*SYSTEMS, EXCHANGE)


def serve(service: str, home: Path, broker: str | None = None, gateway: str | None = None) -> None:
    """Run one service until SIGTERM or SIGINT.

    Args:
        service: one of `SERVICES`: a system, or the server of those that send files.
        home: the BRAIN_HOME whose `simulator/` folder holds the generated city.
        broker: `mqtt://[user:password@]host[:port]` of a real MQTT broker; only
            for a system of devices, which otherwise brings its own.
        gateway: `user:password` under which the fleet publishes there; the broker's user if there is none.

    Raises:
        ValueError: the service does not exist, or a broker was given to another kind of system.
        FileNotFoundError: no city has been generated in this home.
    """
    home = Path(home).resolve()
    transport = _transport(service)
    if broker and transport != "mqtt":
        raise ValueError(f"--broker belongs to systems of devices; '{service}' has no MQTT broker.")
    # A system's process does not import the libraries of the other transports.
    run = import_module(f"simulator.serve.{transport}").run
    if transport == "sftp":
        run(home)
    elif broker:
        run(home, service, broker, gateway)
    else:
        run(home, service)


def _transport(service: str) -> str:
    if service == EXCHANGE:
        return "sftp"
    if service not in SYSTEMS:
        raise ValueError(f"Unknown source system '{service}'; the simulator serves {', '.join(SERVICES)}.")
    transport = city.contract(service).server.transport
    if transport == "sftp":
        raise ValueError(f"'{service}' sends files; serve '{EXCHANGE}', where it leaves them.")
    return transport
