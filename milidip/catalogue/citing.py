"""How is this cited? As text, and as BibTeX, RIS and CSL-JSON for reference managers.

Each format has its own ways to break: an unbalanced brace ends a BibTeX file, a line break starts
a new RIS field, a mark of direction turns a line around. Titles are free text in any script, so
all three are made here and nowhere else.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from milidip.catalogue.words import honest_date

REGISTER = "milidip"
SUBTITLE = "The open register of military diplomacy"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LATEX = {
    "\\": r"\textbackslash{}",
    # Not \{ and \}: BibTeX counts braces, also those that LaTeX would take as signs.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "$&#_%"},
}
# Marks that order the direction of text; a reference manager keeps them and turns its list around.
DIRECTION = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}


@dataclass(frozen=True, slots=True)
class Citation:
    """One version of one record, as it is cited."""

    reference: str
    title: str
    version: int
    published: date
    url: str

    @property
    def key(self) -> str:
        """A name that is the same whenever the same version is cited."""
        return f"{REGISTER}-{self.reference}-v{self.version}"


def plain(text: str) -> str:
    """Return ``text`` on one line, without control characters and marks of direction."""
    shown = (
        " " if char.isspace() else char
        for char in text
        if char.isspace() or (char.isprintable() and ord(char) not in DIRECTION)
    )
    return " ".join("".join(shown).split())


def as_text(cited: Citation) -> str:
    """Return how to cite a record in a sentence."""
    return _(
        "%(register)s (%(year)s): “%(title)s”. %(subtitle)s, %(reference)s, version "
        "%(version)s, %(day)s. %(url)s"
    ) % {
        "register": REGISTER,
        "year": cited.published.year,
        "title": plain(cited.title),
        "subtitle": _("The open register of military diplomacy"),
        "reference": cited.reference,
        "version": cited.version,
        "day": honest_date(cited.published),
        "url": cited.url,
    }


def list_as_text(*, found: str, revision: int, day: date, url: str, checksum: str = "") -> str:
    """Return how to cite a list: what was ``found`` in words, at ``revision`` on ``day``.

    ``url`` is the absolute address of the list; ``checksum`` is `taking.checksum` of it.
    """
    said = {
        "register": REGISTER,
        "year": day.year,
        "found": plain(found),
        "subtitle": _("The open register of military diplomacy"),
        "revision": revision,
        "checksum": checksum,
        "day": honest_date(day),
        "url": url,
    }
    if checksum:
        return (
            _(
                "%(register)s (%(year)s): %(found)s. %(subtitle)s, revision %(revision)s, %(day)s, "
                "SHA-256 %(checksum)s. %(url)s"
            )
            % said
        )
    return (
        _(
            "%(register)s (%(year)s): %(found)s. %(subtitle)s, revision %(revision)s, %(day)s. %(url)s"
        )
        % said
    )


def as_bibtex(cited: Citation) -> str:
    """Return a BibTeX entry, UTF-8, safe in whatever the title holds."""
    day = cited.published
    fields = {
        "author": f"{{{REGISTER}}}",
        # Twice in braces: capitals of names stay capitals.
        "title": f"{{{_latex(cited.title)}}}",
        "year": str(day.year),
        "month": MONTHS[day.month - 1],
        "day": str(day.day),
        "howpublished": _latex(SUBTITLE),
        "note": _latex(f"{cited.reference}, version {cited.version}"),
        "url": cited.url,
    }
    lines = (
        # A month is a word that the style spells out, not a text.
        f"  {name:<12} = {value}," if name == "month" else f"  {name:<12} = {{{value}}},"
        for name, value in fields.items()
    )
    return "\n".join([f"@misc{{{cited.key},", *lines, "}", ""])


def _latex(text: str) -> str:
    return "".join(LATEX.get(char, char) for char in plain(text))


def as_ris(cited: Citation) -> str:
    """Return a RIS entry; lines end as the format wants it, with CR LF."""
    day = cited.published
    fields = [
        ("TY", "DATA"),
        ("ID", cited.key),
        ("AU", REGISTER),
        ("TI", plain(cited.title)),
        ("T2", SUBTITLE),
        ("PY", str(day.year)),
        ("DA", day.strftime("%Y/%m/%d/")),
        ("ET", str(cited.version)),
        ("AN", cited.reference),
        ("PB", REGISTER),
        ("UR", cited.url),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\r\n" for tag, value in fields)


def as_csl(cited: Citation) -> str:
    """Return CSL-JSON: a list with one item, as reference managers take it in."""
    day = cited.published
    item: dict[str, Any] = {
        "id": cited.key,
        "type": "dataset",
        "title": plain(cited.title),
        "author": [{"literal": REGISTER}],
        "container-title": SUBTITLE,
        "publisher": REGISTER,
        "number": cited.reference,
        "version": str(cited.version),
        "issued": {"date-parts": [[day.year, day.month, day.day]]},
        "URL": cited.url,
    }
    return json.dumps([item], ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Format:
    """A format that reference managers read."""

    extension: str
    label: str
    content_type: str
    write: Any


FORMATS = {
    form.extension: form
    for form in (
        Format("bib", "BibTeX", "application/x-bibtex; charset=utf-8", as_bibtex),
        Format("ris", "RIS", "application/x-research-info-systems; charset=utf-8", as_ris),
        Format("csl.json", "CSL-JSON", "application/vnd.citationstyles.csl+json", as_csl),
    )
}
