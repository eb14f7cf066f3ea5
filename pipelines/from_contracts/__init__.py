"""Files that are written from the contracts: dbt sources, one-line staging models, catalogue pages.

Pure: from contracts to texts by path; `files` alone compares and writes. A written file
says so in its first line, and a test fails when one is not what the contracts say.
"""

from pipelines.from_contracts.files import Differences, compare_files, compare_pages, write_files

__all__ = ["Differences", "compare_files", "compare_pages", "write_files"]
