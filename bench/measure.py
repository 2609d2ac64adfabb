"""Taking times: ours and theirs in turn, so that both meet the same machine."""

import re
import shutil
import statistics
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

CHUNK = 1 << 20


@dataclass
class Times:
    """Seconds that one thing took, again and again."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def fetched(url: str) -> tuple[float, int]:
    """Return seconds and bytes of one answer, read to its end; an error is an error."""
    began = time.perf_counter()
    size = 0
    with urllib.request.urlopen(url, timeout=600) as answer:
        while chunk := answer.read(CHUNK):
            size += len(chunk)
    return time.perf_counter() - began, size


def in_turn(tasks: dict[str, Callable[[], float]], rounds: int) -> dict[str, Times]:
    """Run each task twice a round, of which the second counts.

    While the other site answers for seconds, memory rests, and a virtual machine takes up to
    three times as long to touch it again: that would be told of the site that has to wait.
    """
    times = {name: Times() for name in tasks}
    for _round in range(rounds):
        for name, task in tasks.items():
            task()
            times[name].seconds.append(task())
    return times


@dataclass
class Load:
    """What a server did under 16 clients."""

    requests: float
    p99: str
    errors: str


def load(url: str, seconds: int) -> Load | None:
    """Let 16 clients ask for ``seconds``; None where wrk is not installed."""
    if not (wrk := shutil.which("wrk")):
        return None
    command = [wrk, "--threads=2", "--connections=16", f"--duration={seconds}s", "--latency"]
    said = subprocess.run(
        [*command, "--timeout=30s", url], check=True, capture_output=True, text=True
    ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    slow = re.search(r"99%\s+(\S+)", said)
    errors = re.findall(r"(Non-2xx or 3xx responses: \d+|Socket errors: .*)", said)
    return Load(
        float(rate[1]) if rate else 0.0, slow[1] if slow else "", "; ".join(errors) or "none"
    )


class Watching:
    """The most that a number came to while something ran."""

    def __init__(self, number: Callable[[], int]):
        self.number = number
        self.before = self.most = number()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watching":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            self.most = max(self.most, self.number())
