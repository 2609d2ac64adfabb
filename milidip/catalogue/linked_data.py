"""What search engines and catalogues of catalogues read from a record: schema.org as JSON-LD.

A data block, which no browser runs: the content security policy lets it be. Everything in it is
on the page too, from the same disclosed document.
"""

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from milidip.catalogue import labels
from milidip.catalogue.citing import REGISTER, SUBTITLE, Citation
from milidip.catalogue.facts import Document
from milidip.codebook.choices import UNKNOWN, Status
from milidip.codebook.dates import bounds

# What could end the block or be taken for markup, written as JSON writes any sign.
ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
STATUS = {
    Status.POSTPONED: "https://schema.org/EventPostponed",
    Status.CANCELLED: "https://schema.org/EventCancelled",
}
ORGANISING = {"organiser", "host"}


def as_script_data(data: dict[str, Any]) -> SafeString:
    """Return JSON that can stand in a ``<script>`` of data, whatever the texts in it hold."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(ESCAPES))  # noqa: S308


def record(doc: Document, cited: Citation, base: str) -> dict[str, Any]:
    """Return the record as a work about an event; ``base`` is the address of the site."""
    licence = {"license": CC_BY} if doc["licence"].startswith("CC BY 4.0") else {}
    return {
        "@context": "https://schema.org",
        "@type": "CreativeWork",
        "@id": cited.url,
        "url": cited.url,
        "identifier": cited.reference,
        "name": doc["title"],
        "version": str(cited.version),
        "datePublished": cited.published.isoformat(),
        "inLanguage": "en",
        "isPartOf": {"@type": "DataCatalog", "name": f"{REGISTER}: {SUBTITLE}", "url": f"{base}/"},
        "publisher": {"@type": "Organization", "name": REGISTER, "url": f"{base}/"},
        **licence,
        **({"abstract": doc["summary"]} if doc["summary"] else {}),
        "citation": [
            {
                "@type": "CreativeWork",
                "name": source["title"],
                **({"url": source["url"]} if source["url"] else {}),
            }
            for source in doc["sources"]
            if not source["rule"] and source["title"]
        ],
        "about": _event(doc),
    }


def _event(doc: Document) -> dict[str, Any]:
    event: dict[str, Any] = {
        "@type": "Event",
        "name": doc["title"],
        "additionalType": labels.label("activity", doc["activity"]),
    }
    for name, key in (("startDate", "start"), ("endDate", "end")):
        if _is_date(doc[key]):
            event[name] = doc[key]
    if doc["status"] in STATUS:
        event["eventStatus"] = STATUS[doc["status"]]
    if places := [_place(place) for place in doc["places"]]:
        event["location"] = places
    organisers = [
        {"@type": "Person" if line["type"] == "person" else "Organization", "name": line["name"]}
        for line in doc["participants"]
        if line["name"] and line["role"] in ORGANISING
    ]
    if organisers:
        event["organizer"] = organisers
    return event


def _is_date(value: str | None) -> bool:
    try:
        bounds(value or "")
    except ValueError:
        return False
    return True


def _place(place: dict[str, Any]) -> dict[str, Any]:
    country = place["country"] if place["country"] != UNKNOWN else ""
    name = place["name"] or labels.label("country", country)
    found: dict[str, Any] = {
        "@type": "Place",
        "name": name or labels.label("region", place["region"]),
    }
    if country:
        found["address"] = {"@type": "PostalAddress", "addressCountry": country}
    if place["latitude"] is not None and place["longitude"] is not None:
        found["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": place["latitude"],
            "longitude": place["longitude"],
        }
    return found
