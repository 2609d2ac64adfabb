"""Two entries of one actor become one, on both sides, and nothing that was promised is lost."""

import pytest
from django.urls import reverse

from engagements import merging, protection, publication, workflow
from engagements.models import ActorSnapshot, Participation, Publication
from milidip.catalogue import models as public
from milidip.codebook.choices import ConsentBasis, ParticipantDisclosure
from stakeholders.models import (
    FormerReference,
    Identifier,
    OtherName,
    PersonRequest,
    Protection,
    Stakeholder,
)
from stakeholders.references import unused_references
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
def two():
    """Two entries of one army, each named in a public record of its own."""
    kept = StakeholderFactory(name="Kenya Army", country_id="KEN")
    absorbed = StakeholderFactory(name="Army of Kenya", country_id="KEN")
    EngagementFactory(title="First", published=True, parties=[kept])
    EngagementFactory(title="Second", published=True, parties=[absorbed])
    return kept, absorbed


def test_everything_moves_to_the_entry_that_is_kept(editor, two):
    kept, absorbed = two
    OtherName.objects.create(stakeholder=absorbed, name="KA")
    OtherName.objects.create(stakeholder=kept, name="KA")
    Identifier.objects.create(stakeholder=absorbed, scheme="wikidata", value="Q1")
    child = StakeholderFactory(name="A regiment", parent=absorbed)
    request = PersonRequest.objects.create(kind="correct", stakeholder=absorbed)

    merging.merge(kept, absorbed, editor)

    child.refresh_from_db()
    request.refresh_from_db()
    assert not Stakeholder.objects.filter(pk=absorbed.pk).exists()
    assert Participation.objects.filter(stakeholder=kept).count() == 2
    assert sorted(kept.other_names.values_list("name", flat=True)) == ["Army of Kenya", "KA"]
    assert kept.identifiers.get().value == "Q1"
    assert child.parent == kept
    assert request.stakeholder == kept


def test_the_public_reads_one_actor_in_both_records_and_no_new_version(editor, two):
    kept, absorbed = two

    effect = merging.merge(kept, absorbed, editor)

    actor = public.Actor.objects.get()
    assert effect.changed == 2
    assert (actor.reference, actor.name) == (kept.reference, "Kenya Army")
    assert actor.other_names == ["Army of Kenya"]
    assert set(public.Entry.objects.values_list("version", flat=True)) == {1}
    assert [entry.actors for entry in public.Entry.objects.all()] == [[kept.reference]] * 2
    assert publication.rebuild() == 0


def test_snapshots_go_on_knowing_the_old_reference(editor, two):
    kept, absorbed = two
    before = list(Publication.objects.order_by("pk").values_list("snapshot", "actors"))

    merging.merge(kept, absorbed, editor)

    assert list(Publication.objects.order_by("pk").values_list("snapshot", "actors")) == before
    for record in Publication.objects.all():
        assert not workflow.has_unpublished_changes(record.engagement)


def test_the_old_address_leads_on_for_good(editor, two, client):
    kept, absorbed = two
    merging.merge(kept, absorbed, editor)

    response = client.get(f"/stakeholders/{absorbed.reference}/")
    assert (response.status_code, response.url) == (301, f"/stakeholders/{kept.reference}/")

    another = StakeholderFactory(name="Kenyan Army", country_id="KEN")
    EngagementFactory(published=True, parties=[another])
    merging.merge(another, kept, editor)
    response = client.get(f"/stakeholders/{absorbed.reference}/")
    assert response.url == f"/stakeholders/{another.reference}/"
    assert publication.rebuild() == 0


def test_the_old_address_leads_nowhere_once_the_other_is_not_public(editor, two, client):
    kept, absorbed = two
    merging.merge(kept, absorbed, editor)

    protection.protect(kept, editor, "Asked for it.")

    assert client.get(f"/stakeholders/{absorbed.reference}/").status_code == 404
    assert not public.ActorRedirect.objects.exists()
    protection.lift_protection(kept, UserFactory(administrator=True), "It asks for it.")
    assert client.get(f"/stakeholders/{absorbed.reference}/").status_code == 301


def test_an_entry_that_was_never_public_has_no_address_that_leads_on(editor, client):
    kept = StakeholderFactory(name="Kenya Army")
    EngagementFactory(published=True, parties=[kept])
    hidden = StakeholderFactory(name="Army of Kenya")

    merging.merge(kept, hidden, editor)

    assert not FormerReference.objects.get().redirects
    assert client.get(f"/stakeholders/{hidden.reference}/").status_code == 404


@pytest.mark.parametrize("protected", ["kept", "absorbed", "both"])
def test_a_merge_with_somebody_under_protection_is_under_protection(editor, protected):
    kept = StakeholderFactory(person=True, name="Marker Person")
    absorbed = StakeholderFactory(person=True, name="Marker Persona")
    for person in (kept, absorbed):
        engagement = EngagementFactory()
        ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
        clear(engagement)
        publish(engagement)
    EngagementFactory(summary="Marker Person and Marker Persona", published=True)
    for person in {"kept": [kept], "absorbed": [absorbed], "both": [kept, absorbed]}[protected]:
        protection.protect(person, editor, f"{person.name} asked for it.")

    merging.merge(kept, absorbed, editor)

    assert "Marker" not in public_text()
    assert Protection.objects.get().stakeholder == kept
    assert publication.rebuild() == 0


