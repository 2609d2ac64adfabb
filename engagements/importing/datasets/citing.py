"""Where a row comes from: its dataset as a source, and the first of the links that it cites."""

import re
from urllib.parse import urlsplit

from engagements.importing.records import (
    SOURCE_TITLE_LENGTH,
    URL_LENGTH,
    Citation,
    Record,
    Row,
    cut,
    squeezed,
)
from milidip.codebook.choices import Independence, LocatorType, SourceKind, Status

from .desk import Dataset

MOST_LINKS = 5
LINK = re.compile(r"https?://[^\s|<>\"]+")
BETWEEN_LINKS = re.compile(r"\s*;+\s*(?=https?://)|\s+;+\s+|\s*\|\s*")
KINDS_OF_HOST = (
    (SourceKind.OFFICIAL_DOCUMENT, r"^(eur-lex\.europa\.eu|undocs\.org|docs\.un\.org)$"),
    (SourceKind.SOCIAL_MEDIA, r"(^|\.)(x|twitter|facebook|instagram|youtube|t)\.(com|me)$"),
    (
        SourceKind.ORGANISATION_REPORT,
        r"(^|\.)(securitycouncilreport|crisisgroup|reliefweb|acleddata|sanaacenter)\.(org|int)$",
    ),
    (SourceKind.PRESS_RELEASE, r"(^|\.)(un|unmissions|osce|au|igad|europa|nato)\.(org|int|eu)$"),
    (SourceKind.PRESS_RELEASE, r"(^|\.)(gov|mil|gob|gouv)(\.[a-z]{2})?$|^(www\.)?mfa\."),
)


def supported(record: Record) -> tuple[str, ...]:
    """Return the export columns for which a dataset's row is the source."""
    columns = {
        "title": not record.title_supplied,
        "series": record.series,
        "activity": True,
        "status": record.status != Status.UNKNOWN,
        "date_start": record.start,
        "date_end": record.end,
        "place_names": any(place.name for place in record.places),
        "place_countries": any(
            place.country and not place.country_derived for place in record.places
        ),
        "place_areas": any(place.region for place in record.places),
        "participant_countries": any(
            participant.actor and participant.actor.country for participant in record.participants
        ),
        "actors": any(participant.actor for participant in record.participants),
        **dict.fromkeys(record.details, True),
    }
    return tuple(column for column, is_there in columns.items() if is_there)


def citations(
    row: Row, dataset: Dataset, supports: tuple[str, ...], **more: str
) -> tuple[Citation, ...]:
    """Return the dataset as a source, then the first links that its row cites."""
    words, links = split_citation(row["citation"])
    if not words and not links:
        return ()
    doi = re.search(r"\bdoi:\s*(10\.\d+/[^\s;|]+)", words)
    known = {
        "url": f"https://doi.org/{doi[1]}" if doi else "",
        "locator_type": LocatorType.CELL,
        "locator": row["source_id"],
        "language": "en",
    } | more
    first = Citation(
        kind=dataset.kind,
        independence=dataset.independence,
        title=cut(words or dataset.name, SOURCE_TITLE_LENGTH),
        publisher=dataset.publisher,
        supports=supports,
        **known,
    )
    links = [link for link in links if link != first.url]
    about = tuple(column for column in supports if column in {"activity", "date_start"})
    return (first, *(link_source(link, about) for link in links[:MOST_LINKS]))


def split_citation(text: str) -> tuple[str, list[str]]:
    """Return the words of a citation, and the links in it that could be followed."""
    words, links = [], []
    for piece in BETWEEN_LINKS.split(text.strip()):
        found = LINK.findall(piece)
        links += [link.rstrip(").,;]") for link in found]
        words.append(LINK.sub("", piece).replace("()", "") if found else piece)
    kept = "; ".join(filter(None, (squeezed(word).strip(" ;,") for word in words)))
    return kept, [link for link in dict.fromkeys(links) if can_be_followed(link)]


def can_be_followed(link: str) -> bool:
    try:
        host = urlsplit(link).hostname or ""
    except ValueError:
        return False
    return "." in host and len(link) <= URL_LENGTH and link.isascii()


def link_source(link: str, supports: tuple[str, ...]) -> Citation:
    host = (urlsplit(link).hostname or "").removeprefix("www.")
    kind = next((kind for kind, pattern in KINDS_OF_HOST if re.search(pattern, host)), None)
    return Citation(
        kind=kind or SourceKind.NEWS,
        url=link,
        publisher=host,
        independence=Independence.UNKNOWN,
        supports=supports,
    )
