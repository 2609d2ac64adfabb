"""The details of a family: what may be public of them, and that records without any stay as is."""

import copy

import pytest
from django.test import Client
from hypothesis import given

from engagements import protection, snapshot, workflow
from engagements.details import COLUMNS, FITS, TELL_WHO, detail_values
from engagements.disclosure import SMALLEST_CELL, disclose, material_digest
from engagements.entries import entry_values
from engagements.models import (
    DialogueDetails,
    ExchangeDetails,
    ExerciseDetails,
    PeaceOperationDetails,
    Publication,
)
from engagements.publication import rebuild
from milidip.catalogue.models import Document, Entry, Register
from milidip.codebook.choices import Marking, WithheldRule
from milidip.codebook.models import Family
from tests.engagements.snapshots import UNDER_RULE, snapshots, worlds
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

# --- what may be told, in every record that there could be --------------------------------------


@given(worlds())
def test_only_details_that_fit_the_kind_of_activity_are_shown(world):
    taken, promised = world
    document = disclose(taken, promised).document

    for block, families in FITS.items():
        assert block not in document or taken["family"] in families
        if block in document:
            assert any(value not in ("", None, []) for value in document[block].values())


@given(snapshots(UNDER_RULE))
def test_under_the_rule_no_detail_tells_who_came(taken):
    disclosed = disclose(taken)

    exchange = disclosed.document.get("exchange", {})
    assert not any(exchange.get(name) for name in TELL_WHO)
    assert exchange.get("people") is None
    fits = taken["family"] in FITS["exchange"]
    if fits and taken["exchange"] and any(taken["exchange"][name] for name in TELL_WHO):
        assert disclosed.withheld or not exchange


@given(snapshots(UNDER_RULE))
def test_under_the_rule_facilitation_is_told_only_beside_a_facilitator_who_is_named(taken):
    disclosed = disclose(taken)

    if disclosed.document.get("dialogue", {}).get("facilitation"):
        named = [line for line in disclosed.document["participants"] if line["name"]]
        assert {line["role"] for line in named} & {"facilitator", "mediator"}


@given(worlds())
def test_people_taught_are_counted_only_where_everybody_is_told(world):
    disclosed = disclose(*world)
    people = disclosed.document.get("exchange", {}).get("people")

    if people is not None:
        assert not set(disclosed.withheld) & {
            WithheldRule.CHATHAM_HOUSE,
            WithheldRule.PERSON_WITHHELD,
            WithheldRule.PARTICIPANT_WITHHELD,
            WithheldRule.BULK_REVIEW,
        }
        assert people >= SMALLEST_CELL or WithheldRule.TYPE_ONLY not in disclosed.withheld


@given(worlds())
def test_an_allowed_strength_under_the_smallest_cell_stands_beside_nobody_who_is_withheld(world):
    disclosed = disclose(*world)
    strength = disclosed.document.get("peace_operation", {}).get("authorised_strength")

    if strength is not None and strength < SMALLEST_CELL:
        assert world[0]["marking"] == Marking.OPEN
        assert not set(disclosed.withheld) & {"person_withheld", "participant_withheld"}


@given(worlds())
def test_a_snapshot_from_before_there_were_details_is_disclosed_as_it_was(world):
    taken, promised = world
    without = {**taken, **dict.fromkeys(FITS), "lessons_reported_by": ""}
    before = {name: value for name, value in without.items() if name not in FITS}
    del before["lessons_reported_by"]

    old, new = disclose(before, promised), disclose(without, promised)

    assert old.document == new.document
    assert material_digest(old) == material_digest(new)
    assert not {*FITS, "lessons_reported_by"} & old.document.keys()
    assert detail_values(old.document) == {name: given[2] for name, given in COLUMNS.items()}


@given(snapshots([Marking.OPEN]))
def test_every_column_of_details_says_what_the_document_says(taken):
    disclosed = disclose(taken)
    values = entry_values(disclosed)

    for column, (block, name, missing) in COLUMNS.items():
        said = disclosed.document.get(block, {}).get(name)
        assert values[column] == (missing if said in ("", None, []) else said)


def test_every_family_that_details_fit_is_in_the_codebook(db):
    families = set(Family.objects.values_list("code", flat=True))

    assert set().union(*FITS.values()) <= families


# --- through the gate ---------------------------------------------------------------------------


def mission(**values):
    return PeaceOperationDetails.objects.create(
        **{
            "engagement": EngagementFactory(activity_id="observer_mission"),
            "mandating_bodies": ["united_nations", "african_union"],
            "mandate_document": "S/RES/1769 (2007)",
            "authorised_strength": 25987,
            "tasks": ["civilian_protection"],
            **values,
        }
    ).engagement


