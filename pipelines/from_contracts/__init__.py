"""Generate files from the contracts: dbt sources, one-line staging models, catalogue pages.

Pure functions from contracts to texts by path; only `files` compares and writes. A generated file says so in
its first line, and a test fails if one does not match the contracts.
"""

from pipelines.from_contracts.files import Differences, compare_files, compare_pages, write_files
from pipelines.from_contracts.left_behind import in_words, left_behind

__all__ = ["Differences", "compare_files", "compare_pages", "in_words", "left_behind", "write_files"]
