"""What becomes of what an invited organisation sends in: a draft, and nothing more.

Its words are kept as they were sent. Bodies are recognised only by their exact name and kind;
everybody else becomes a new entry that is withheld, so that the gate looks for the name in every
text. Persons are never taken for one another. Who invited is the author: the rules of own work
keep them from reviewing and publishing it.
"""

import logging
from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from engagements.models import (
    Engagement,
    Invitation,
    Outcome,
    Participation,
    Place,
    Source,
)
from milidip.codebook.choices import (
    Independence,
    Marking,
    ParticipantDisclosure,
    PlacePrecision,
    ReportedBy,
    SourceKind,
)
from milidip.codebook.folding import folded
from stakeholders.models import PERSON, Stakeholder

logger = logging.getLogger("milidip.invitations")

# What is no longer than this is a summary; what is longer, the fuller account.
AS_SUMMARY = 600
NO_KIND = "other"


class SentAlready(Exception):  # noqa: N818 - it is an answer, not a fault
    """An invitation is for one engagement."""


@dataclass
class Guests:
    """Those who took part, by what they were called, with what staff have to look at."""

    linked: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    agreed: list[str] = field(default_factory=list)


@transaction.atomic
def receive(
    invitation: Invitation, answers: dict[str, Any], guests: list[dict[str, Any]], language: str
) -> Engagement:
    """Make a draft of what was sent in. Raises SentAlready.

    ``answers`` and ``guests`` are the cleaned data of the form and of its rows.
    """
    invitation = (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("invited_by")
        .get(pk=invitation.pk)
    )
    if invitation.sent_at or invitation.is_closed:
        raise SentAlready
    # Notes for staff are in the language of the register, whoever sends.
    with translation.override(settings.LANGUAGE_CODE):
        why = _("Sent in by invitation %(number)d.") % {"number": invitation.pk}
        with pghistory.context(reason=why, invitation=invitation.pk):
            record = _record(invitation, answers)
            source = _source(record, invitation, answers, language)
            _place(record, answers)
            _outcome(record, source, answers)
            found = _guests(record, source, guests)
            record.source_text = as_sent(answers, guests)
            record.working_note = _note(invitation, answers, found)
            record.save(update_fields=["source_text", "working_note"])
            invitation.engagement, invitation.sent_at = record, timezone.now()
            invitation.save()
    logger.info("Invitation %d: %s was sent in", invitation.pk, record.reference)
    return record


def _record(invitation: Invitation, answers: dict[str, Any]) -> Engagement:
    happened = answers["happened"]
    is_short = len(happened) <= AS_SUMMARY
    record = Engagement.objects.create(
        title=answers["title"],
        activity_id=answers["activity"] or NO_KIND,
        status=answers["status"],
        start=answers["start"],
        end=answers["end"],
        summary=happened if is_short else "",
        narrative="" if is_short else happened,
        # The track follows from who took part: staff say so, with their basis. Until then it is
        # taken for a meeting of Track II or III.
        marking=Marking.OPEN if answers["held"] == "open" else Marking.CHATHAM_HOUSE,
        created_by=invitation.invited_by,
    )
    record.objectives.set(answers["objectives"])
    return record


def _source(
    record: Engagement, invitation: Invitation, answers: dict[str, Any], language: str
) -> Source:
    """First-hand, from a party to it; named only if the organisation said so."""
    may_name = answers["named"] == "yes"
    given = {
        "title": answers["title"],
        "date_start": answers["start"],
        "date_end": answers["end"],
        "place_names": answers["place"],
        "objectives": answers["objectives"],
        "outcome_kinds": answers["outcome"],
    }
    return Source.objects.create(
        engagement=record,
        kind=SourceKind.OWN_REPORT,
        independence=Independence.PARTY,
        title=_("Report sent in by invitation"),
        author=invitation.organisation if may_name else "",
        accessed=timezone.now().date(),
        language=language,
        supports=[name for name, value in given.items() if value],
        withheld=not may_name,
    )


def _place(record: Engagement, answers: dict[str, Any]) -> None:
    if answers["place"] or answers["country"]:
        Place.objects.create(
            engagement=record,
            name=answers["place"],
            country_id=answers["country"] or None,
            precision=PlacePrecision.PLACE if answers["place"] else PlacePrecision.COUNTRY,
        )


