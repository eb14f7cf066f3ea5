"""Run a server that refuses to run as root under an ordinary system user.

A project below a closed folder such as /root needs one more capability, to traverse
folders; opening the folder to everybody instead would be worse.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path


def user_ids(*names: str) -> tuple[int, int]:
    """Return the user and group ids of the first of these users that exists.

    Raises:
        LookupError: none of them exists.
    """
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise LookupError(f"This server cannot run as root, and no user {' or '.join(names)} exists.")


def lowered(ids: tuple[int, int], folders: Iterable[Path]) -> list[str]:
    """Return the command prefix that runs a command as this user, able to reach these folders.

    Empty if this process does not run as root.
    """
    if os.geteuid() != 0:
        return []
    user, group = ids
    command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    passed = {parent for folder in folders for parent in folder.parents}
    if all(_may_pass(user, folder) for folder in passed if folder.exists()):
        return command
    return [*command, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


def _may_pass(user: int, folder: Path) -> bool:
    found = folder.stat()
    return found.st_uid == user or bool(found.st_mode & stat.S_IXOTH)
