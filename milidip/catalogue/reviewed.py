"""The two findings of the ethical review in words, never one as if it were the other.

Nothing here can name a reviewer: the document that the gate published does not hold one.
"""

from typing import Any

from django.db.models import Count, Q

from milidip.catalogue import labels
from milidip.catalogue.facts import Document
from milidip.catalogue.listing import Link
from milidip.catalogue.models import Entry
from milidip.codebook.choices import ReviewKind


def review(doc: Document) -> dict[str, Any]:
    """Return the clearance for publication: what was decided, how, when and on what conditions."""
    found = doc["review"]
    return {
        **found,
        "decision": labels.label("review_decision", found["decision"]),
        "kind": labels.label("review_kind", found["kind"]),
        "individual": found["kind"] == ReviewKind.INDIVIDUAL,
    }


def conduct(doc: Document) -> dict[str, Any]:
    """Return the conduct assessment with its ratings and public notes, or that there is none."""
    found = doc["conduct"]
    return {
        "status": found["status"],
        "label": labels.label("conduct_status", found["status"]),
        "on": found["on"],
        "findings": [
            {
                "criterion": labels.label("criterion", finding["criterion"]),
                "code": finding["criterion"],
                "title": labels.definition("criterion", finding["criterion"]),
                "rating": labels.label("rating", finding["rating"]),
                "rating_code": finding["rating"],
                "note": finding["note"],
            }
            for finding in found["findings"]
        ],
    }


def ethics_context() -> dict[str, Any]:
    """Return the figures and the criteria on the page about the review, by one query."""
    kinds = dict.fromkeys(ReviewKind.values, 0)
    own_work = 0
    rows = Entry.objects.order_by().values_list("review_kind")
    for kind, count, own in rows.annotate(
        every=Count("pk"), own=Count("pk", filter=Q(own_work=True))
    ):
        kinds[kind] = count
        own_work += own
    return {
        "kinds": [
            Link(labels.label("review_kind", kind), count=count, code=kind)
            for kind, count in kinds.items()
        ],
        "own_work": own_work,
        "criteria": [
            Link(word.label, title=word.definition, code=word.code)
            for word in labels.vocabulary("criterion").values()
        ],
    }
