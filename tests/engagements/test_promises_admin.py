"""The screens for promises, merges and requests: who may, what is said, what happens."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements.models import Hold, Schedule
from milidip.catalogue import models as public
from stakeholders.models import (
    DistinctPair,
    Erasure,
    OtherName,
    PersonRequest,
    Protection,
    Stakeholder,
)
from tests.engagements.screens import send
from tests.engagements.test_gate import public_text
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def actor_page(actor, page="change") -> str:
    return reverse(f"admin:stakeholders_stakeholder_{page}", args=[actor.pk])


def record_page(record, page="change") -> str:
    return reverse(f"admin:engagements_engagement_{page}", args=[record.pk])


def messages_of(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


@pytest.fixture
def editor():
    return UserFactory(editor=True, username="the-editor")


@pytest.fixture
def reviewer():
    return UserFactory(reviewer=True)


@pytest.fixture
def person():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    return person


# --- promises --------------------------------------------------------------------------------------


def test_protecting_says_how_much_changed_and_what_has_to_be_mended(reviewer, person):
    mentioning = EngagementFactory(summary="Marker Person came.", published=True)

    response = send(as_(reviewer), actor_page(person, "protect"), reason="Asked for it.")

    said = messages_of(response)
    assert "2 public records changed with it." in said
    assert f"{mentioning.reference} is offline until the name is out of: summary." in said
    assert "Marker" not in public_text()


def test_the_panel_of_a_record_that_is_offline_says_where_the_name_stands(editor, person):
    mentioning = EngagementFactory(summary="Marker Person came.", published=True)
    send(as_(editor), actor_page(person, "protect"), reason="Asked for it.")

    page = as_(editor).get(record_page(mentioning)).content.decode()

    assert "It is offline until it is mended" in page
    assert '<a href="#id_summary">summary</a>' in page


def test_only_an_administrator_is_offered_to_lift_and_lifts(editor, person):
    Protection.objects.create(stakeholder=person, protected_by=editor, reason="Asked.")
    lift = actor_page(person, "lift")
    assert lift not in as_(editor).get(actor_page(person)).content.decode()
    assert as_(editor).get(lift).status_code == 403

    admin = as_(UserFactory(administrator=True))
    assert lift in admin.get(actor_page(person)).content.decode()
    response = send(admin, lift, reason="The person asks for it.")

    assert "The protection is lifted." in messages_of(response)
    assert not Protection.objects.exists()


def test_a_new_name_is_published_by_an_editors_save_and_waits_after_a_contributors(editor):
    army = StakeholderFactory(name="Old Army")
    EngagementFactory(published=True, parties=[army])

    response = send(as_(UserFactory(contributor=True)), actor_page(army), name="Middle Army")
    assert "until an editor publishes the new one" in messages_of(response)
    assert public.Actor.objects.get().name == "Old Army"

    page = as_(editor).get(actor_page(army)).content.decode()
    assert actor_page(army, "spell") in page
    spell = as_(editor).get(actor_page(army, "spell")).content.decode()
    assert "Old Army" in spell
    assert "Middle Army" in spell
    send(as_(editor), actor_page(army, "spell"))
    assert public.Actor.objects.get().name == "Middle Army"

    send(as_(editor), actor_page(army), name="New Army")
    assert public.Actor.objects.get().name == "New Army"


def test_a_spelling_that_holds_a_withheld_name_is_saved_and_not_published(editor):
    body = StakeholderFactory(name="The Circle")
    EngagementFactory(
        published=True, parties=[body, StakeholderFactory(person=True, name="Marker Person")]
    )

    response = send(as_(editor), actor_page(body), name="Circle of Marker Person")

    assert "The new spelling holds a name that is withheld in" in messages_of(response)
    body.refresh_from_db()
    assert body.name == "Circle of Marker Person"
    assert "Marker" not in public_text()


# --- records -----------------------------------------------------------------------------------------


def test_names_are_hidden_and_shown_again_on_the_page_of_the_record(reviewer, person):
    record = person.participations.get().engagement
    client = as_(reviewer)
    assert 'href="../hide-names/"' in client.get(record_page(record)).content.decode()

    send(client, record_page(record, "hide-names"), reason="A reader is worried.")
    assert "Marker" not in public_text()
    page = client.get(record_page(record)).content.decode()
    assert "all names in it" in page
    assert "A reader is worried." in page

    send(client, record_page(record, "show-names"))
    assert "Marker" in public_text()
    assert not Hold.objects.standing().exists()


def test_what_does_not_fit_is_not_offered(editor, reviewer, person):
    record = person.participations.get().engagement
    offered = as_(editor).get(record_page(record)).content.decode()
    assert 'href="../hide/"' in offered
    assert 'href="../show/"' not in offered
    assert 'href="../hide/"' not in as_(reviewer).get(record_page(record)).content.decode()
    send(as_(editor), record_page(record, "hide"), reason="Risk.")
    offered = as_(editor).get(record_page(record)).content.decode()
    assert 'href="../show/"' in offered
    assert 'href="../hide/"' not in offered
    draft = as_(editor).get(record_page(EngagementFactory())).content.decode()
    assert 'href="../hide/"' not in draft


def test_a_cleared_record_under_embargo_is_scheduled_and_taken_back(editor):
    record = EngagementFactory(embargo_until="2099-03-01", cleared=True)
    client = as_(editor)
    assert 'href="../schedule/"' in client.get(record_page(record)).content.decode()

    send(client, record_page(record, "schedule"))
    page = client.get(record_page(record)).content.decode()
    assert "scheduled by the-editor" in page
    assert 'href="../schedule/"' not in page

    send(client, record_page(record, "unschedule"))
    assert not Schedule.objects.exists()


# --- merging -----------------------------------------------------------------------------------------


@pytest.fixture
def two():
    kept = StakeholderFactory(name="Kenya Defence Forces")
    other = StakeholderFactory(name="Kenya Defense Forces")
    OtherName.objects.create(stakeholder=other, name="KDF")
    for actor in (kept, other):
        EngagementFactory(published=True, parties=[actor])
    return kept, other


def test_duplicates_are_listed_looked_at_and_merged(editor, two):
    kept, other = two
    client = as_(editor)
    changelist = client.get(reverse("admin:stakeholders_stakeholder_changelist"))
    duplicates = reverse("admin:stakeholders_stakeholder_duplicates")
    assert duplicates in changelist.content.decode()
    assert actor_page(kept, "merge") in client.get(duplicates).content.decode()

    look = f"{actor_page(kept, 'merge')}?other={other.pk}"
    page = client.get(look).content.decode()
    for told in ("KDF", "Kenya Defense Forces", "Its address leads to the one that is kept"):
        assert told in page
    response = client.post(look, follow=True)

    assert "The two are one now." in messages_of(response)
    assert "2 public records changed with it." in messages_of(response)
    assert not Stakeholder.objects.filter(pk=other.pk).exists()


def test_two_that_are_not_the_same_are_not_offered_again(editor, two):
    duplicates = reverse("admin:stakeholders_stakeholder_duplicates")
    first, second = two
    client = as_(editor)

    client.post(duplicates, {"first": first.pk, "second": second.pk})
    client.get(duplicates)  # says what was done

    assert DistinctPair.objects.get().said_by == editor
    assert "Kenya Defence Forces" not in client.get(f"{duplicates}?q=kenya").content.decode()


def test_a_merge_that_is_refused_says_why(editor, two):
    kept, _other = two
    person = StakeholderFactory(person=True)
    client = as_(editor)

    look = f"{actor_page(kept, 'merge')}?other={person.pk}"
    assert "A person and a body are never the same." in client.get(look).content.decode()
    assert "never the same" in client.post(look).content.decode()
    assert Stakeholder.objects.filter(pk=person.pk).exists()


def test_merging_is_for_editors(reviewer, two):
    kept, other = two
    client = as_(reviewer)
    assert client.get(reverse("admin:stakeholders_stakeholder_duplicates")).status_code == 403
    assert client.post(f"{actor_page(kept, 'merge')}?other={other.pk}").status_code == 403
    assert "Possible duplicates" not in (
        client.get(reverse("admin:stakeholders_stakeholder_changelist")).content.decode()
    )


def test_the_other_entry_can_be_chosen(editor, two):
    page = as_(editor).get(actor_page(two[0], "merge")).content.decode()

    assert "Which other entry is the same actor?" in page
    assert 'name="other"' in page


# --- erasure and requests ------------------------------------------------------------------------------


def test_an_erasure_is_asked_for_by_one_and_confirmed_by_another(editor, reviewer, person):
    erase = actor_page(person, "erase")
    send(as_(editor), erase)
    assert "Marker" not in public_text()
    own = as_(editor).get(erase).content.decode()
    assert "the-editor" in own
    assert 'class="default' not in own

    response = send(as_(reviewer), erase)

    assert "Confirmed." in messages_of(response)
    assert Erasure.objects.get().confirmed_by == reviewer
    assert f"manage.py erase_person {person.reference}" in (
        as_(reviewer).get(erase).content.decode()
    )


def test_an_erasure_can_be_taken_back_until_it_is_done(editor, reviewer, person):
    erase = actor_page(person, "erase")
    send(as_(editor), erase)

    as_(reviewer).post(erase, {"_cancel": "1"})

    assert not Erasure.objects.exists()
    assert Protection.objects.filter(stakeholder=person).exists()


def test_a_contributor_neither_erases_nor_reads_requests(person):
    client = as_(UserFactory(contributor=True))
    request = PersonRequest.objects.create(kind="erase", stakeholder=person)

    assert client.post(actor_page(person, "erase")).status_code == 403
    for page, args in (("changelist", []), ("change", [request.pk])):
        address = reverse(f"admin:stakeholders_personrequest_{page}", args=args)
        assert client.get(address).status_code == 403
    assert not Erasure.objects.exists()


def requests(page="changelist", *args) -> str:
    return reverse(f"admin:stakeholders_personrequest_{page}", args=args)


def test_a_request_has_a_month_and_is_listed_when_it_is_overdue(editor):
    today = timezone.now().date()
    late = PersonRequest.objects.create(
        kind="protect",
        who="Late One",
        received_on=today - timedelta(days=40),
        due=today - timedelta(days=10),
    )
    send(as_(editor), requests("add"), kind="correct", who="New One")
    new = PersonRequest.objects.exclude(pk=late.pk).get()
    assert new.due == today + timedelta(days=30)

    overdue = as_(editor).get(requests() + "?deadline=overdue").content.decode()
    assert "Late One" in overdue
    assert "New One" not in overdue
    front = as_(editor).get(reverse("admin:index")).content.decode()
    assert "requests of persons, overdue" in front


def test_a_deadline_is_put_off_by_two_months_at_most(editor):
    today = timezone.now().date()
    response = send(
        as_(editor), requests("add"), kind="correct", who="X", due=str(today + timedelta(days=91))
    )

    assert "within three months" in response.content.decode()
    assert not PersonRequest.objects.exists()


def test_a_request_is_granted_when_what_was_asked_is_done(editor, person):
    case = PersonRequest.objects.create(
        kind="protect", stakeholder=person, contact="person@x.example"
    )
    page = requests("change", case.pk)
    refused = send(as_(editor), page, state="granted", outcome="Done.")
    assert "It is not under protection yet" in refused.content.decode()
    assert actor_page(person, "protect") in refused.content.decode()

    send(as_(editor), actor_page(person, "protect"), reason="Asked for it.")
    send(as_(editor), page, state="granted", outcome="Done.")

    case.refresh_from_db()
    assert (case.state, case.handled_by, case.contact) == ("granted", editor, "")
    assert case.closed_on == timezone.now().date()


def test_a_request_is_not_closed_without_saying_what_was_done(editor):
    case = PersonRequest.objects.create(kind="correct", who="X")

    response = send(as_(editor), requests("change", case.pk), state="refused")

    assert "Say what was done before you close it." in response.content.decode()
    case.refresh_from_db()
    assert case.state == "open"
