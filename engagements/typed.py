"""What a form sends, read before any form has judged it: fields, and rows of its blocks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.http import QueryDict

Row = dict[str, list[str]]
"""The fields of one row by name, without the prefix; ``id`` is empty in a new one."""

ROW_FIELD = re.compile(r"(?P<block>[a-z][a-z0-9_]*)-(?P<number>\d{1,4})-(?P<field>\w+)")


def rows_of(data: QueryDict) -> dict[str, list[Row]]:
    """Return the rows of each block in their order; what was taken out has ``DELETE``."""
    found: dict[str, dict[int, Row]] = defaultdict(lambda: defaultdict(dict))
    for name, values in data.lists():
        if match := ROW_FIELD.fullmatch(name):
            found[match["block"]][int(match["number"])][match["field"]] = [*map(str, values)]
    return {
        block: [dict(rows[number]) for number in sorted(rows)] for block, rows in found.items()
    }


def first(row: Row, field: str) -> str:
    """Return what stands in a field of a row; nothing if it was not sent."""
    return (row.get(field) or [""])[0].strip()


def is_gone(row: Row) -> bool:
    return bool(first(row, "DELETE"))


def write_rows(data: QueryDict, block: str, saved: Sequence[Row], new: Iterable[Row]) -> None:
    """Put rows into ``data`` in the place of those of ``block``: saved ones come first."""
    for name in [name for name in data if name.startswith(f"{block}-")]:
        if ROW_FIELD.fullmatch(name):
            del data[name]
    every = [*saved, *new]
    for number, row in enumerate(every):
        for field, values in row.items():
            data.setlist(f"{block}-{number}-{field}", values)
    data[f"{block}-TOTAL_FORMS"] = str(len(every))
    data[f"{block}-INITIAL_FORMS"] = str(len(saved))
