"""Who is let in, and what an interface may not do to us."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipelines.extract import rest_client
from pipelines.pull import pull_system
from tests.support.certificates import write_certificate
from tests.support.paged_interface import PAGINATIONS, PagedInterface
from tests.support.registry import (
    SYSTEM,
    landed_rows,
    person,
    rest_document,
    serving,
    write_contract,
    write_endpoint,
)

AGREED = {
    "bearer": {},
    "header": {"header": "X-Api-Key"},
    "basic": {},
    "oauth2_client_credentials": {"token_path": "/token"},
    "none": {},
}
WITH_SECRET = [kind for kind in AGREED if kind != "none"]


@contextmanager
def interface_of(settings, authentication: str = "bearer", secret: str | None = None):
    pagination = PAGINATIONS["next_token"]
    options = {"authentication": authentication, "pagination": pagination, **AGREED[authentication]}
    write_contract(settings, rest_document(**options))
    with serving(PagedInterface(pagination=pagination, authentication=authentication)) as interface:
        secret = secret or interface.token
        write_endpoint(settings, url=interface.url, username="platform", password=secret, token=secret)
        interface.rows = [person(i) for i in range(1, 6)]
        yield interface


def pull(settings):
    (outcome,) = pull_system(settings, SYSTEM)
    return outcome


@pytest.mark.parametrize("authentication", AGREED)
def test_the_agreed_secret_lets_us_in(settings, authentication: str) -> None:
    with interface_of(settings, authentication):
        assert pull(settings).rows_landed == 5


@pytest.mark.parametrize("authentication", WITH_SECRET)
def test_a_wrong_secret_is_refused_and_not_printed(settings, authentication: str) -> None:
    with interface_of(settings, authentication, secret="wrong-secret"):
        outcome = pull(settings)
    assert outcome.error_type == "SourceRefusedError"
    assert "valid token" in outcome.message and "wrong-secret" not in outcome.message
    assert landed_rows(settings.home) == []


def test_one_token_serves_all_pages(settings) -> None:
    with interface_of(settings, "oauth2_client_credentials") as interface:
        pull(settings)
        assert len(interface.tokens) == 1


def test_a_token_that_is_withdrawn_is_renewed_once(settings) -> None:
    with interface_of(settings, "oauth2_client_credentials") as interface:
        interface.happens = lambda number: number == 1 and interface.tokens.__setitem__(0, "withdrawn")
        assert pull(settings).rows_landed == 5
        assert len(interface.tokens) == 2


def test_an_interface_that_refuses_every_new_token_is_not_asked_for_ever(settings) -> None:
    with interface_of(settings, "oauth2_client_credentials") as interface:
        interface.misbehave = lambda _: (401, {}, b"{}")
        assert pull(settings).error_type == "SourceRefusedError"
        assert len(interface.requests) == 2


def test_a_token_is_renewed_before_it_ends(settings) -> None:
    with interface_of(settings, "oauth2_client_credentials") as interface:
        interface.lifetime = 1
        interface.happens = lambda number: number == 1 and time.sleep(0.6)
        assert pull(settings).rows_landed == 5
        assert len(interface.tokens) == 2


def test_a_redirect_is_not_followed(settings) -> None:
    with (
        serving(PagedInterface(pagination=PAGINATIONS["none"])) as stranger,
        interface_of(settings) as interface,
    ):
        interface.misbehave = lambda _: (302, {"Location": f"{stranger.url}/people"}, b"")
        outcome = pull(settings)
    assert "another address" in outcome.message
    assert stranger.requests == []


DEEP = b'{"items": [' + b'{"name":' * 200_000 + b"1" + b"}" * 200_000 + b"]}"


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({}, DEEP, "not JSON"),
        ({}, b'{"items": ["' + b"x" * (65 * 1024**2) + b'"]}', "larger than 64 MiB"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * (200 * 1024**2)), "larger than 64 MiB"),
    ],
    ids=["nested without end", "large", "packed"],
)
def test_an_answer_that_would_hurt_is_refused(settings, headers, body, words) -> None:
    with interface_of(settings) as interface:
        interface.misbehave = lambda _: (200, headers, body)
        outcome = pull(settings)
    assert outcome.error_type == "SourceUnreadableError"
    assert words in outcome.message
    assert landed_rows(settings.home) == []


@contextmanager
def endless_server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b" " * 100)
            except ConnectionError:
                return

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_answer_without_an_end_is_given_up(settings, monkeypatch) -> None:
    monkeypatch.setattr(rest_client, "LONGEST_ANSWER_SECONDS", 0.5)
    write_contract(settings, rest_document())
    with endless_server() as url:
        write_endpoint(settings, url=url, token="right")
        assert "takes longer than" in pull(settings).message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate of the loopback address, signed by themselves."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "both.pem")


@pytest.mark.parametrize("is_trusted", [True, False])
def test_only_a_server_that_the_named_authority_knows_is_talked_to(
    settings, certificate, is_trusted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with interface_of(settings) as interface, tls_front(interface, context) as url:
        trusted = {"ca_file": str(certificate)} if is_trusted else {}
        write_endpoint(settings, url=url, token=interface.token, **trusted)
        outcome = pull(settings)
    assert outcome.status == ("landed" if is_trusted else "failed")


def test_an_authority_named_for_a_plain_address_is_refused(settings, certificate) -> None:
    with interface_of(settings) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token, ca_file=str(certificate))
        outcome = pull(settings)
    assert outcome.status == "failed"
    assert "not https" in outcome.message


@contextmanager
def tls_front(interface: PagedInterface, context: ssl.SSLContext):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = interface.answer(self.path, self.headers)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
