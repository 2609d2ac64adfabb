"""Promises made after publication: what leaves the public side, what stays, and who may."""

import pytest

from engagements import protection, publication, workflow
from engagements.models import ConductAssessment, CriterionFinding, Hold, Publication
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from milidip.codebook.choices import Marking, ParticipantDisclosure, PlacePrecision
from stakeholders.models import OtherName, Protection
from tests.engagements.test_gate import problems_of, public_text
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(editor=True)


@pytest.fixture
def admin():
    return UserFactory(administrator=True)


def publish_again(engagement, **kwargs):
    clear(engagement)
    return publish(engagement, **kwargs)


def naming(person, **kwargs):
    """A published record that names ``person``."""
    engagement = EngagementFactory(**kwargs)
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    publish_again(engagement)
    return engagement


# --- protecting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reviewer", "editor", "administrator"])
def test_a_reviewer_an_editor_and_an_administrator_protect(role):
    person = StakeholderFactory(person=True, name="Marker Person")
    naming(person)

    effect = protection.protect(person, UserFactory(**{role: True}), "Asked for it.")

    assert effect.changed == 1
    assert "Marker" not in public_text()


def test_a_contributor_does_not_protect_and_only_an_administrator_lifts(editor):
    person = StakeholderFactory(person=True)

    contributor = UserFactory(contributor=True)
    assert "may not protect" in problems_of(protection.protect, person, contributor, "Asked.")
    protection.protect(person, editor, "Asked.")
    assert "may not lift" in problems_of(protection.lift_protection, person, editor, "Mistake.")
    assert Protection.objects.exists()


def test_protecting_twice_is_refused_and_takes_a_reason(editor):
    person = StakeholderFactory(person=True)
    assert "reason" in problems_of(protection.protect, person, editor, " ")
    protection.protect(person, editor, "Asked.")

    assert "already" in problems_of(protection.protect, person, editor, "Asked.")


def test_lifting_a_protection_brings_back_what_the_record_says_and_history_keeps_the_promise(
    editor, admin
):
    person = StakeholderFactory(person=True, name="Marker Person")
    naming(person)
    before = public_text()
    protection.protect(person, editor, "Asked for it.")

    protection.lift_protection(person, admin, "The person asks for it.")

    assert "Marker Person" in before
    assert "Marker Person" in public_text()
    events = Protection.pgh_event_model.objects.order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "delete"]
    assert events.last().pgh_context.metadata["reason"] == "The person asks for it."
    assert publication.rebuild() == 0


def test_who_was_protected_before_the_first_publication_is_an_actor_once_that_is_lifted(
    editor, admin
):
    person = StakeholderFactory(person=True, name="Willing Person")
    protection.protect(person, editor, "Asked for it.")
    naming(person)
    assert not public.Actor.objects.exists()

    protection.lift_protection(person, admin, "The person asks for it.")

    assert public.Actor.objects.get().name == "Willing Person"
    assert publication.rebuild() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Talks with Marker Person"},
        {"summary": "As MARKER PERSON said."},
        {"lessons": "Person, Marker had said so."},
        {"narrative": "the markér-pérson affair"},
        {"track_note": "Marker\u00a0Person is a retired officer."},
        {"source__title": "Interview with Marker Person"},
        {"source__author": "Person, Marker"},
        {"source__url": "https://news.example/2019/markerperson-speaks"},
        {"source__url": "https://news.example/?who=Marker%20Person"},
        {"source__archive_url": "https://web.example/marker_person"},
        {"source__locator": "Marker Person, p. 3"},
        {"place__name": "Marker Person's house"},
        {"content_licence": "By Marker Person"},
        {"source_id": "marker person 3", "source_dataset": "D"},
    ],
)
def test_a_record_with_the_name_in_a_text_is_offline_until_it_is_edited(editor, changes):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(published=True, **changes)
    untouched = EngagementFactory(published=True)

    effect = protection.protect(person, editor, "Asked for it.")

    assert list(effect.offline) == [engagement.reference]
    assert public.Tombstone.objects.get().reference == engagement.reference
    assert public.Entry.objects.get().reference == untouched.reference


