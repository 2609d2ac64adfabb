"""Both sites as processes on the loopback address, and what they take of memory."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.databases import PLACE, ROOT, environment

PATIENCE = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, path: str, **options) -> Iterator[tuple[str, int]]:
    """Run a server in a process group of its own; yield its address and process id."""
    log = (PLACE / f"{Path(command[0]).name}-{port}.log").open("w")
    process = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **options
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base + path, process, log.name)
        yield base, process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _wait(url: str, process: subprocess.Popen, log: str) -> None:
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if process.poll() is not None:
            raise SystemExit(f"A server did not start: see {log}.")
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"A server does not answer: see {log}.")


@contextmanager
def ours(url: str) -> Iterator[tuple[str, int]]:
    port = free_port()
    settings = {
        "DJANGO_SETTINGS_MODULE": "bench.site",
        "MILIDIP_BIND": f"127.0.0.1:{port}",
        "PUBLIC_STATEMENT_TIMEOUT": "120000",
    }
    command = [sys.executable, "-m", "gunicorn", "--config=python:milidip.gunicorn"]
    command += ["milidip.wsgi"]
    with running(command, port, "/healthz", env=environment(url) | settings, cwd=ROOT) as server:
        yield server


def memory_of(pid: int) -> int:
    """Return the bytes that a process and its children hold, each process on its own (PSS)."""
    total = 0
    for directory in Path("/proc").iterdir():
        if not directory.name.isdecimal():
            continue
        try:
            fields = (directory / "stat").read_text().rsplit(")", 1)[1].split()
            if int(directory.name) == pid or int(fields[1]) == pid:
                rollup = (directory / "smaps_rollup").read_text()
                total += int(rollup.split("Pss:")[1].split()[0]) * 1024
        except (OSError, IndexError):
            continue
    return total
