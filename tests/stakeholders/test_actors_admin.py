"""Logging actors: found by any of their names, logged once, protected through the gate."""

import pytest
from django.test import Client
from django.urls import reverse

from milidip.catalogue import models as public
from stakeholders.models import Identifier, OtherName, Protection, Stakeholder
from tests.engagements.screens import send
from tests.factories import EngagementFactory, StakeholderFactory, UserFactory

pytestmark = pytest.mark.django_db

FIND = reverse("admin:stakeholders_stakeholder_find")
ADD = reverse("admin:stakeholders_stakeholder_add")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(actor: Stakeholder) -> str:
    return reverse("admin:stakeholders_stakeholder_change", args=[actor.pk])


def suggestions(client: Client, term: str) -> list[str]:
    query = {
        "app_label": "engagements",
        "model_name": "participation",
        "field_name": "stakeholder",
        "term": term,
    }
    return [found["text"] for found in client.get(FIND, query).json()["results"]]


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


def test_an_actor_is_suggested_by_any_name_identifier_or_reference(contributor):
    army = StakeholderFactory(name="Forces armées ivoiriennes", country_id="CIV")
    OtherName.objects.create(stakeholder=army, name="Armée de Côte d'Ivoire")
    Identifier.objects.create(stakeholder=army, scheme="wikidata", value="Q4830453")
    StakeholderFactory(name="Ivory Museum", type_id="academic")
    client = as_(contributor)
    for term in ("armees", "forces ivoir", "cote d", "q4830453", army.reference.lower(), "civ"):
        texts = suggestions(client, term)
        assert [text.split(" (")[0] for text in texts] == [army.name], term


def test_two_bodies_of_one_name_are_told_apart_and_the_nearest_name_comes_first(contributor):
    StakeholderFactory(name="Army Museum", type_id="academic", country_id="KEN")
    StakeholderFactory(name="The Army", country_id="UGA")
    StakeholderFactory(name="Army", country_id="TZA")
    texts = suggestions(as_(contributor), "army")
    assert [text.split(" (")[0] for text in texts] == ["Army", "Army Museum", "The Army"]
    assert "Tanzania" in texts[0]


def test_those_who_may_not_see_actors_are_suggested_none():
    assert (
        as_(UserFactory())
        .get(
            FIND,
            {
                "app_label": "engagements",
                "model_name": "participation",
                "field_name": "stakeholder",
            },
        )
        .status_code
        == 403
    )


def test_a_body_is_logged_once_and_two_persons_may_share_a_name(contributor):
    body = StakeholderFactory(name="Kenya Army", country_id="KEN")
    client = as_(contributor)
    response = send(client, ADD, name="KENYA ARMY", type="armed_force", country="KEN")
    assert f"already in the register as {body.reference}" in response.content.decode()
    for _time in range(2):
        send(client, ADD, name="Jane Mediator", type="person")
    persons = Stakeholder.objects.persons()
    assert [person.default_disclosure for person in persons] == ["withheld", "withheld"]


def test_a_pop_up_asks_for_the_least_and_gives_the_new_actor_back(contributor):
    client = as_(contributor)
    page = client.get(ADD, {"_popup": 1}).content.decode()
    assert "other_names-TOTAL_FORMS" not in page
    response = client.post(
        ADD, {"_popup": 1, "name": "New Body", "type": "ngo", "level": "unknown"}
    )
    assert "New Body" in response.content.decode()
    assert Stakeholder.objects.get().type_id == "ngo"


# --- protection ----------------------------------------------------------------------------------


def test_a_protection_is_seen_by_those_who_may_and_its_reason_by_nobody_else(contributor):
    person = StakeholderFactory(person=True)
    Protection.objects.create(
        stakeholder=person, reason="Threatened in May.", protected_by=contributor
    )
    assert "Threatened" not in as_(contributor).get(change(person)).content.decode()
    assert "Threatened" in as_(UserFactory(editor=True)).get(change(person)).content.decode()


def test_protecting_an_actor_takes_its_name_off_the_public_side(contributor):
    army = StakeholderFactory(name="Kenya Army")
    EngagementFactory(published=True, parties=[army])
    assert public.Actor.objects.filter(name="Kenya Army").exists()
    url = reverse("admin:stakeholders_stakeholder_protect", args=[army.pk])
    assert as_(contributor).get(url).status_code == 403
    administrator = UserFactory(administrator=True)
    assert "Protect" in as_(administrator).get(change(army)).content.decode()
    as_(administrator).post(url, {"reason": ""})
    assert not Protection.objects.exists()
    as_(administrator).post(url, {"reason": "Asked."})
    assert Protection.objects.get().protected_by == administrator
    assert not public.Actor.objects.exists()


def test_a_new_name_of_a_protected_actor_leaves_the_public_texts_too():
    administrator = UserFactory(administrator=True)
    person = StakeholderFactory(person=True)
    engagement = EngagementFactory(published=True, summary="Talks led by Abu Salam.")
    Protection.objects.create(stakeholder=person, reason="Asked.", protected_by=administrator)
    assert public.Entry.objects.filter(reference=engagement.reference).exists()
    send(
        as_(administrator),
        change(person),
        **{
            "other_names-TOTAL_FORMS": "1",
            "other_names-0-name": "Abu Salam",
            "other_names-0-kind": "alias",
        },
    )
    assert not public.Entry.objects.filter(reference=engagement.reference).exists()


def test_a_new_name_follows_into_the_public_side_when_somebody_who_may_publish_gives_it():
    army = StakeholderFactory(name="Kenya Army")
    EngagementFactory(published=True, parties=[army])
    send(as_(UserFactory(contributor=True)), change(army), name="Kenyan Army")
    assert public.Actor.objects.get().name == "Kenya Army"
    response = send(as_(UserFactory(editor=True)), change(army), name="Army of Kenya")
    assert public.Actor.objects.get().name == "Army of Kenya"
    assert "1 public record changed with it." in " ".join(map(str, response.context["messages"]))
