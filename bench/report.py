"""What was measured, as a page of Markdown: no name of a machine, no path."""

import importlib.metadata
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.datasette import VERSION
from bench.measure import Load, Times

# What is to be reached at the largest size, cold: the name, the least or most, and how it reads.
KINDS = {
    "catalogue": "Catalogue",
    "filtered": "Filtered (about one in ten)",
    "searched": "Searched",
}


def written(results: dict[str, Any]) -> str:
    sizes = sorted(results["sizes"])
    largest = results["sizes"][sizes[-1]]
    parts = [
        "# Results\n",
        "Made by `make bench`; do not edit. Seconds unless said otherwise: median / 95th "
        "percentile. *Cold*: a publication raised the revision right before each request, so "
        "nothing that was kept could be used. *Warm*: kept for this revision. Datasette keeps "
        "nothing of its own; the caches of both databases and of the machine were warm. The two "
        "were asked in turn, each twice, and the second time counts: memory that has rested is slow.\n",
        _machine(results),
        _targets(results, sizes, largest),
    ]
    parts += [_size(size, results["sizes"][size]) for size in reversed(sizes)]
    parts += [_growth(results, sizes), _gate(results)]
    return "\n".join(parts)


def _machine(results: dict[str, Any]) -> str:
    with Path("/proc/meminfo").open() as file:
        memory = int(file.readline().split()[1]) / 1024**2
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name.lower())}"
        for name in ("Django", "psycopg", "gunicorn")
    )
    busy = os.getloadavg()[2]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}. {os.cpu_count()} cores, {memory:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {versions}, "
        f"Datasette {VERSION}. Load of the machine in the last quarter of an hour: {busy:.1f}. "
        f"The whole run took {results['minutes']:.0f} minutes.\n"
    )


def _ratio(slow: float, fast: float) -> str:
    return f"{slow / fast:.1f}"


def _times(times: Times) -> str:
    return f"{times.median:.3f} / {times.p95:.3f}"


def _targets(results: dict[str, Any], sizes: list[int], largest: dict[str, Any]) -> str:
    csv = largest["csv"]["full"]
    before, most = largest["csv"]["full memory"]
    rows = [
        ("Full CSV, times `psql \\copy`", csv["ours"].median / csv["psql"].median, 1.3, False),
        ("Full CSV, times faster than Datasette", csv["theirs"].median / csv["ours"].median, 8, True),
        ("Memory gained during the full CSV, MB", (most - before) / 1024**2, 30, False),
    ]  # fmt: skip
    for kind, least in (("catalogue", 8), ("filtered", 5), ("searched", 5)):
        times = largest[kind]
        faster = times["theirs, set A"].median / times["ours, set A"].median
        rows.append((f"{KINDS[kind]}, set A, times faster", faster, least, True))
        whole = times["theirs, set A"].median / times["ours, whole page"].median
        rows.append(
            (f"{KINDS[kind]}, our whole page against four facets, times faster", whole, 3, True)
        )
    if len(sizes) > 1:
        smallest = results["sizes"][sizes[0]]
        for kind in KINDS:
            for name, most_times in (("ours, whole page", 4), ("ours, whole page, warm", 1.5)):
                grown = largest[kind][name].median / smallest[kind][name].median
                state = "warm" if "warm" in name else "cold"
                rows.append(
                    (
                        f"{KINDS[kind]}, {state}: {sizes[-1]:,} against {sizes[0]:,} records, times",
                        grown,
                        most_times,
                        False,
                    )
                )
    publication = largest["publication"]
    rows.append(
        (
            "One publication to be seen, seconds",
            publication["write"] + publication["show"],
            1,
            False,
        )
    )
    lines = [f"## Targets, at {sizes[-1]:,} records, cold\n", "| what | measured | target | |"]
    lines.append("| --- | ---: | ---: | --- |")
    for what, value, target, at_least in rows:
        met = value >= target if at_least else value <= target
        sign = "at least" if at_least else "at most"
        lines.append(
            f"| {what} | {value:.2f} | {sign} {target} | {'met' if met else '**missed**'} |"
        )
    return "\n".join(lines) + "\n"


