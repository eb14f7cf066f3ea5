"""What every test can use, and how tests are spread over processes.

A folder is a room with servers and data of its own: its tests share a process,
so that what a session prepares is prepared once; rooms run side by side.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The longest rooms first, so that the last process to finish is not the longest.
LONGEST_FIRST = ("end_to_end", "dashboards", "land", "stream", "dbt", "quality")


def _room(item: pytest.Item) -> str:
    return Path(item.path).relative_to(Path(__file__).parent).parts[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each room to one process, the longest first."""
    order = {room: position for position, room in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(_room(item), len(order)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_room(item)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin with the usual mask: a command that a test runs in this process leaves the closed one behind.

    The folders that a test then makes for a server of another user could not be entered by it.
    """
    os.umask(0o022)
