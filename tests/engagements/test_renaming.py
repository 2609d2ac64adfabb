"""The spelling of an actor follows its entry at once; everything else waits for a publication."""

import pytest

from engagements import protection, publication, renaming, workflow
from engagements.models import ActorSnapshot, Publication
from milidip.catalogue import models as public
from stakeholders.models import OtherName
from tests.engagements.test_gate import problems_of, public_text
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(editor=True)


def spelled_anew(actor, name, by):
    actor.name = name
    actor.save()
    return renaming.names_changed(actor, by)


def test_a_new_name_is_in_every_record_and_every_version_and_makes_no_new_one(editor):
    alliance = StakeholderFactory(name="Old Alliance")
    engagement = EngagementFactory(published=True, parties=[alliance])
    clear(engagement)
    publish(engagement)
    frozen = list(Publication.objects.values_list("snapshot", flat=True))

    effect = spelled_anew(alliance, "New Alliance", editor)

    assert effect.changed == 1
    assert "Old Alliance" not in public_text()
    assert public.Actor.objects.get().name == "New Alliance"
    assert public.Participation.objects.get().actor_name == "New Alliance"
    assert [
        version.data["participants"][0]["name"] for version in public.Version.objects.all()
    ] == [
        "New Alliance",
        "New Alliance",
    ]
    assert public.Entry.objects.get().version == 2
    assert list(Publication.objects.values_list("snapshot", flat=True)) == frozen
    assert publication.rebuild() == 0


def test_a_new_other_name_is_found_by_search(editor, client):
    alliance = StakeholderFactory(name="The Alliance")
    EngagementFactory(published=True, parties=[alliance])
    OtherName.objects.create(stakeholder=alliance, name="Quillvorn Pact")

    renaming.names_changed(alliance, editor)

    assert public.Actor.objects.get().other_names == ["Quillvorn Pact"]
    assert client.get("/engagements/?q=quillvorn").headers["X-Total-Count"] == "1"
    assert publication.rebuild() == 0


def test_kind_country_and_level_wait_for_the_next_publication(editor):
    body = StakeholderFactory(name="The Body", country_id="KEN")
    engagement = EngagementFactory(published=True, parties=[body])
    body.country_id, body.type_id, body.level = "UGA", "ngo", "national"
    spelled_anew(body, "The Renamed Body", editor)

    actor, line = public.Actor.objects.get(), public.Participation.objects.get()
    assert actor.name == line.actor_name == "The Renamed Body"
    assert (actor.country, actor.type, line.actor_country) == ("KEN", "armed_force", "KEN")

    clear(engagement)
    publish(engagement)
    actor.refresh_from_db()
    assert (actor.country, actor.type) == ("UGA", "ngo")


def test_what_a_contributor_renames_waits_for_somebody_who_publishes(editor):
    body = StakeholderFactory(name="The Body")
    EngagementFactory(published=True, parties=[body])

    effect = spelled_anew(body, "Something rude", UserFactory(contributor=True))

    assert effect.changed == 0
    assert "rude" not in public_text()
    assert renaming.is_spelled_otherwise(body)
    assert publication.rebuild() == 0
    assert "may not" in problems_of(renaming.rename, body, UserFactory(contributor=True))
    renaming.rename(body, editor)
    assert "rude" in public_text()
    assert not renaming.is_spelled_otherwise(body)


def test_publishing_one_record_spells_the_actor_anew_in_all_of_them():
    body = StakeholderFactory(name="Old Name")
    first = EngagementFactory(published=True, parties=[body])
    second = EngagementFactory(published=True, parties=[body])
    body.name = "New Name"
    body.save()

    clear(second)
    publish(second)

    assert "Old Name" not in public_text()
    assert public.Entry.objects.get(reference=first.reference).version == 1
    assert publication.rebuild() == 0


def test_a_new_name_that_is_withheld_in_a_record_is_refused(editor):
    body = StakeholderFactory(name="The Circle")
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(published=True, parties=[body, person])
    before = public_text()
    body.name = "Circle of Marker Person"
    body.save()

    said = problems_of(renaming.rename, body, editor)

    assert engagement.reference in said
    assert "Marker" not in said
    assert public_text() == before
    assert ActorSnapshot.objects.get().facts["name"] == "The Circle"
    assert publication.rebuild() == 0


def test_a_new_name_that_somebody_under_protection_has_is_refused_everywhere(editor):
    person = StakeholderFactory(person=True, name="Marker Person")
    protection.protect(person, editor, "Asked for it.")
    body = StakeholderFactory(name="The Circle")
    EngagementFactory(published=True, parties=[body])
    body.name = "Marker-Person Circle"
    body.save()

    problems_of(renaming.rename, body, editor)

    assert "Marker" not in public_text()


def test_a_name_learned_later_of_somebody_withheld_is_looked_for(editor):
    person = StakeholderFactory(person=True, name="Somebody")
    engagement = EngagementFactory(summary="Mama Marker spoke.", parties=[person], published=True)
    assert "Marker" in public_text()
    OtherName.objects.create(stakeholder=person, name="Mama Marker")

    effect = renaming.names_changed(person, UserFactory(contributor=True))

    assert list(effect.offline) == [engagement.reference]
    assert "Marker" not in public_text()


def test_the_other_names_of_a_person_stay_private(editor):
    person = StakeholderFactory(person=True, name="Willing Person")
    OtherName.objects.create(stakeholder=person, name="Nom de Guerre")
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    assert public.Actor.objects.get().other_names == []

    spelled_anew(person, "Willing Persona", editor)
    assert public.Actor.objects.get().name == "Willing Persona"
    assert "Guerre" not in public_text()


def test_a_renamed_actor_leaves_no_unpublished_change(editor):
    body = StakeholderFactory(name="Old Name")
    engagement = EngagementFactory(published=True, parties=[body])
    spelled_anew(body, "New Name", editor)

    assert not workflow.has_unpublished_changes(engagement)
