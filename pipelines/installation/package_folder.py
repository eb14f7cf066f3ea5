"""The folder of an installed package, found without importing the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path


def package_folder(module: str, distribution: str) -> Path:
    """Return the folder of a package.

    Args:
        distribution: the name under which it is installed.

    Raises:
        RuntimeError: it is not installed.
    """
    package = importlib.util.find_spec(module)
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"The package {distribution} is not installed; run `make setup`.")
    return Path(package.submodule_search_locations[0])
