"""A folder as departments leave it: one file that cannot be read or named takes no other with it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import asyncssh
import pytest

from pipelines.extract.errors import SourceUnreachableError
from pipelines.extract.files.names import readable_name
from simulator.serve import sftp
from tests.dropped_files.test_pull_files import files
from tests.support.drops import benefits, text_file


def drop_as(exchange, name: bytes, content: bytes) -> None:
    """Put a file there under a name of these bytes, with its checksum."""
    folder = os.fsencode(str(exchange.folder))
    for path, written in ((name, content), (name + b".sha256", hashlib.sha256(content).hexdigest().encode())):
        Path(os.fsdecode(folder + b"/" + path)).write_bytes(written)


def test_a_name_in_gbk_is_read_and_stops_nothing(settings, exchange, pull) -> None:
    exchange.drop("benefit_202604_a.csv", text_file(benefits(1, 2, "2026-04")))
    drop_as(exchange, "benefit_202605_低保.csv".encode("gbk"), text_file(benefits(3, 5)))
    drop_as(exchange, "说明.txt".encode("gbk"), b"x")
    drop_as(exchange, b"benefit_202606_\xff\x80.csv", text_file(benefits(6, 6, "2026-06")))
    assert pull().rows_landed == 6
    assert pull().status == "unchanged"
    assert files(settings, "file_name, status") == [
        ("benefit_202604_a.csv", "landed"),
        ("benefit_202605_低保.csv", "landed"),
        (r"benefit_202606_\xff\x80.csv", "landed"),
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("救助发放 1　甲.csv", "救助发放 1　甲.csv"),
        ("a\nb\x1b[31m\u202e.csv", r"a\nb\x1b[31m\u202e.csv"),
        ("低保".encode("gbk").decode("utf-8", "surrogateescape"), "低保"),
        ("\udcff\n", r"\xff\n"),
    ],
)
def test_a_name_obeys_no_terminal_and_is_readable(path: str, name: str) -> None:
    assert readable_name(path) == name
    assert readable_name(path, {name}) != name


@pytest.mark.parametrize("ending", [".csv", ".csv.sha256"])
@pytest.mark.parametrize("error", [asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure])
def test_a_file_that_is_kept_from_us_waits_and_the_others_land(
    settings, exchange, pull, monkeypatch, error: type[Exception], ending: str
) -> None:
    original = sftp._ReadOnlyFolder.open

    def open_others(self: object, path: bytes, *rest: object) -> object:
        if path.endswith(f"_locked{ending}".encode()):
            raise error("no")
        return original(self, path, *rest)

    for month, label in ((3, "a"), (4, "locked"), (5, "b")):
        rows = benefits(month, month, f"2026-0{month}")
        exchange.drop(f"benefit_20260{month}_{label}.csv", text_file(rows))
    with monkeypatch.context() as patch:
        patch.setattr(sftp._ReadOnlyFolder, "open", open_others)
        outcome = pull()
    assert (outcome.status, outcome.rows_landed) == ("landed", 2)
    assert "'benefit_202604_locked.csv', the server does not let it" in outcome.message.replace(
        "its checksum", "it"
    )
    assert [status for _, status, _ in files(settings)] == ["landed", "incomplete", "landed"]
    assert pull().rows_landed == 1


@pytest.mark.parametrize("ending", [".csv", ".csv.sha256"])
@pytest.mark.parametrize("error", [asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, None])
def test_a_connection_lost_while_a_file_is_read_is_not_the_files_fault(
    settings, exchange, pull, monkeypatch, error: type[Exception] | None, ending: str
) -> None:
    def lose_one(self: sftp._ReadOnlyFolder, path: bytes, *rest: object) -> object:
        if path.endswith(f"202605_a{ending}".encode()):
            if error is not None:
                raise error("gone")
            self.connection.abort()
        return original(self, path, *rest)

    original = sftp._ReadOnlyFolder.open
    for month in (4, 5, 6):
        exchange.drop(f"benefit_20260{month}_a.csv", text_file(benefits(month, month, f"2026-0{month}")))
    with monkeypatch.context() as patch:
        patch.setattr(sftp._ReadOnlyFolder, "open", lose_one)
        outcome = pull()
    assert (outcome.status, outcome.error_type) == ("failed", SourceUnreachableError.__name__)
    assert "the connection broke" in outcome.message
    assert files(settings, "file_name, status") == [("benefit_202604_a.csv", "landed")]
    assert pull().rows_landed == 2


@pytest.mark.parametrize(
    "written",
    [
        lambda digest: digest.upper().encode(),
        lambda digest: f"\ufeff{digest}".encode(),
        lambda digest: f"SHA256 (x.csv) = {digest}\n".encode(),
        lambda digest: f"{digest} *x.csv\r\n".encode(),
        lambda digest: f"Algorithm Hash\r\nSHA256 {digest.upper()}\r\n".encode("utf-16"),
        lambda digest: f"SHA256 hash of x.csv:\n{digest}\nCertUtil: OK".encode(),
        lambda digest: f"{'0' * 64}  other.csv\n{digest}  x.csv\n".encode(),
    ],
)
def test_a_checksum_is_read_as_the_tools_of_several_systems_write_it(exchange, pull, written) -> None:
    content = text_file(benefits(1, 2))
    path = exchange.drop("benefit_202605_a.csv", content)
    digest = hashlib.sha256(content).hexdigest()
    beside = path.with_name(f"{path.name}.sha256")
    beside.write_bytes(written("1" * 64))
    assert "not what its checksum says" in pull().message
    beside.write_bytes(b"")
    assert "no checksum that can be read" in pull().message
    beside.write_bytes(written(digest))
    assert pull().rows_landed == 2
