"""A platform, a real Mosquitto and a gateway, each in a separate process that can be killed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from pipelines.contracts import load_contracts
from pipelines.installation import processes
from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state, embedded_server, prepare
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.stream.session import DurableSession

SYSTEM = "safety_devices"
CONSUMER, BROKER = "consumer", "mosquitto"
SHIPPED = PROJECT_ROOT / "simulator" / "serve" / "mosquitto.conf"
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")
CONSUME = (
    "import sys; from pathlib import Path; from pipelines.settings import Settings; "
    "from pipelines.stream import consume_forever; "
    f"consume_forever(Settings(home=Path(sys.argv[1]), threads=2), '{SYSTEM}')"
)
READY_SECONDS = 60.0


class Rig:
    """The system under test: starts, kills and inspects its parts."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home, threads=2)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        folder = home / BROKER
        folder.mkdir()
        text = SHIPPED.read_text().replace("listener 1883", f"listener {self.port}")
        # Of who may do what nothing is measured: the bare publisher has no name.
        text = text.replace("allow_anonymous false", "allow_anonymous true")
        for line in ("password_file passwords", "acl_file mosquitto.acl", "use_username_as_clientid true"):
            text = text.replace(line, "")
        self._configuration = folder / "mosquitto.conf"
        self._configuration.write_text(f"{text}\nuser root\npersistence_location {folder}/\n")
        endpoint = self.settings.secrets / "sources" / f"{SYSTEM}.json"
        endpoint.parent.mkdir(parents=True, exist_ok=True)
        endpoint.write_text(json.dumps({"url": f"mqtt://127.0.0.1:{self.port}"}))

    def start_broker(self) -> None:
        """Start the broker; returns when it answers."""
        processes.start(self.settings, BROKER, [str(MOSQUITTO), "-c", str(self._configuration)])
        processes.wait_until_ready(self.settings, BROKER, self._answers, timeout_seconds=READY_SECONDS)

    def open_session(self) -> None:
        """Create and save the platform's session in the broker, which queues nothing for it before."""
        contract = load_contracts(self.settings.sources_dir)[SYSTEM]
        topics = {table.ingest.topic: table.name for table in contract.tables.values() if table.ingest.topic}
        endpoint = self.settings.source_endpoint(SYSTEM)
        session = DurableSession(endpoint, contract.server.options["client_id"], topics)
        session.open()
        session.close()
        self.wait_for((self._configuration.parent / "mosquitto.db").exists, READY_SECONDS)

    def start_consumer(self) -> None:
        """Start the consumer; returns immediately."""
        command = [sys.executable, "-c", CONSUME, str(self.settings.home)]
        processes.start(self.settings, CONSUMER, command)

    def publish(self, first: int, count: int, rate: float) -> subprocess.Popen:
        """Start a gateway that sends these messages; `report` returns its report."""
        self._report.unlink(missing_ok=True)
        arguments = [self.port, first, count, rate, self._report]
        return subprocess.Popen([sys.executable, "-m", "benchmarks.stream.publisher", *map(str, arguments)])

    def report(self) -> dict[str, float]:
        """Return the last gateway's report."""
        return json.loads(self._report.read_text())

    def kill(self, name: str) -> None:
        """Kill a process with SIGKILL."""
        process = psutil.Process(processes.status(self.settings, name).pid)
        process.kill()
        process.wait(10)

    def stop(self, name: str) -> None:
        """Terminate a process in an orderly way."""
        processes.stop(self.settings, name)

    def is_consuming(self) -> bool:
        """Return whether the consumer is running."""
        return processes.is_running(self.settings, CONSUMER)

    def cpu_seconds(self, name: str) -> float:
        """Return the user and system time used by a running process."""
        times = psutil.Process(processes.status(self.settings, name).pid).cpu_times()
        return times.user + times.system

    def rows(self, registered: bool = False) -> int:
        """Count messages in the manifest, copies included; `registered` counts only those in the lake."""
        condition = "and registered_at is not null" if registered else ""
        with connect_state(self.settings) as state:
            result = state.execute(
                f"select coalesce(sum(rows_read), 0) from ops.batches where system = %s {condition}", [SYSTEM]
            )
            found = one_value(result)
        return int(found)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        """Poll until a condition holds.

        Raises:
            TimeoutError: it did not in time; includes the consumer's last output.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"not within {seconds:.0f} s; {processes.log_end(self.settings, CONSUMER)}"
                )
            time.sleep(0.1)

    @property
    def _report(self) -> Path:
        return self.settings.home / "gateway.json"

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running_rig(home: Path) -> Iterator[Rig]:
    """Provide a rig with its database prepared and its broker running with the platform's session saved."""
    rig = Rig(home)
    prepare(rig.settings)
    try:
        rig.start_broker()
        rig.open_session()
        yield rig
    finally:
        for process in processes.known(rig.settings):
            processes.stop(rig.settings, process.name)
        embedded_server(rig.settings).stop()