def test_details_reach_the_page_the_file_and_the_search(committed_db, client):
    record = mission()
    clear(record)
    publish(record)

    page = client.get(record.get_absolute_url()).content.decode()
    file = b"".join(client.get("/engagements.csv", {"q": "1769"}).streaming_content).decode()

    assert "S/RES/1769 (2007)" in page
    assert "25,987" in page
    assert 'href="/engagements/?mandating_body=united_nations"' in page
    assert "african_union;united_nations" in file
    assert "civilian_protection" in file
    for wanted, found in (("osce", 0), ("african_union", 1), ("unknown", 0)):
        response = client.get("/engagements/", {"mandating_body": wanted})
        assert response.headers["X-Total-Count"] == str(found), wanted


def test_details_are_part_of_what_a_clearance_covers(db):
    record = mission()
    clear(record)
    details = record.peace_operation_details
    details.tasks = []
    details.save()

    with pytest.raises(workflow.NotAllowed):
        publish(record)


def test_a_change_of_details_is_a_change_that_waits_to_be_published(db):
    record = mission()
    clear(record)
    publish(record)
    assert not workflow.has_unpublished_changes(record)

    PeaceOperationDetails.objects.filter(engagement=record).update(authorised_strength=7)

    assert workflow.has_unpublished_changes(record)


def test_a_record_published_before_there_were_details_stays_the_row_it_was(db):
    """The digest of a public row: an upgrade rewrites nothing, and no reader sees a change."""
    record = EngagementFactory(published=True)
    publication = Publication.objects.get(engagement=record)
    old = copy.deepcopy(publication.snapshot)
    for name in (*FITS, "lessons_reported_by"):
        del old[name]
    Publication.objects.filter(pk=publication.pk).update(snapshot=old, schema=1)
    revision = Register.objects.get().revision

    assert rebuild() == 0
    assert Register.objects.get().revision == revision


def test_rows_that_an_upgrade_leaves_alone_say_what_a_rendered_row_says(db):
    record = EngagementFactory(published=True)
    rendered = Entry.objects.get(reference=record.reference)
    fresh = Entry()

    for column in COLUMNS:
        assert getattr(rendered, column) == getattr(fresh, column), column


def test_details_that_do_not_fit_the_activity_are_kept_and_not_published(db):
    record = EngagementFactory(activity_id="joint_exercise")
    DialogueDetails.objects.create(engagement=record, format="shuttle")
    ExerciseDetails.objects.create(engagement=record, form="live")
    clear(record)
    publish(record)

    entry = Entry.objects.get(reference=record.reference)
    assert (entry.exercise_form, entry.dialogue_format) == ("live", "unknown")
    assert record.dialogue_details.format == "shuttle"


@pytest.mark.parametrize("field", ["course", "sending_side", "receiving_side"])
def test_a_withheld_name_in_the_details_stops_the_publication(db, field):
    record = EngagementFactory(activity_id="training_course")
    person = StakeholderFactory(person=True, name="Amara Zyxwell")
    ParticipationFactory(engagement=record, stakeholder=person)
    ExchangeDetails.objects.create(engagement=record, **{field: "Course of Amara Zyxwell"})
    clear(record)

    with pytest.raises(workflow.NotAllowed, match=field):
        publish(record)


def test_names_on_hold_leave_the_details_too(db):
    body = StakeholderFactory(name="Zyxmarker Academy")
    record = EngagementFactory(activity_id="training_course", parties=[body])
    ExchangeDetails.objects.create(
        engagement=record, course="Logistics", receiving_side="Zyxmarker Academy"
    )
    clear(record)
    publish(record)
    assert Document.objects.get(entry__reference=record.reference).receiving_side

    protection.hold_names(record, "Asked for.", UserFactory(editor=True))

    document = Document.objects.get(entry__reference=record.reference)
    assert (document.training_course, document.receiving_side) == ("Logistics", "")
    assert "Zyxmarker" not in str(document.data)


def test_a_meeting_under_the_rule_needs_that_marking(db):
    record = EngagementFactory(activity_id="workshop_seminar", track_id="2")
    clear(record)
    DialogueDetails.objects.create(engagement=record, confidentiality="chatham_house")

    assert any("Chatham House" in str(problem) for problem in workflow.problems(record))
    with pytest.raises(workflow.NotAllowed):
        publish(record)


def test_who_reports_the_lessons_stands_beside_them(committed_db):
    record = EngagementFactory(lessons="Share a frequency plan.", lessons_reported_by="organiser")
    clear(record)
    publish(record)

    page = Client().get(record.get_absolute_url()).content.decode()
    assert "Said by: Organiser" in page


def test_a_snapshot_holds_the_details(db):
    record = mission()
    taken = snapshot.take([record.pk])[record.pk]

    assert taken["peace_operation"]["mandating_bodies"] == ["african_union", "united_nations"]
    assert taken["exercise"] is None
