"""`python -m simulator.serve SERVICE --home DIR`: one source system in the foreground."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from pipelines.installation.closed_home import keep_closed
from simulator.serve import SERVICES, serve


def main() -> None:
    """Parse the arguments and serve."""
    parser = argparse.ArgumentParser(description="Serve one simulated source system on its real transport.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--home", type=Path, required=True, help="the BRAIN_HOME with a generated city")
    parser.add_argument("--broker", help="mqtt://… of a real broker, for a system of devices")
    parser.add_argument("--gateway", help="user:password under which the fleet publishes to that broker")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    keep_closed(arguments.home)
    serve(arguments.service, arguments.home, arguments.broker, arguments.gateway)


if __name__ == "__main__":
    main()