def test_the_name_in_a_public_note_or_a_condition_is_found(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    noted = EngagementFactory(gives_support=True)
    assessment = ConductAssessment.objects.create(
        engagement=noted, assessor=UserFactory(reviewer=True), assessed_on="2020-01-01"
    )
    CriterionFinding.objects.create(
        assessment=assessment, criterion_id="human_rights", public_note="Marker Person was asked."
    )
    publish_again(noted)
    conditioned = EngagementFactory()
    clear(conditioned, conditions=["Marker Person agrees first."])
    publish(conditioned)
    assert public_text().count("Marker Person") >= 2

    effect = protection.protect(person, editor, "Asked for it.")

    assert set(effect.offline) == {noted.reference, conditioned.reference}
    assert "Marker" not in public_text()


def test_the_name_in_the_change_note_of_an_earlier_version_takes_that_version_away(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(published=True)
    publish_again(engagement, change_note="Corrected after a call from Marker Person")
    publish_again(engagement, change_note="Dates")
    assert "Marker" in public_text()

    protection.protect(person, editor, "Asked for it.")

    entry = public.Entry.objects.get()
    assert list(entry.versions.values_list("number", flat=True)) == [3, 1]
    assert "Marker" not in public_text()


def test_the_name_in_the_newest_change_note_takes_the_record_away(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(published=True)
    publish_again(engagement, change_note="At the wish of Marker Person")

    protection.protect(person, editor, "Asked for it.")
    assert not public.Entry.objects.exists()

    publish_again(engagement, change_note="Names")
    assert public.Entry.objects.exists()
    assert "Marker" not in public_text()


def test_a_change_note_with_a_withheld_name_is_refused():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(parties=[person])
    clear(engagement)

    with pytest.raises(NotAllowed, match="stands in: change_note") as refusal:
        publish(engagement, change_note="Marker Person left")
    assert [problem.field for problem in refusal.value.problems] == ["change_note"]


def test_a_body_named_after_the_person_takes_its_records_away(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    OtherName.objects.create(stakeholder=person, name="Mama Marker")
    body = StakeholderFactory(name="Mama Marker Foundation", type_id="foundation")
    engagement = EngagementFactory(published=True, parties=[body])

    effect = protection.protect(person, editor, "Asked for it.")

    assert list(effect.offline) == [engagement.reference]
    assert not public.Actor.objects.exists()


def test_a_record_comes_back_once_it_is_edited(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(summary="Marker Person opened it.", published=True)
    protection.protect(person, editor, "Asked for it.")
    engagement.summary = "It was opened."
    engagement.save()

    publish_again(engagement)

    entry = public.Entry.objects.get()
    assert entry.document.summary == "It was opened."
    assert list(entry.versions.values_list("number", flat=True)) == [2]
    assert "Marker" not in public_text()


def test_only_what_is_concerned_is_rendered(editor, monkeypatch):
    person = StakeholderFactory(person=True, name="Marker Person")
    concerned = naming(person)
    mentioning = EngagementFactory(summary="Marker Person came.", published=True)
    for _number in range(5):
        EngagementFactory(published=True, summary="A marker; a person.")
    rendered = []
    original = protection.render

    def spy(ids, **kwargs):
        rendered.extend(ids)
        return original(ids, **kwargs)

    monkeypatch.setattr(protection, "render", spy)
    protection.protect(person, editor, "Asked for it.")

    assert {concerned.pk, mentioning.pk} <= set(rendered)
    assert len(rendered) < 7
    # And nothing was missed: rendering everything finds nothing to change.
    assert publication.rebuild() == 0


def test_a_new_name_of_a_protected_person_is_looked_for_as_well(editor):
    person = StakeholderFactory(person=True, name="Somebody Else")
    protection.protect(person, editor, "Asked for it.")
    EngagementFactory(summary="Mama Marker came.", published=True)
    OtherName.objects.create(stakeholder=person, name="Mama Marker")

    protection.keep_promise(person)

    assert "Marker" not in public_text()


def test_what_is_protected_in_one_record_is_not_told_by_numbers_in_another(editor):
    """A cell under the Chatham House Rule that shrank on that day would point at somebody."""
    meeting = EngagementFactory(chatham_house=True, source__chatham_safe=True)
    person = StakeholderFactory(person=True)
    ParticipationFactory(engagement=meeting, stakeholder=person)
    ParticipationFactory(
        engagement=meeting, stakeholder=StakeholderFactory(person=True), people_min=6
    )
    publish_again(meeting)
    before = public_text()

    protection.protect(person, editor, "Asked for it.")

    assert public_text() == before


# --- names on hold ----------------------------------------------------------------------------------


def test_a_readers_report_hides_every_name_at_once_in_every_version():
    person = StakeholderFactory(person=True, name="Marker Person")
    army = StakeholderFactory(name="Marker Army", country_id="KEN")
    engagement = EngagementFactory(
        title="Marker Army trains", summary="Two armies met.", parties=[army], place=False
    )
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    SourceFactory(engagement=engagement, title="Marker Person on the exercise")
    publish_again(engagement)
    publish_again(engagement, change_note="Marker Person asked for it")
    assert public_text().count("Marker") > 5

    hold = protection.hold_names(engagement, "A reader reports a risk.")

    entry = public.Entry.objects.get()
    assert "Marker" not in public_text()
    assert hold.held_by is None
    assert entry.document.title == engagement.reference
    assert entry.document.summary == "Two armies met."
    assert entry.versions.count() == 2
    assert set(entry.withheld) == {
        *("person_withheld", "participant_withheld", "text_withheld", "source_withheld"),
    }
    assert not public.Tombstone.objects.exists()
    assert not public.Actor.objects.exists()


def test_a_hold_stands_until_somebody_who_reviews_or_edits_has_looked(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = naming(person)
    before = public_text()
    protection.hold_names(engagement, "A reader reports a risk.")
    publish_again(engagement)
    assert "Marker" not in public_text()

    contributor = UserFactory(contributor=True)
    assert "may not" in problems_of(protection.release_names, engagement, contributor)
    protection.release_names(engagement, UserFactory(reviewer=True))

    assert "Marker Person" in before
    assert "Marker Person" in public_text()
    assert Hold.objects.get().released_by is not None
    assert publication.rebuild() == 0


def test_hiding_twice_is_hiding_once():
    engagement = naming(StakeholderFactory(person=True))

    first = protection.hold_names(engagement, "One reader.")
    second = protection.hold_names(engagement, "Another reader.")

    assert first == second
    assert Hold.objects.count() == 1


def test_names_on_hold_elsewhere_stay_where_they_are():
    person = StakeholderFactory(person=True, name="Marker Person")
    held, other = naming(person), naming(person)

    protection.hold_names(held, "A reader reports a risk.")

    assert public.Entry.objects.get(reference=held.reference).actors == []
    assert public.Entry.objects.get(reference=other.reference).actors == [person.reference]
    assert public.Actor.objects.get().name == "Marker Person"


def test_whoever_reviews_a_record_on_hold_sees_its_names():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = naming(person)
    protection.hold_names(engagement, "A reader reports a risk.")

    assert "Marker Person" in str(workflow.would_publish(engagement).document)


# --- a whole record ---------------------------------------------------------------------------------


def test_a_record_is_hidden_by_an_editor_only_and_comes_back_as_it_was(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = naming(person)
    reviewer = UserFactory(reviewer=True)
    assert "may not hide" in problems_of(protection.hold_record, engagement, reviewer, "Risk.")

    protection.hold_record(engagement, editor, "The risk is real.")

    assert "Marker" not in public_text()
    assert public.Tombstone.objects.get().reference == engagement.reference
    publish_again(engagement)
    assert not public.Entry.objects.exists()

    assert "may not show" in problems_of(protection.release_record, engagement, reviewer)
    protection.release_record(engagement, editor)

    entry = public.Entry.objects.get()
    assert (entry.version, entry.versions.count()) == (2, 2)
    assert not public.Tombstone.objects.exists()


def test_a_hidden_record_answers_like_a_withdrawn_one(editor, client):
    hidden, withdrawn = EngagementFactory(published=True), EngagementFactory(published=True)
    protection.hold_record(hidden, editor, "Risk.")
    workflow.withdraw(withdrawn, editor, "Mistake.")

    pages = [client.get(f"/engagements/{record.reference}/") for record in (hidden, withdrawn)]
    assert [page.status_code for page in pages] == [410, 410]
    assert pages[0].content.replace(hidden.reference.encode(), b"") == pages[1].content.replace(
        withdrawn.reference.encode(), b""
    )


# --- markings ---------------------------------------------------------------------------------------


def test_a_stricter_marking_holds_from_the_moment_it_is_set():
    engagement = EngagementFactory(
        published=True, parties=[StakeholderFactory(name="Marker Army", country_id="KEN")]
    )
    assert "Marker" in public_text()

    engagement.marking = Marking.CHATHAM_HOUSE
    engagement.save()

    entry = public.Entry.objects.get()
    assert "Marker" not in public_text()
    assert (entry.marking, entry.version) == ("chatham_house", 1)
    assert publication.rebuild() == 0


def test_what_is_restricted_leaves_at_once():
    engagement = EngagementFactory(published=True)
    engagement.marking = Marking.RESTRICTED
    engagement.save()

    assert not public.Entry.objects.exists()
    assert public.Tombstone.objects.get().kind == "withdrawn"


def test_a_laxer_marking_waits_for_the_next_publication():
    engagement = EngagementFactory(
        chatham_house=True,
        source__chatham_safe=True,
        parties=[StakeholderFactory(name="Marker Army")],
        published=True,
    )
    engagement.marking = Marking.OPEN
    engagement.save()
    assert "Marker" not in public_text()

    publish_again(engagement)
    assert public.Entry.objects.get().marking == "open"
    first, second = public.Version.objects.order_by("number")
    assert "Marker" not in str(first.data)
    assert "Marker" in str(second.data)


# --- earlier versions -------------------------------------------------------------------------------


def test_a_person_who_is_not_named_any_more_is_named_in_no_earlier_version():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = naming(person)
    engagement.participations.update(disclosure=ParticipantDisclosure.WITHHELD)

    publish_again(engagement)

    assert public.Version.objects.count() == 2
    assert "Marker" not in public_text()


def test_a_place_or_source_that_is_withheld_now_is_in_no_earlier_version():
    engagement = EngagementFactory(place__name="Marker village", source__title="Marker report")
    publish_again(engagement)
    engagement.places.update(precision=PlacePrecision.WITHHELD)
    engagement.sources.update(withheld=True)

    publish_again(engagement)

    assert public.Version.objects.count() == 2
    assert "Marker" not in public_text()


def test_snapshots_stay_as_they_were_whatever_is_promised(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = naming(person)
    before = list(Publication.objects.values_list("snapshot", "digest", "words"))

    protection.protect(person, editor, "Asked for it.")
    protection.hold_names(engagement, "Risk.")

    assert list(Publication.objects.values_list("snapshot", "digest", "words")) == before
