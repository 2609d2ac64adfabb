"""`make bench`: both sites side by side on this machine. ARGS="--sizes 10000" for a quick look."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from bench import databases, datasette, report, servers
from bench.databases import PLACE, ROOT, say
from bench.measure import Times, Watching, fetched, in_turn, load

SET_A = ("track", "activity", "family", "year")
WORD = "training"
ARRAYS = (
    "touches",
    "region_codes",
    "place_countries",
    "military_role",
    "roles",
    "objectives",
    "themes",
    "participant_countries",
)
Results = dict[str, Any]


def main() -> None:
    options = arguments()
    # The servers are ended on the way out, also when somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))
    PLACE.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    datasette.installed()
    results: Results = {"sizes": {}, "seeding": {}, "options": options}
    like = None
    for size in sorted(options.sizes):
        name = f"milidip_bench_{size}"
        url = databases.prepared(name, like)
        seed(url, size, results)
        results["sizes"][size] = compare(url, size, options)
        like = name
    gate(options, results)
    results["minutes"] = (time.monotonic() - began) / 60
    text = report.written(results)
    options.out.write_text(text)
    sys.stdout.write(text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--sizes", type=lambda text: [int(part) for part in text.split(",")],
        default=[10_000, 100_000, 1_000_000], help="How many records, with commas between.",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=7, help="How often each page is asked for.")
    parser.add_argument("--seconds", type=int, default=30, help="How long 16 clients ask.")
    parser.add_argument("--gate", type=int, default=10_000, help="Records to publish.")
    parser.add_argument("--rebuild", type=int, default=100_000, help="Records to rebuild.")
    parser.add_argument(
        "--arrays-up-to", type=int, default=100_000,
        help="Datasette's facets of lists are timed up to so many records: they take minutes above.",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "RESULTS.md")
    return parser.parse_args()


def seed(url: str, size: int, results: Results) -> None:
    there = databases.number(url, "SELECT count(*) FROM catalogue_entry")
    if there >= size:
        return
    say(f"Seeding up to {size:,} records")
    began = time.monotonic()
    databases.manage("seed_catalogue", f"--entries={size}", url=url)
    results["seeding"][size] = (size - there, time.monotonic() - began)


def compare(url: str, size: int, options: argparse.Namespace) -> Results:
    path = datasette.filled(url, size)
    databases.manage("collectstatic", "--no-input", "--verbosity=0", url=url)
    tenth = one_in_ten(url)
    reference = first_reference(url)
    found: Results = {}
    with (
        servers.ours(url) as (our_base, our_pid),
        datasette.serving(path) as (their_base, _their_pid),
        databases.publishing(url) as connection,
    ):
        ours = our_base
        theirs = f"{their_base}/register/entries"

        def cold(address: str) -> float:
            databases.as_just_published(connection)
            return fetched(ours + address)[0]

        facets = [("_facet", name) for name in SET_A]
        order = [("_sort_desc", "start_earliest")]
        arrays = [*facets, ("_facet", "status"), *(("_facet_array", name) for name in ARRAYS)]
        for kind, mine, yours in (
            ("catalogue", {}, []),
            ("filtered", dict([tenth]), [tenth]),
            ("searched", {"q": WORD}, [("_search", WORD)]),
        ):
            say(f"{size:,} records: {kind}")
            query = f"?{urlencode(mine)}" if mine else ""
            page, small = f"/engagements/{query}", f"/bench/engagements/{query}"
            theirs_a = f"{theirs}?{urlencode([*facets, *order, *yours])}"
            found[f"{kind} rows"] = same_work(ours + page, f"{theirs}.json?{urlencode(yours)}")
            theirs_arrays = f"{theirs}?{urlencode([*arrays, *order, *yours])}"
            found[kind] = in_turn(
                {
                    "ours, set A": lambda small=small: cold(small),
                    "theirs, set A": lambda a=theirs_a: fetched(a)[0],
                    "ours, whole page": lambda page=page: cold(page),
                },
                options.rounds,
            )
            found[kind] |= in_turn(
                {"ours, whole page, warm": lambda page=page: fetched(ours + page)[0]},
                options.rounds * 10,
            )
            if size <= options.arrays_up_to:
                found[kind]["theirs, with arrays"] = Times([fetched(theirs_arrays)[0]])
        say(f"{size:,} records: a record")
        address = f"/engagements/{reference}/"
        found["record"] = in_turn(
            {
                "ours": lambda: cold(address),
                "theirs": lambda: fetched(f"{theirs}/{reference}")[0],
            },
            options.rounds * 2,
        )
        # Apart, and after as many requests as there are processes which keep it.
        found["record"] |= in_turn(
            {"ours, warm": lambda: fetched(ours + address)[0]}, options.rounds * 2
        )
        found["csv"] = exports(ours, theirs, url, our_pid, tenth)
        found["publication"] = publication(ours, url)
        say(f"{size:,} records: 16 clients")
        found["load"] = {
            "catalogue, kept": load(f"{ours}/engagements/", options.seconds),
            "record, kept": load(f"{ours}{address}", options.seconds),
        }
    return found


def same_work(mine: str, yours: str) -> tuple[int, int]:
    """Return how many records each site finds; a great difference is a mistake of the bench.

    They differ a little in a search: each has its own stems, and ours finds beginnings too.
    """
    with urlopen(mine) as answer:
        ours = int(answer.headers["X-Total-Count"])
    with urlopen(yours) as answer:
        theirs = int(json.load(answer)["filtered_table_rows_count"])
    if abs(ours - theirs) > 0.15 * ours:
        raise SystemExit(f"{mine} finds {ours:,} records and {yours} {theirs:,}.")
    return ours, theirs


def one_in_ten(url: str) -> tuple[str, str]:
    """Return the column and value, both sites have it as one value, that is nearest to a tenth."""
    import psycopg

    shares = " UNION ALL ".join(
        f"SELECT '{column}' AS name, {column} AS value, count(*) AS n FROM catalogue_entry"
        " GROUP BY 2"
        for column in ("track", "activity", "family")
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(
            f"SELECT name, value FROM ({shares}) AS shares ORDER BY"
            " abs(n - 0.1 * (SELECT count(*) FROM catalogue_entry)), name LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0]), str(row[1])


def first_reference(url: str) -> str:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT reference FROM catalogue_entry WHERE ordinal >= 1000 ORDER BY ordinal LIMIT 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


def exports(ours: str, theirs: str, url: str, pid: int, tenth: tuple[str, str]) -> Results:
    found: Results = {}
    query = urlencode([tenth])
    for kind, mine, yours in (
        ("full", "/engagements.csv", f"{theirs}.csv?_stream=on&_size=max"),
        (
            "filtered",
            f"/engagements.csv?{query}",
            f"{theirs}.csv?_stream=on&_size=max&{query}",
        ),
    ):
        say(f"CSV, {kind}")
        query = limit_query(url, mine)
        with Watching(lambda: servers.memory_of(pid)) as memory:
            times = in_turn(
                {
                    "ours": lambda mine=mine: fetched(ours + mine)[0],
                    "psql": lambda query=query: psql_copy(url, query),
                },
                3,
            )
        times["theirs"] = Times([fetched(yours)[0]])
        found[kind] = times
        found[f"{kind} bytes"] = fetched(ours + mine)[1]
        found[f"{kind} memory"] = (memory.before, memory.most)
    return found


def limit_query(url: str, path: str) -> str:
    """Return the query of an export, compiled by the project in a process of its own."""
    import subprocess

    code = (
        "import django, sys; django.setup();"
        "from bench.databases import copy_query; sys.stdout.write(copy_query(sys.argv[1]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, path],
        env=databases.environment(url) | {"DJANGO_SETTINGS_MODULE": "bench.site"},
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout  # fmt: skip


def psql_copy(url: str, query: str) -> float:
    """Return the seconds of ``\\copy`` to a file that is thrown away; psycopg where psql is not."""
    import shutil
    import subprocess

    began = time.perf_counter()
    if psql := shutil.which("psql"):
        flat = " ".join(query.split())
        command = f"\\copy ({flat}) TO '{os.devnull}' WITH (FORMAT csv)"
        subprocess.run([psql, "--quiet", "--no-psqlrc", url, "-c", command], check=True)
    else:
        import psycopg

        with (
            psycopg.connect(url) as connection,
            connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
        ):
            for _chunk in copy:
                pass
    return time.perf_counter() - began


def publication(ours: str, url: str) -> Results:
    """Write one record by the gate's writer and look for it: in the list and in its facets."""
    import subprocess

    began = time.perf_counter()
    said = subprocess.run(
        [sys.executable, "-m", "bench.one"],
        env=databases.environment(url) | {"DJANGO_SETTINGS_MODULE": "bench.site", "OURS": ours},
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout  # fmt: skip
    wrote, showed = (float(part) for part in said.split())
    return {"write": wrote, "show": showed, "all": time.perf_counter() - began}


def gate(options: argparse.Namespace, results: Results) -> None:
    """Publish and rebuild in a register that has its working side."""
    if not options.gate:
        return
    url = databases.prepared("milidip_bench_gate", afresh=True)
    say(f"Through the gate: {options.gate:,} records")
    results["gate"] = gate_rates(url, options.gate)
    if options.rebuild > options.gate:
        say(f"Through the gate: {options.rebuild:,} records")
        gate_rates(url, options.rebuild)
    many = databases.number(url, "SELECT count(*) FROM catalogue_entry")
    say(f"Rebuilding {many:,} records")
    began = time.monotonic()
    databases.manage("rebuild_catalogue", url=url)
    results["rebuild"] = (many, time.monotonic() - began)


def gate_rates(url: str, records: int) -> str:
    return databases.manage("seed_catalogue", f"--gate={records}", url=url)


if __name__ == "__main__":
    main()