def _size(size: int, found: dict[str, Any]) -> str:
    lines = [
        f"## {size:,} records\n",
        "| page | records found, ours and Datasette | ours, set A, cold | Datasette, set A |"
        " times faster | ours, all facets, cold | Datasette, with array facets |"
        " ours, all facets, warm |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, label in KINDS.items():
        times = found[kind]
        arrays = times.get("theirs, with arrays")
        lines.append(
            f"| {label} | {' and '.join(f'{rows:,}' for rows in found[f'{kind} rows'])} |"
            f" {_times(times['ours, set A'])} | {_times(times['theirs, set A'])} |"
            f" {_ratio(times['theirs, set A'].median, times['ours, set A'].median)} |"
            f" {_times(times['ours, whole page'])} |"
            f" {f'{arrays.median:.3f}' if arrays else 'not timed'} |"
            f" {_times(times['ours, whole page, warm'])} |"
        )
    record = found["record"]
    lines += [
        "",
        f"A record: ours {_times(record['ours'])} cold, {_times(record['ours, warm'])} warm; "
        f"Datasette's row {_times(record['theirs'])}.\n",
        "| CSV | ours | `psql \\copy` | Datasette | MB | memory before, most (MB) |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind in ("full", "filtered"):
        times = found["csv"][kind]
        before, most = found["csv"][f"{kind} memory"]
        lines.append(
            f"| {kind} | {times['ours'].median:.2f} | {times['psql'].median:.2f} |"
            f" {times['theirs'].median:.2f} | {found['csv'][f'{kind} bytes'] / 1e6:.0f} |"
            f" {before / 1024**2:.0f}, {most / 1024**2:.0f} |"
        )
    lines += ["", *_load(found["load"])]
    published = found["publication"]
    lines.append(
        f"\nOne more record: written with its facets in {published['write']:.3f} s, the list with "
        f"its counts made anew in {published['show']:.3f} s.\n"
    )
    return "\n".join(lines)


def _load(found: dict[str, Load | None]) -> list[str]:
    lines = []
    for name, load in found.items():
        if load is None:
            lines.append("16 clients: not measured, wrk is not installed (apt-get install wrk).")
            break
        lines.append(
            f"16 clients, {name}: {load.requests:,.0f} requests a second, 99 % within {load.p99}, "
            f"errors: {load.errors}.\n"
        )
    return lines


def _growth(results: dict[str, Any], sizes: list[int]) -> str:
    names = ("ours, whole page", "ours, whole page, warm", "theirs, set A")
    head = ("all facets, cold", "all facets, warm", "Datasette, set A")
    lines = ["## Growth\n", f"| page | records | {' | '.join(head)} |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    for kind, label in KINDS.items():
        for size in sizes:
            times = results["sizes"][size][kind]
            cells = " | ".join(f"{times[name].median:.3f}" for name in names)
            lines.append(f"| {label} | {size:,} | {cells} |")
    for size, (records, seconds) in results["seeding"].items():
        lines.append(
            f"\nSeeding up to {size:,}: {records:,} records in {seconds:.0f} s, "
            f"{records / seconds:,.0f} a second."
        )
    return "\n".join(lines) + "\n"


def _gate(results: dict[str, Any]) -> str:
    if "gate" not in results:
        return ""
    said = re.findall(
        r"(\d+) records imported in (\d+) s, (\d+) published in (\d+) s", results["gate"]
    )
    imported, importing, published, publishing = (int(part) for part in said[0])
    lines = [
        "## The gate\n",
        f"- {imported:,} records imported with their history: "
        f"{imported / max(importing, 1):,.0f} a second.",
        f"- {published:,} records cleared in bulk and published: "
        f"{published / max(publishing, 1):,.0f} a second.",
    ]
    if "rebuild" in results:
        many, seconds = results["rebuild"]
        lines.append(f"- `rebuild_catalogue` of {many:,}: {many / seconds:,.0f} a second.")
    return "\n".join(lines) + "\n"
