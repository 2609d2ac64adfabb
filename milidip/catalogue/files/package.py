"""What the files are, for programs: a Frictionless data package, and JSON-LD for search engines."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from milidip.catalogue.columns import Column
from milidip.catalogue.exports import codes
from milidip.catalogue.exports.grains import ENGAGEMENTS, GRAINS
from milidip.catalogue.files import coverage
from milidip.catalogue.words import honest_date

PACKAGE, SUMS = "datapackage.json", "SHA256SUMS"
LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0",
}
REFERENCE = "[0-9A-HJKMNP-TV-Z]{6}"
PATTERNS = {
    "string MD-XXXXXX": f"MD-{REFERENCE}",
    "string MA-XXXXXX": f"MA-{REFERENCE}",
    "string MS-XXXXXX": f"MS-{REFERENCE}",
    "EDTF level 1": r"[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?|\.\.",
    "iso3": "[A-Z]{3,4}",
}
TYPES = {"integer": "integer", "decimal": "number", "boolean": "boolean", "date": "date"}
CHANGES = {
    "change": "added, changed or withdrawn",
    "reference": "Permanent public identifier of the record",
    "version_before": "Its version in the release before; empty when added",
    "version_now": "Its version in this release; empty when withdrawn",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it lies there; ``rows`` is None where there are none to count."""

    name: str
    title: str
    form: str
    media_type: str
    bytes: int
    rows: int | None
    sha256: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class About:
    """What is said of all the files together."""

    revision: int
    day: str
    base_url: str
    address: str
    number: str = ""

    @property
    def title(self) -> str:
        name = _("milidip, the open register of military diplomacy")
        if self.number:
            return _("%(name)s, release %(number)s") % {"name": name, "number": self.number}
        return _("%(name)s, revision %(revision)s") % {"name": name, "revision": self.revision}

    @property
    def citation(self) -> str:
        return f"{self.title}. {honest_date(self.day)}. {self.address}"


@dataclass(frozen=True, slots=True)
class Folder:
    """Files that belong together; ``until``: the day from which they may not be served."""

    about: About
    files: list[File]
    until: date | None


def descriptor(about: About, files: Iterable[File]) -> dict[str, Any]:
    """Return the data package: tables with their schema, the other files beside them."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "milidip",
        "title": about.title,
        "description": _("Who met, why, and what came of it: military diplomacy in every track."),
        "version": about.number or f"r{about.revision}",
        "created": f"{about.day}T00:00:00Z",
        "homepage": about.base_url,
        "licenses": [LICENCE],
        "contributors": [{"title": "milidip", "roles": ["publisher"]}],
        "register_revision": about.revision,
        "resources": [resource(file) for file in files],
    }


def resource(file: File) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": re.sub("[^a-z0-9]+", "-", file.name.lower()),
        "title": file.title,
        "path": file.name,
        "format": file.name.rpartition(".")[2].lower(),
        "mediatype": file.media_type.partition(";")[0],
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    schema = schemas().get(file.name)
    if schema:
        return found | {"type": "table", "encoding": "utf-8", "schema": schema}
    return found | {"type": "file"}


def schemas() -> Mapping[str, dict[str, Any]]:
    """Return the schema of each table, by the name of its file."""
    found = {f"{grain.name}.csv": schema_of(grain.columns, grain.key) for grain in GRAINS}
    for grain in GRAINS:
        if grain is not ENGAGEMENTS:
            found[f"{grain.name}.csv"]["foreignKeys"] = [
                {
                    "fields": ["engagement_reference"],
                    "reference": {"resource": "engagements-csv", "fields": ["reference"]},
                }
            ]
    found["codebook.csv"] = _plain(codes.DEFINITIONS)
    found["coverage.csv"] = _plain(coverage.DEFINITIONS)
    found["changes.csv"] = _plain(CHANGES)
    return found


def schema_of(columns: Sequence[Column], key: Sequence[str]) -> dict[str, Any]:
    return {
        "fields": [field_of(column) for column in columns],
        "missingValues": [""],
        "primaryKey": list(key),
    }


def field_of(column: Column) -> dict[str, Any]:
    """Return a column as a field with its type and what its cells keep to."""
    found: dict[str, Any] = {
        "name": column.name,
        "type": TYPES.get(column.kind, "string"),
        "description": f"{column.definition} ({column.type})",
    }
    if column.kind == "boolean":
        found |= {"trueValues": ["true"], "falseValues": ["false"]}
    constraints: dict[str, Any] = {}
    if not column.null:
        constraints["required"] = True
    if column.type in PATTERNS:
        constraints["pattern"] = PATTERNS[column.type]
    if column.kind == "integer":
        constraints["minimum"] = 0
    return found | ({"constraints": constraints} if constraints else {})


def _plain(definitions: Mapping[str, str]) -> dict[str, Any]:
    fields = [
        {"name": name, "type": "string", "description": text} for name, text in definitions.items()
    ]
    return {"fields": fields, "missingValues": [""]}


def json_ld(about: About, files: Iterable[File], folder: str) -> dict[str, Any]:
    """Return the register as a schema.org Dataset."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": about.title,
        "description": _(
            "An open register of military diplomacy in Track III and the tracks it touches: "
            "exercises, exchanges, peace operations, dialogues, relief and work with "
            "communities, with who took part, the sources and what came of it."
        ),
        "url": about.address,
        "identifier": about.address,
        "version": about.number or f"r{about.revision}",
        "dateModified": about.day,
        "license": LICENCE["path"],
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": "milidip", "url": about.base_url},
        "keywords": ["military diplomacy", "Track III", "peacebuilding", "defence diplomacy"],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.name,
                "description": file.title,
                "encodingFormat": file.media_type.partition(";")[0],
                "contentUrl": f"{folder}{file.name}",
                "contentSize": f"{file.bytes} B",
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
