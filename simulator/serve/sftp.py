"""The data exchange front machine (数据交换前置机): one SSH server where departments drop files.

Each system has a read-only account that sees its own folder as `/`. The host key persists across restarts, so
that the platform can pin it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from pathlib import Path
from typing import Any, NoReturn

import asyncssh

from pipelines.installation.durable_files import write_text_durably
from simulator import SYSTEMS
from simulator.drops.write import drop_folder, is_dropped
from simulator.serve import city, process

SERVER = "exchange"
logger = logging.getLogger(__name__)


def run(home: Path) -> None:
    """Serve every system that drops files, until SIGTERM."""
    city.city_identity(home)
    serve_folders(home, [system for system in SYSTEMS if is_dropped(system)])


def serve_folders(home: Path, systems: list[str]) -> None:
    """Serve the folders of these systems unchanged, until SIGTERM."""
    asyncssh.set_log_level(logging.WARNING)
    asyncio.run(_serve(home, systems))


async def _serve(home: Path, systems: list[str]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    with process.pid_file(home, SERVER):
        server = await open_server(home, systems)
        await stopped.wait()
        server.close()
        await server.wait_closed()


async def open_server(home: Path, systems: list[str]) -> asyncssh.SSHAcceptor:
    """Listen, and write one endpoint per system for the platform."""
    folder = home / "simulator" / SERVER / "server"
    key = _host_key(folder)
    listener = process.bind_remembered(folder)
    passwords = {
        _account(system): process.read_endpoint(home, system).get("password") or secrets.token_urlsafe(24)
        for system in systems
    }
    folders = {_account(system): drop_folder(home, system) for system in systems}
    for visible in folders.values():
        visible.mkdir(parents=True, exist_ok=True)
    server = await asyncssh.listen(
        sock=listener, server_factory=lambda: _FrontDesk(passwords), server_host_keys=[key],
        sftp_factory=lambda channel: _ReadOnlyFolder(channel, folders), allow_scp=False,
    )  # fmt: skip
    public = key.export_public_key("openssh").decode().strip()
    url = f"sftp://{process.LOOPBACK}:{listener.getsockname()[1]}"
    for system in systems:
        account = _account(system)
        endpoint = {"url": url, "username": account, "password": passwords[account], "host_key": public}
        process.write_endpoint(home, system, endpoint)
    logger.info("%s systems drop files on %s", len(systems), url)
    return server


def _account(system: str) -> str:
    return f"drop_{system}"


def _host_key(folder: Path) -> asyncssh.SSHKey:
    path = folder / "host_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = asyncssh.generate_private_key("ssh-ed25519")
        write_text_durably(path, key.export_private_key().decode(), mode=0o600)
    return asyncssh.read_private_key(str(path))


class _FrontDesk(asyncssh.SSHServer):
    """Authenticates accounts by password."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self._passwords = passwords

    def password_auth_supported(self) -> bool:
        """Return True: passwords are the only supported method."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Return whether the account exists and the password is correct."""
        return secrets.compare_digest(self._passwords.get(username, "").encode(), password.encode()) and bool(
            password
        )


class _ReadOnlyFolder(asyncssh.SFTPServer):
    """The account's own folder as `/`, read-only."""

    def __init__(self, channel: asyncssh.SSHServerChannel, folders: dict[str, Path]) -> None:
        account = channel.get_extra_info("username")
        super().__init__(channel, chroot=str(folders[account]).encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open for reading."""
        if pflags & ~asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("this folder is read only")
        return super().open(path, pflags, attrs)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise asyncssh.SFTPPermissionDenied("this folder is read only")

    open56 = remove = mkdir = rmdir = rename = posix_rename = setstat = lsetstat = symlink = link = _refuse
