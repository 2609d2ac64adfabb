"""The coded facts of a record or an actor: codes in words, each linked to the catalogue."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from milidip.catalogue import labels
from milidip.catalogue.addresses import catalogue_url
from milidip.catalogue.listing import Link
from milidip.codebook.choices import UNKNOWN

Document = dict[str, Any]

# Key of the document, vocabulary, filter (empty: there is none), name of the field.
GLANCE = (
    ("track", "track", "track", gettext_lazy("Track")),
    ("touches", "track", "touches", gettext_lazy("Touches")),
    ("track3_link", "track3_link", "", gettext_lazy("How it reaches Track III")),
    ("family", "family", "family", gettext_lazy("Kind of activity")),
    ("activity", "activity", "activity", gettext_lazy("Activity, in detail")),
    ("series", "", "series", gettext_lazy("Series")),
    ("status", "status", "status", gettext_lazy("Status")),
)
PURPOSE = (
    ("military_role", "military_role", "military_role", gettext_lazy("What the military did")),
    ("initiated_by", "actor_type", "", gettext_lazy("Convened by")),
    ("objectives", "objective", "objective", gettext_lazy("Objectives")),
    ("themes", "theme", "theme", gettext_lazy("Themes")),
)
# Left out when there is nothing to say; all others then say "unknown".
OPTIONAL = {"series", "themes", "track3_link"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of a record with its values; one that is not known says so."""

    name: str
    label: Any
    values: list[Link]
    title: str = ""


def value_link(vocabulary: str, code: str, parameter: str = "") -> Link:
    """Return a code in words, linked to all records that have it."""
    url = catalogue_url(**{parameter: code}) if parameter else ""
    return Link(
        labels.label(vocabulary, code), url, title=labels.definition(vocabulary, code), code=code
    )


def facts(doc: Document, fields: tuple[tuple[str, str, str, Any], ...]) -> list[Fact]:
    """Return some fields of a document with their values in words."""
    return [
        Fact(parameter or key, label, _values(doc, key, vocabulary, parameter))
        for key, vocabulary, parameter, label in fields
        if doc.get(key) or key not in OPTIONAL
    ]


def _values(doc: Document, key: str, vocabulary: str, parameter: str) -> list[Link]:
    value = doc.get(key)
    if key == "series" and value:
        return [Link(value["name"], catalogue_url(series=value["code"]), code=value["code"])]
    codes = value if isinstance(value, list) else [value]
    return [
        value_link(vocabulary, code, parameter) for code in [c for c in codes if c] or [UNKNOWN]
    ]


def country_link(code: str, parameter: str) -> Link | None:
    """Return a country linked to its records; None when it is not known."""
    return value_link("country", code, parameter) if code and code != UNKNOWN else None


def people(least: int | None, most: int | None) -> str:
    """Return a head count in words, as far as it is known."""
    if least and most:
        if least == most:
            return f"{least:,}"
        return _("%(least)s to %(most)s") % {"least": f"{least:,}", "most": f"{most:,}"}
    if least:
        return _("at least %(least)s") % {"least": f"{least:,}"}
    return _("at most %(most)s") % {"most": f"{most:,}"} if most else ""
