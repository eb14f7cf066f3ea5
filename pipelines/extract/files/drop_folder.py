"""A department's drop folder over SFTP: list its files and fetch them one at a time.

The server's host key is pinned: nothing is sent unless the endpoint configures one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import asyncssh

from pipelines.contracts import SourceContract
from pipelines.extract.errors import (
    PullError,
    SourceRefusedError,
    SourceUnreachableError,
    SourceUnreadableError,
)
from pipelines.extract.files.job import RefusedFileError
from pipelines.extract.files.names import readable_name
from pipelines.settings import SourceEndpoint

DEFAULT_PORT = 22
CONNECT_SECONDS = 20
LIST_SECONDS = 120
FETCH_SECONDS = 1_800
MOST_ENTRIES = 50_000
SMALL_BYTES = 4_096


@dataclass(frozen=True)
class RemoteFile:
    """A file as listed: its size in bytes, and when the source last modified it.

    `path` is its name as the server spells it, `name` the readable form.
    """

    name: str
    size: int
    modified_at: datetime
    path: str


class DropFolder:
    """A connection to one system's folder; use as a context manager."""

    def __init__(self, contract: SourceContract, endpoint: SourceEndpoint) -> None:
        self._contract, self._endpoint = contract, endpoint
        self._folder = str(contract.server.options["folder"]).rstrip("/")
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None

    def __enter__(self) -> Self:
        self._runner.__enter__()
        try:
            self._run(self._open(), CONNECT_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._runner.close()

    def entries(self) -> dict[str, RemoteFile]:
        """Return every regular file in the folder, by name.

        Raises:
            SourceUnreadableError: the folder does not exist, or holds too many files.
        """
        return self._run(self._list(), LIST_SECONDS)

    def fetch(self, file: RemoteFile, target: Path) -> bool:
        """Copy a file; returns False if it no longer matches its listing, that is, is still being written.

        Raises:
            RefusedFileError: the server does not let this file be read, for example because it is open.
        """
        return self._run(self._fetch(file, target), FETCH_SECONDS)

    def beginning(self, file: RemoteFile) -> bytes:
        """Return the beginning of a small companion file, such as a checksum.

        Raises:
            RefusedFileError: the server does not let this file be read.
        """
        return self._run(self._beginning(file), LIST_SECONDS)

    async def _open(self) -> None:
        address = urlsplit(self._endpoint.url)
        login = _login(self._contract, self._endpoint)
        self._connection = await asyncssh.connect(
            address.hostname or "", address.port or DEFAULT_PORT, config=None, agent_path=None,
            login_timeout=CONNECT_SECONDS, keepalive_interval=30, **login,
        )  # fmt: skip
        # File names are bytes and need not be UTF-8: the escapes keep them intact for fetching.
        self._client = await self._connection.start_sftp_client(path_errors="surrogateescape")

    async def _list(self) -> dict[str, RemoteFile]:
        listed: dict[str, asyncssh.SFTPAttrs] = {}
        async for entry in self._client.scandir(self._folder):
            if entry.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR:
                listed[str(entry.filename)] = entry.attrs
            if len(listed) > MOST_ENTRIES:
                raise SourceUnreadableError(
                    f"The folder of '{self._contract.system}' holds more than {MOST_ENTRIES} files.",
                    next_step=f"Ask {self._contract.owner} to move what is done with out of it.",
                )
        found: dict[str, RemoteFile] = {}
        # Servers list in any order; which of two files has a name that both could have must not change.
        for path, attributes in sorted(listed.items()):
            modified = datetime.fromtimestamp(attributes.mtime or 0, UTC)
            name = readable_name(path, taken=found)
            found[name] = RemoteFile(name, attributes.size or 0, modified, path)
        return found

    async def _fetch(self, file: RemoteFile, target: Path) -> bool:
        def stop_growing(_source: bytes, _target: bytes, copied: int, _total: int) -> None:
            if copied > file.size:
                raise _GrowingError

        path = f"{self._folder}/{file.path}"
        try:
            with _only_this_file("it"):
                await self._client.get(path, target, progress_handler=stop_growing)
                after = await self._client.stat(path)
        except _GrowingError:
            return False
        unchanged = (after.size, after.mtime) == (file.size, int(file.modified_at.timestamp()))
        return unchanged and target.stat().st_size == file.size

    async def _beginning(self, file: RemoteFile) -> bytes:
        with _only_this_file("its checksum"):
            async with self._client.open(f"{self._folder}/{file.path}", "rb") as opened:
                return await opened.read(SMALL_BYTES)

    def _run(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        try:
            return self._runner.run(asyncio.wait_for(work, seconds))
        except PullError:
            raise
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise _translated_error(self._contract, self._endpoint, self._folder, error) from None


class _GrowingError(Exception):
    """A file has become larger than it was when listed."""


@contextmanager
def _only_this_file(what: str) -> Iterator[None]:
    """Turn an error about one file into its refusal: the connection still serves the others."""
    try:
        yield
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        raise
    except asyncssh.SFTPNoSuchFile:
        raise RefusedFileError("file_incomplete", f"{what} was gone when it was fetched") from None
    except asyncssh.SFTPError as error:
        raise RefusedFileError(
            "file_incomplete",
            f"the server does not let {what} be read ({type(error).__name__}); "
            "somebody may have it open, or our account may not read it",
        ) from None


def _login(contract: SourceContract, endpoint: SourceEndpoint) -> dict[str, Any]:
    if not endpoint.host_key:
        raise SourceRefusedError(
            f"No host key is known for the SFTP server of '{contract.system}', so nothing was sent to it.",
            next_step=f"Ask {contract.owner} for its public key and put it into the endpoint as 'host_key'.",
        )
    key = endpoint.private_key
    return {
        "known_hosts": ([asyncssh.import_public_key(endpoint.host_key)], [], []),
        "username": endpoint.username or "",
        "password": endpoint.password.get_secret_value() if endpoint.password else None,
        "client_keys": [asyncssh.import_private_key(key.get_secret_value())] if key else None,
    }


def _translated_error(
    contract: SourceContract, endpoint: SourceEndpoint, folder: str, error: Exception
) -> PullError:
    server = f"The SFTP server of '{contract.system}'"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return SourceRefusedError(
            f"{server} shows another host key than the one that is known. Nothing was sent to it.",
            next_step=f"Ask {contract.owner} whether its key was changed; if not, another machine answers.",
        )
    if isinstance(error, asyncssh.KeyImportError | asyncssh.KeyEncryptionError):
        return SourceRefusedError(
            f"A key in the endpoint of '{contract.system}' cannot be read.",
            next_step="Correct 'host_key' or 'private_key' in the endpoint, then pull again.",
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return SourceRefusedError(
            f"{server} does not let '{endpoint.username}' in.",
            next_step=f"Check its username, password or key with {contract.owner}, then pull again.",
        )
    if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPPermissionDenied):
        return SourceUnreadableError(
            f"{server} does not show the folder {folder}.",
            next_step=f"Ask {contract.owner} where the files are dropped and correct the contract.",
        )
    return SourceUnreachableError(
        f"{server} does not answer, or the connection broke ({type(error).__name__}).",
        next_step="Check that it runs and can be reached from here, then pull again.",
    )
