"""The exchange server over real SSH: each account sees its own folder, and nobody can change anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncssh
import pytest

from simulator.drops.write import drop_folder
from simulator.serve import process
from simulator.serve.sftp import open_server

SYSTEMS = ["registry", "other"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for system in SYSTEMS:
        folder = drop_folder(tmp_path, system) / "outgoing"
        folder.mkdir(parents=True)
        (folder / f"{system}.csv").write_text(system)
    (tmp_path / "outside.txt").write_text("not yours")
    return tmp_path


def _login(home: Path, system: str, **changed):
    endpoint = process.read_endpoint(home, system)
    known = [asyncssh.import_public_key(endpoint["host_key"])]
    return asyncssh.connect(
        "127.0.0.1", int(endpoint["url"].rpartition(":")[2]), known_hosts=(known, [], []), config=None,
        client_keys=None, agent_path=None, username=endpoint["username"],
        **{"password": endpoint["password"], **changed},
    )  # fmt: skip


def _with_server(home: Path, visit) -> object:
    async def run() -> object:
        server = await open_server(home, SYSTEMS)
        try:
            return await visit()
        finally:
            server.close()
            await server.wait_closed()

    return asyncio.run(run())


def test_an_account_sees_its_own_folder_only_and_can_read_it(home: Path) -> None:
    async def visit() -> tuple[list[str], str]:
        async with _login(home, "registry") as connection, connection.start_sftp_client() as client:
            names = [name for name in await client.listdir("/outgoing") if not name.startswith(".")]
            async with client.open("/outgoing/registry.csv") as file:
                content = await file.read()
            for path in ("/../../../outside.txt", "/outgoing/../../../other/drops/outgoing/other.csv"):
                assert not await client.exists(path)
            return names, content

    assert _with_server(home, visit) == (["registry.csv"], "registry")


def test_nobody_can_change_anything(home: Path) -> None:
    async def visit() -> None:
        async with _login(home, "registry") as connection, connection.start_sftp_client() as client:
            for attempt in (
                client.remove("/outgoing/registry.csv"),
                client.mkdir("/outgoing/new"),
                client.rename("/outgoing/registry.csv", "/outgoing/x.csv"),
                client.chmod("/outgoing/registry.csv", 0o777),
                client.symlink("/etc", "/outgoing/etc"),
                client.put(str(home / "outside.txt"), "/outgoing/outside.txt"),
            ):
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await attempt

    _with_server(home, visit)
    assert [path.name for path in (drop_folder(home, "registry") / "outgoing").iterdir()] == ["registry.csv"]


def test_only_the_right_password_opens_and_the_key_stays_over_restarts(home: Path) -> None:
    async def visit() -> None:
        for wrong in ("", "guess", process.read_endpoint(home, "other")["password"]):
            with pytest.raises(asyncssh.PermissionDenied):
                await _login(home, "registry", password=wrong)

    _with_server(home, visit)
    before = process.read_endpoint(home, "registry")
    _with_server(home, visit)
    assert process.read_endpoint(home, "registry") == before
