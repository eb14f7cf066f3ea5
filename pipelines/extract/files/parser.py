"""The parent's side of the child process, which serves many files and is replaced after a costly one."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

from pipelines.extract.files.job import Job, ParsedFile, RefusedFileError
from pipelines.settings import PROJECT_ROOT

READ_BYTES = 1 << 16
JOBS_PER_CHILD = 100
# The child knows nothing of the platform: no addresses, no secrets, and two threads.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "PYTHONPATH": str(PROJECT_ROOT),
    "POLARS_MAX_THREADS": "2",
}
TOO_COSTLY = "file_too_costly"


class FileParser:
    """Parses files in a child process, one at a time; safe to use from several threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._jobs = 0
        self._lock = threading.Lock()
        self.restarts = 0

    def parse(self, job: Job) -> ParsedFile:
        """Parse one file.

        Raises:
            RefusedFileError: gives the reason, including when the child had to be killed.
        """
        with self._lock:
            answer = self._ask(job)
        if "code" in answer:
            raise RefusedFileError(answer["code"], answer["reason"])
        return ParsedFile.from_answer(answer)

    def close(self) -> None:
        """Kill the child process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def _ask(self, job: Job) -> dict[str, Any]:
        child = self._running()
        line = json.dumps(asdict(job), ensure_ascii=False).encode() + b"\n"
        try:
            if child.stdin is None:
                raise BrokenPipeError
            child.stdin.write(line)
            child.stdin.flush()
            answer = _read_line(child, time.monotonic() + job.limits.wall_seconds)
        except (BrokenPipeError, EOFError):
            answer = {"code": TOO_COSTLY, "reason": "reading it went beyond the limits of one file"}
        except TimeoutError:
            answer = {"code": TOO_COSTLY, "reason": f"reading it took more than {job.limits.wall_seconds} s"}
        self._jobs += 1
        if answer.get("code") == TOO_COSTLY:
            self.restarts += 1
            self.close()
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None or self._jobs >= JOBS_PER_CHILD:
            self.close()
            self._jobs = 0
            self._child = subprocess.Popen(
                [sys.executable, "-m", "pipelines.extract.files.child"], env=ENVIRONMENT,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        return self._child


def _read_line(child: subprocess.Popen[bytes], deadline: float) -> dict[str, Any]:
    if child.stdout is None:
        raise EOFError
    received = b""
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            raise TimeoutError
        more = os.read(child.stdout.fileno(), READ_BYTES)
        if not more:
            raise EOFError
        received += more
    return json.loads(received)
