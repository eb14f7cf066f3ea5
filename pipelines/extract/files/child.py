"""The child process that opens files: one job per line of input, one answer per line of output.

Started by `parser` as `python -m pipelines.extract.files.child`; its own resource limits terminate it before
it can affect other processes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.extract.files.job import Job, RefusedFileError
from pipelines.extract.files.limits import Limits
from pipelines.extract.files.text import read_text
from pipelines.extract.files.workbook import read_workbook

READERS = {"excel": read_workbook, "csv": read_text}
OPEN_FILES = 256


def main() -> None:
    """Answer jobs until the input ends; exit after a job that exceeded the memory limit."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    for line in sys.stdin:
        words = json.loads(line)
        job = Job(**{**words, "limits": Limits(**words["limits"])})
        _limit(job.limits)
        answer = _answer(job)
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()
        if answer.get("code") == "file_too_costly":
            return


def _limit(limits: Limits) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.cpu_seconds
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _answer(job: Job) -> dict[str, Any]:
    try:
        parsed = asdict(READERS[job.format](job))
    except RefusedFileError as refused:
        return {"code": refused.code, "reason": refused.reason}
    except MemoryError:
        return {"code": "file_too_costly", "reason": "reading it takes more memory than one file may"}
    except Exception as error:
        # A library's message may quote a value, so only the error type is returned.
        is_memory = "memory" in type(error).__name__.casefold() or "OutOfMemory" in str(error)[:60]
        code = "file_too_costly" if is_memory else "file_unreadable"
        return {"code": code, "reason": f"it cannot be read ({type(error).__name__})"}
    return parsed | {"peak_memory_bytes": _peak_memory_bytes()}


def _peak_memory_bytes() -> int:
    """Return this process's peak memory; `getrusage` would include the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
