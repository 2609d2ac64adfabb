"""What stands beside each field of a record: what the codebook says of it, and an example.

A field says by itself in its model what only it can say (`help_text`). Here is what the codebook
says already, which is not written twice, and the examples.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from milidip.codebook.vocabularies import VOCABULARIES

DESCRIPTIONS = {vocabulary.code: vocabulary.description for vocabulary in VOCABULARIES}


@dataclass(frozen=True)
class Help:
    """``example`` follows what the codebook says of ``vocabulary``, or what the field itself says."""

    example: Any = ""
    vocabulary: str = ""


HELP = {
    "engagement.title": Help(_("Example: “Flintlock 2019”.")),
    "engagement.activity": Help(
        _("Example: a course held during a visit is training, not a visit.")
    ),
    "engagement.status": Help(
        _("Example: what was called off after the announcement is cancelled."), "status"
    ),
    "engagement.track": Help(
        _("Example: officers who speak for themselves, with scholars at one table: Track 1.5.")
    ),
    "engagement.track_basis": Help(
        _("Example: the communiqué itself calls it Track II: stated by the source."), "track_basis"
    ),
    "engagement.track_note": Help(_("Example: “The officers came as private persons.”")),
    "engagement.track3_links": Help(
        _("Example: a health day for villagers beside an exercise: a part that meets the public."),
        "track3_link",
    ),
    "engagement.military_roles": Help(
        _("Example: an army that lends its halls to a dialogue hosts it."), "military_role"
    ),
    "engagement.initiated_by": Help(_("Example: a ministry, or a church.")),
    "engagement.objectives": Help(
        _("Example: interoperability when the communiqué says so, not because it is usual."),
        "objective",
    ),
    "engagement.themes": Help(
        _("Example: a seminar on drought and patrols takes up environmental security."), "theme"
    ),
    "engagement.marking": Help(_("Example: a closed seminar among officers and scholars.")),
    "engagement.embargo_until": Help(_("Example: the last day of an exercise not yet announced.")),
    "engagement.gives_support": Help(_("Example: a course for military police does.")),
    "engagement.claim_status": Help(
        _("Example: two newspapers give different years: sources conflict."), "claim_status"
    ),
    "engagement.content_licence": Help(
        _("Under what terms others may use the record. Example: CC BY 4.0, the register's own.")
    ),
    "engagement.source_dataset": Help(
        _("Filled by an import; leave it as it is. Example: mme_v7.")
    ),
    "engagement.source_id": Help(_("By which its row is found again. Example: 1980-014.")),
    "place.name": Help(_("Example: Nanyuki.")),
    "place.latitude": Help(_("Degrees, south is negative. Example: -1.28333.")),
    "place.longitude": Help(_("Degrees, west is negative. Example: 36.81667.")),
    "place.precision": Help(_("Example: “Country only” when no town is known.")),
    "participation.stakeholder": Help(_("Example: Kenya Defence Forces.")),
    "participation.actor_type": Help(
        _("Example: “elders of three villages”: traditional authorities."), "actor_type"
    ),
    "participation.role": Help(_("Example: who lends the hall is the host."), "role"),
    "participation.capacity": Help(
        _(
            "Example: a general in office who speaks for himself: an official in a personal capacity."
        ),
        "capacity",
    ),
    "participation.side": Help(_("Example: the government is A, the movement is B.")),
    "participation.disclosure": Help(_("Example: “withheld” for who was promised it.")),
    "participation.people_min": Help(_("Of this actor. Example: 20 for “some twenty”.")),
    "participation.people_max": Help(
        _("The same number when the source gives one only. Example: 25.")
    ),
    "participation.women_min": Help(
        _("Women among them, as far as a source says so. Example: 4; blank is not none.")
    ),
    "participation.consent_basis": Help(_("Example: a minister in office acts in a public role.")),
    "source.kind": Help(
        _("Example: a ministry's statement to newspapers is a press release."), "source_kind"
    ),
    "source.independence": Help(_("Example: an army's own magazine is the word of a party.")),
    "source.title": Help(
        _("As it stands there, in its own language. Example: “Les armées à Thiès”.")
    ),
    "source.author": Help(_("As printed. Example: A. Diallo. Leave blank when it names nobody.")),
    "source.publisher": Help(_("Example: Le Soleil, Dakar.")),
    "source.url": Help(_("Where it can be read. Example: https://www.un.org/….")),
    "source.published": Help(_("As much as is known. Example: 1980-05, or 1980.")),
    "source.accessed": Help(_("The day on which you read it there. Example: yesterday's date.")),
    "source.locator_type": Help(_("Example: “Page”, with 14 as the locator."), "locator_type"),
    "source.locator": Help(_("Example: 14, or 3.2.")),
    "outcome.kind": Help(
        _("Example: “they will meet again each spring”: follow-up agreed."), "outcome_kind"
    ),
    "outcome.statement": Help(_("Example: “Both staffs agreed on a direct line.”")),
    "outcome.date": Help(_("When it came of it, as much as is known. Example: 2019-06.")),
    "outcome.reported_by": Help(
        _("Example: what the communiqué of the hosts says, the organiser says."), "reported_by"
    ),
    "relatedengagement.kind": Help(
        _("Example: a field phase is part of its exercise."), "relation_kind"
    ),
    "relatedengagement.target": Help(
        _("The other record, by title or reference. Example: MD-7K3QX9.")
    ),
}
"""Model and field -> what is added to what the field says, or said in its place."""


def help_of(db_field: Any) -> Any:
    """Return the help text of a field of a record; what the field says itself where none is here."""
    told = HELP.get(f"{db_field.model._meta.model_name}.{db_field.name}")
    if told is None:
        return db_field.help_text
    about = DESCRIPTIONS[told.vocabulary] if told.vocabulary else db_field.help_text
    return format_lazy("{} {}", about, told.example) if about else told.example


class FieldHelp:
    """An admin, or a part of its screen, whose fields have their help from here."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if formfield is not None:
            formfield.help_text = help_of(db_field)
        return formfield