def _outcome(record: Engagement, source: Source, answers: dict[str, Any]) -> None:
    if answers["outcome"]:
        Outcome.objects.create(
            engagement=record,
            kind=answers["outcome_kind"],
            statement=answers["outcome"],
            reported_by=ReportedBy.PARTICIPANT,
            source=source,
        )


# --- who took part ---------------------------------------------------------------------------


def _guests(record: Engagement, source: Source, rows: list[dict[str, Any]]) -> Guests:
    found = Guests()
    entries: dict[tuple[str, str], Stakeholder] = {}
    listed = set()
    for row in rows:
        entry = _entry(record, row, entries, found) if row["name"] else None
        if entry and (entry.pk, row["role"], row["side"]) in listed:
            continue  # two names of one body
        if entry:
            listed.add((entry.pk, row["role"], row["side"]))
        line = Participation.objects.create(
            engagement=record,
            stakeholder=entry,
            actor_type_id=None if entry else row["kind"],
            role_id=row["role"],
            side=row["side"],
            people_min=row["people"],
            # As is usual for whom the register knows; who is new stays out, whatever is usual.
            disclosure=ParticipantDisclosure.WITHHELD if row["kind"] == PERSON and entry else "",
        )
        line.sources.add(source)
        if row["agreed"] and row["kind"] == PERSON and row["name"]:
            found.agreed.append(row["name"])
    return found


def _entry(
    record: Engagement,
    row: dict[str, Any],
    entries: dict[tuple[str, str], Stakeholder],
    found: Guests,
) -> Stakeholder:
    """Return the one body of exactly this name and kind, or a new entry that is withheld."""
    key = (row["kind"], folded(row["name"]))
    if key in entries:
        return entries[key]
    known = None if row["kind"] == PERSON else the_body(row["name"], row["kind"])
    if known:
        found.linked.append(f"{row['name']} ({known.reference})")
        entries[key] = known
        return known
    found.proposed.append(row["name"])
    entries[key] = Stakeholder.objects.create(
        name=row["name"],
        type_id=row["kind"],
        default_disclosure=ParticipantDisclosure.WITHHELD,
        note=_("Sent in by invitation with %(reference)s, and not checked: is it on file already?")
        % {"reference": record.reference},
    )
    return entries[key]


def the_body(name: str, kind: str) -> Stakeholder | None:
    """Return the body that is called exactly ``name``; None when there is none, or more than one."""
    bodies = Stakeholder.objects.exclude(type=PERSON).filter(type=kind)
    called = Q(sort_key=folded(name)) | Q(other_names__name__iexact=name)
    found = list(bodies.filter(called).distinct()[:2])
    return found[0] if len(found) == 1 else None


# --- in words, for staff ---------------------------------------------------------------------


def as_sent(answers: dict[str, Any], guests: list[dict[str, Any]]) -> str:
    """Return what was sent, word for word: the record itself is going to be edited."""
    lines = [
        (_("Title"), answers["title"]),
        (_("What happened"), answers["happened"]),
        (_("When, in their words"), answers["when"]),
        (_("Start"), answers["start"]),
        (_("End"), answers["end"]),
        (_("Place"), ", ".join(filter(None, [answers["place"], answers["country"]]))),
        *((_("Took part"), _in_words(row)) for row in guests),
        (_("What came of it"), answers["outcome"]),
    ]
    return "\n".join(f"{label}: {text}" for label, text in lines if text)


def _in_words(row: dict[str, Any]) -> str:
    parts = [row["name"], row["kind"], row["role"], row["side"], row["people"]]
    return "; ".join(str(part) for part in parts if part)


def _note(invitation: Invitation, answers: dict[str, Any], found: Guests) -> str:
    """Return what an editor has to look at, one thing a line."""
    lines = [
        _("Sent in by %(organisation)s, invited by %(editor)s (invitation %(number)d).")
        % {
            "organisation": invitation.organisation,
            "editor": invitation.invited_by,
            "number": invitation.pk,
        },
        _("The organisation may be named as the source.")
        if answers["named"] == "yes"
        else _("The organisation is not to be named as the source: also in no text."),
    ]
    if found.linked:
        lines.append(_("Taken for the entry of this name, check: %s") % ", ".join(found.linked))
    if found.proposed:
        lines.append(
            _("New entries, withheld until they are checked: %s") % ", ".join(found.proposed)
        )
    if found.agreed:
        lines.append(
            _("Said to have agreed to be named, ask for the proof: %s") % ", ".join(found.agreed)
        )
    return "\n".join(lines)
