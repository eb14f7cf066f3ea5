"""A broker behind TLS: only the one that we trust hears our password, and nothing waits unread."""

from __future__ import annotations

import select
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import paho.mqtt.publish as publish
import pytest

from benchmarks.stream.rig import MOSQUITTO
from pipelines.settings import SourceEndpoint
from pipelines.stream import SessionLostError
from pipelines.stream.session import DurableSession
from tests.support.certificates import write_certificate

NAME, PASSWORD = "community-brain", "the-right-password"
MESSAGES = 40
LONGEST_WAIT_SECONDS = 10
GATHERING_SECONDS = 0.2


@dataclass(frozen=True)
class Broker:
    """A Mosquitto, and the certificate without which it does not speak."""

    port: int
    certificate: Path | None
    log: Path

    def endpoint(self, scheme: str = "mqtts", ca_file: Path | None = None) -> SourceEndpoint:
        return SourceEndpoint(
            url=f"{scheme}://127.0.0.1:{self.port}", username=NAME, password=PASSWORD,
            ca_file=ca_file and str(ca_file),
        )  # fmt: skip

    def session(self, scheme: str = "mqtts", ca_file: Path | None = None) -> DurableSession:
        return DurableSession(self.endpoint(scheme, ca_file), "platform", {"city/#": "everything"})

    def publish(self, count: int) -> None:
        publish.multiple(
            [("city/1", str(number), 1, False) for number in range(count)],
            hostname="127.0.0.1", port=self.port, auth={"username": NAME, "password": PASSWORD},
            tls=self.certificate and ssl.create_default_context(cafile=str(self.certificate)),
        )  # fmt: skip


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start(folder: Path, certificate: Path | None) -> Iterator[Broker]:
    """A broker with this certificate, or without encryption."""
    port = free_port()
    passwords, log, config = folder / "passwords", folder / "log", folder / "mosquitto.conf"
    passwd = Path(MOSQUITTO).with_name("mosquitto_passwd")
    subprocess.run(
        [shutil.which("mosquitto_passwd") or passwd, "-b", "-c", passwords, NAME, PASSWORD], check=True
    )
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
        f"log_dest file {log}\nlog_type all\nmax_inflight_messages 0\nmax_queued_messages 0\n"
        + (f"certfile {certificate}\nkeyfile {certificate}\n" if certificate else "")
    )
    broker = subprocess.Popen([MOSQUITTO, "-c", config])
    try:
        wait_until_it_answers(broker, port)
        yield Broker(port, certificate, log)
    finally:
        broker.terminate()
        broker.wait(10)


def wait_until_it_answers(broker: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline and broker.poll() is None
            time.sleep(0.05)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    yield from start(tmp_path, write_certificate(tmp_path / "broker.pem"))


@pytest.fixture
def broker_of_another_address(tmp_path: Path) -> Iterator[Broker]:
    yield from start(tmp_path, write_certificate(tmp_path / "broker.pem", "127.0.0.2"))


@pytest.mark.parametrize("scheme", ["mqtts", "mqtt"])
def test_with_an_authority_the_connection_is_encrypted_and_all_that_came_is_read(
    broker: Broker, scheme: str
) -> None:
    session = broker.session(scheme, broker.certificate)
    session.open()
    session.round_trip()
    session.close()
    broker.publish(MESSAGES)
    session = broker.session(scheme, broker.certificate)
    session.open()
    session.receive(LONGEST_WAIT_SECONDS, until=MESSAGES)
    taken = session.take()
    session.acknowledge(taken)
    session.close()
    assert sorted(map(int, taken.payloads["everything"])) == list(range(MESSAGES))


@contextmanager
def front(broker: Broker, certificate: Path) -> Iterator[Broker]:
    """What encrypts for a broker that does not, many of its packets in one piece."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=pass_on, args=[server, context, broker.port], daemon=True).start()
        yield replace(broker, port=server.getsockname()[1], certificate=certificate)


def pass_on(server: socket.socket, context: ssl.SSLContext, port: int) -> None:
    client = context.wrap_socket(server.accept()[0], server_side=True)
    with client, socket.create_connection(("127.0.0.1", port)) as behind:
        while True:
            readable = [client] if client.pending() else select.select([client, behind], [], [])[0]
            if behind in readable:
                time.sleep(GATHERING_SECONDS)
            for source, target in ((client, behind), (behind, client)):
                if source in readable:
                    data = source.recv(1 << 14)
                    if not data:
                        return
                    target.sendall(data)


def test_what_is_decrypted_with_something_else_does_not_wait_for_more(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "front.pem")
    with contextmanager(start)(tmp_path, None) as broker, front(broker, certificate) as encrypted:
        session = encrypted.session(ca_file=certificate)
        session.open()
        session.round_trip()
        broker.publish(MESSAGES)
        # One by one: the others of a piece are left in memory.
        for number in range(1, MESSAGES + 1):
            session.receive(LONGEST_WAIT_SECONDS, until=number)
            assert len(session.received) >= number
        session.close()


def test_a_broker_of_another_authority_does_not_hear_our_password(broker: Broker, tmp_path: Path) -> None:
    another = write_certificate(tmp_path / "another.pem")
    with pytest.raises(SessionLostError, match="not proved that it is the one we trust"):
        broker.session(ca_file=another).open()
    assert NAME not in broker.log.read_text()


def test_a_certificate_of_another_address_is_none(broker_of_another_address: Broker) -> None:
    broker = broker_of_another_address
    with pytest.raises(SessionLostError, match="not proved that it is the one we trust"):
        broker.session(ca_file=broker.certificate).open()


def test_an_address_that_asks_for_encryption_says_whom_to_trust(tmp_path: Path) -> None:
    endpoint = SourceEndpoint(url="mqtts://127.0.0.1", username=NAME, password=PASSWORD)
    with pytest.raises(SessionLostError, match="ca_file") as refused:
        DurableSession(endpoint, "platform", {})
    assert PASSWORD not in str(refused.value)
    without = endpoint.model_copy(update={"ca_file": str(tmp_path / "none.pem")})
    with pytest.raises(SessionLostError, match=r"none\.pem"):
        DurableSession(without, "platform", {})


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(SessionLostError, match="mqtt or mqtts"):
        DurableSession(SourceEndpoint(url="ws://127.0.0.1:1"), "platform", {})
