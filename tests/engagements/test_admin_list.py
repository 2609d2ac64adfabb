"""The list of engagements: found, counted, and moved many at a time."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from milidip.codebook.choices import State
from stakeholders.models import OtherName
from tests.factories import (
    EngagementFactory,
    PlaceFactory,
    SeriesFactory,
    StakeholderFactory,
    UserFactory,
    clear,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:engagements_engagement_changelist")


@pytest.fixture
def editor():
    return UserFactory(editor=True)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def found(client: Client, **query) -> set[str]:
    return {row.reference for row in client.get(LIST, query).context["cl"].result_list}


def test_an_engagement_is_found_by_title_actor_place_reference_and_dataset_key(editor):
    army = StakeholderFactory(name="Forces armées ivoiriennes")
    OtherName.objects.create(stakeholder=army, name="FACI")
    wanted = EngagementFactory(
        title="Opération Épervier",
        source_dataset="ucdp",
        source_id="X-17",
        series=SeriesFactory(name="Flintlock"),
        parties=[army],
        place__name="Bouaké",
    )
    EngagementFactory(title="Something else")
    client = as_(editor)
    for words in (
        "epervier",
        wanted.reference.lower(),
        "armees",
        "faci",
        "bouake",
        "x-17",
        "flintlock",
        "operation bouake",
    ):
        assert found(client, q=words) == {wanted.reference}, words
    assert found(client, q="epervier nairobi") == set()


def test_every_filter_finds_as_many_as_it_counts(editor):
    """The number beside a choice is the number of rows behind it."""
    EngagementFactory(chatham_house=True, source_dataset="ucdp", source_id="1")
    EngagementFactory(community=True, created_by=editor, track_id=None)
    two_places = EngagementFactory(series=SeriesFactory(), touches=["1", "3"])
    PlaceFactory(engagement=two_places, name="Nakuru")
    PlaceFactory(engagement=two_places, country_id="CHL", latitude=None, longitude=None)
    EngagementFactory(place=False, status="planned", start="2999", end="")
    client = as_(editor)
    page = client.get(LIST)
    checked = 0
    for spec in page.context["cl"].filter_specs:
        for choice in list(spec.choices(page.context["cl"]))[1:]:
            label, number = str(choice["display"]).rsplit(" (", 1)
            rows = client.get(LIST + choice["query_string"]).context["cl"].result_list
            assert len({row.pk for row in rows}) == len(rows) == int(number[:-1]), label
            checked += 1
    assert checked > 20


def test_the_list_takes_as_many_queries_for_fifty_rows_as_for_five(editor):
    """No query per row: what a row shows comes with the rows."""
    client = as_(editor)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST).status_code == 200
        return len(captured)

    for _number in range(5):
        EngagementFactory()
    client.get(LIST)
    few = queries()
    for _number in range(45):
        EngagementFactory(parties=[StakeholderFactory()])
    assert queries() == few
    assert few <= 30


def test_an_actor_and_a_question_of_quality_are_asked_together(editor):
    army = StakeholderFactory()
    wanted = EngagementFactory(parties=[army], summary="")
    EngagementFactory(parties=[army])
    EngagementFactory(summary="")
    assert found(as_(editor), actor=army.reference, quality="no_summary") == {wanted.reference}


def test_a_public_record_shows_its_version(editor):
    EngagementFactory(published=True)
    assert "version 1" in as_(editor).get(LIST).content.decode()


def test_many_are_submitted_and_each_that_is_not_says_why():
    contributor = UserFactory(contributor=True)
    good = EngagementFactory(created_by=contributor)
    sourceless = EngagementFactory(created_by=contributor, source=False)
    foreign = EngagementFactory()
    response = as_(contributor).post(
        LIST,
        {
            "action": "submit_selected",
            "_selected_action": [good.pk, sourceless.pk, foreign.pk],
            "index": 0,
        },
        follow=True,
    )
    told = " ".join(map(str, response.context["messages"]))
    assert "1 record submitted." in told
    assert f"{sourceless.reference}: Give at least one source." in told
    assert f"{foreign.reference}: It is not yours to submit." in told
    for engagement in (good, sourceless, foreign):
        engagement.refresh_from_db()
    assert (good.state, sourceless.state, foreign.state) == (
        State.SUBMITTED,
        State.DRAFT,
        State.DRAFT,
    )


def test_many_are_published_through_the_gate_and_nothing_goes_round_it(editor):
    cleared = EngagementFactory()
    clear(cleared)
    draft = EngagementFactory()
    response = as_(editor).post(
        LIST,
        {"action": "publish_selected", "_selected_action": [cleared.pk, draft.pk], "index": 0},
        follow=True,
    )
    told = " ".join(map(str, response.context["messages"]))
    assert "1 record published." in told
    assert f"{draft.reference}: It is not cleared for publication." in told
    cleared.refresh_from_db()
    assert cleared.state == State.PUBLISHED


def test_a_contributor_is_offered_no_publication():
    page = as_(UserFactory(contributor=True)).get(LIST).content.decode()
    assert "publish_selected" not in page


def test_the_days_can_be_drilled_into(editor):
    EngagementFactory(start="2019-05-06")
    old = EngagementFactory(start="1980-05", end="")
    assert found(as_(editor), start_earliest__year=1980) == {old.reference}


def test_the_link_on_an_actors_page_leads_to_its_engagements(editor):
    army = StakeholderFactory()
    wanted = EngagementFactory(parties=[army])
    EngagementFactory()
    client = as_(editor)
    page = client.get(reverse("admin:stakeholders_stakeholder_change", args=[army.pk]))
    assert f"{LIST}?actor={army.reference}" in page.content.decode()
    assert found(client, actor=army.reference) == {wanted.reference}
