"""Generate files from the contracts: dbt sources, one-line staging models, catalogue pages.

Pure functions from contracts to texts by path; only `files` compares and writes, and `remarks` says what is
left for people to do. A generated file says so in its first line, and a test fails if one does not match the
contracts.
"""

from pipelines.from_contracts.files import Differences, compare_files, compare_pages, write_files
from pipelines.from_contracts.left_behind import left_behind
from pipelines.from_contracts.remarks import remarks, unlisted_findings

__all__ = [
    "Differences", "compare_files", "compare_pages", "left_behind", "remarks", "unlisted_findings",
    "write_files",
]  # fmt: skip