def test_two_lines_in_one_role_become_one_and_the_less_open_counts(editor, two):
    kept, absorbed = two
    engagement = EngagementFactory()
    ours = ParticipationFactory(
        engagement=engagement, stakeholder=kept, disclosure=ParticipantDisclosure.NAMED
    )
    theirs = ParticipationFactory(
        engagement=engagement,
        stakeholder=absorbed,
        disclosure=ParticipantDisclosure.TYPE_ONLY,
        consent_basis=ConsentBasis.NONE,
        people_min=7,
    )
    source = SourceFactory(engagement=engagement)
    theirs.sources.add(source)
    other_role = ParticipationFactory(engagement=engagement, stakeholder=absorbed, role_id="host")
    assert merging.preview(kept, absorbed).joined == [engagement.reference]

    merging.merge(kept, absorbed, editor)

    ours.refresh_from_db()
    assert (ours.disclosure, ours.people_min) == ("type_only", 7)
    assert list(ours.sources.all()) == [source]
    assert set(engagement.participations.all()) == {ours, other_role}


def test_two_lines_of_a_published_record_are_one_line_after_a_merge(editor, two):
    kept, absorbed = two
    engagement = EngagementFactory(title="Both", published=True, parties=[kept, absorbed])

    merging.merge(kept, absorbed, editor)

    entry = public.Entry.objects.get(reference=engagement.reference)
    assert (entry.actor_count, entry.participations.count()) == (1, 1)


def test_a_parent_merged_into_its_child_leaves_no_circle(editor):
    army = StakeholderFactory(name="The Army")
    grandparent = StakeholderFactory(name="The Ministry")
    parent = StakeholderFactory(name="Army", parent=grandparent)
    army.parent = parent
    army.save()

    merging.merge(army, parent, editor)

    army.refresh_from_db()
    assert army.parent == grandparent


def test_an_unpublished_kept_entry_takes_over_what_was_published_of_the_other(editor):
    kept = StakeholderFactory(name="Kenya Army")
    absorbed = StakeholderFactory(name="Army of Kenya")
    EngagementFactory(published=True, parties=[absorbed])

    merging.merge(kept, absorbed, editor)

    assert public.Actor.objects.get().name == "Kenya Army"
    assert ActorSnapshot.objects.get().reference == kept.reference
    assert publication.rebuild() == 0


def test_what_is_refused(editor):
    body, person = StakeholderFactory(), StakeholderFactory(person=True)

    assert "never the same" in problems_of(merging.merge, body, person, editor)
    assert "two different" in problems_of(merging.merge, body, body, editor)
    assert "may not merge" in problems_of(
        merging.merge, body, StakeholderFactory(), UserFactory(contributor=True)
    )


def test_a_reference_that_was_merged_away_is_never_given_again(editor, two, monkeypatch):
    kept, absorbed = two
    merging.merge(kept, absorbed, editor)
    drawn = iter([absorbed.reference, "MA-FRESH1"])
    monkeypatch.setattr("stakeholders.references.new_reference", lambda prefix: next(drawn))

    assert unused_references(Stakeholder, "MA", 1) == ["MA-FRESH1"]


def test_the_preview_says_what_would_happen_and_does_nothing(editor, two):
    kept, absorbed = two
    protection.protect(absorbed, editor, "Asked for it.")
    before = public_text()

    preview = merging.preview(kept, absorbed)

    assert (preview.participations, preview.records) == (1, 1)
    assert preview.names == ["Army of Kenya"]
    assert preview.protected
    assert not preview.redirects
    assert public_text() == before
    assert Stakeholder.objects.count() == 2


# --- who may be the same ---------------------------------------------------------------------------


def pairs(search=""):
    return [{pair.first.name, pair.second.name} for pair in merging.candidates(search)]


def test_names_that_are_alike_are_offered_the_most_alike_first():
    StakeholderFactory(name="Kenya Defence Forces")
    StakeholderFactory(name="Kenya Defense Forces")
    StakeholderFactory(name="Kenya Defence Force Band")
    StakeholderFactory(name="Something else")

    found = pairs()

    assert found[0] == {"Kenya Defence Forces", "Kenya Defense Forces"}
    assert all("Something else" not in pair for pair in found)


def test_another_name_of_one_that_is_the_name_of_the_other_is_offered():
    nato = StakeholderFactory(name="North Atlantic Treaty Organization")
    OtherName.objects.create(stakeholder=nato, name="NATO")
    StakeholderFactory(name="NATO")

    assert pairs() == [{"North Atlantic Treaty Organization", "NATO"}]


def test_persons_and_bodies_and_bodies_of_two_countries_are_not_offered():
    StakeholderFactory(name="Army Staff College", country_id="KEN")
    StakeholderFactory(name="Army Staff College", country_id="UGA")
    StakeholderFactory(name="Dana Example")
    StakeholderFactory(person=True, name="Dana Example")

    assert pairs() == []


def test_where_too_many_names_are_alike_a_search_is_asked_for(editor, monkeypatch, client):
    monkeypatch.setattr(merging, "PATIENCE", "1ms")
    monkeypatch.setattr(merging, "CANDIDATES", "SELECT pg_sleep(1), %(key)s")
    client.force_login(editor)

    page = client.get(reverse("admin:stakeholders_stakeholder_duplicates"))

    assert merging.candidates() is None
    assert "Too many names are alike" in page.content.decode()


def test_what_somebody_said_is_not_the_same_is_not_offered_again(editor):
    one, other = StakeholderFactory(name="First Army"), StakeholderFactory(name="First Army.")
    assert pairs("first") == [{"First Army", "First Army."}]
    assert pairs("second") == []

    merging.say_distinct(other, one, editor)

    assert pairs() == []
