"""The front page: to each what they can do something about, and what changed where they look."""

import re

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engagements import recent, workflow
from engagements.models import Engagement, FollowedRegion, Place, ReaderReport
from milidip.codebook.choices import State
from stakeholders.models import Protection
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    PlaceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    submit,
)

pytestmark = pytest.mark.django_db

HOME = reverse("admin:index")
FOLLOW = reverse("admin:engagements_engagement_regions")
AFRICA, KENYA_IS_IN, AMERICAS = "002", "014", "019"


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def author():
    return UserFactory(contributor=True)


def sections(user) -> dict:
    found = as_(user).get(HOME).context["sections"]
    return {section.slug: section for section in found}


def steps(user) -> list:
    return as_(user).get(HOME).context["regions"]["steps"]


# --- by role -----------------------------------------------------------------------------------


def test_each_role_begins_with_its_own_work(author):
    assert list(sections(author)) == ["returned", "drafts", "waiting"]
    assert list(sections(UserFactory(reviewer=True))) == ["desk", "reports"]
    editor = list(sections(UserFactory(editor=True)))
    assert editor == ["returned", "drafts", "waiting", "to-publish", "ending", "reports"]
    assert next(iter(sections(UserFactory(administrator=True)))) == "desk"
    nobody = as_(UserFactory()).get(HOME)
    assert nobody.context["sections"] == []
    assert nobody.context["regions"] is None


def test_what_is_empty_says_so_in_words(author):
    page = as_(author).get(HOME).content.decode()
    for words in (
        "Nothing was returned to you.",
        "You have no draft. What you log begins as one.",
        "Nothing of yours waits for anybody.",
        "You follow no region yet.",
    ):
        assert words in page


def test_an_author_sees_of_each_draft_what_is_missing(author):
    bare = EngagementFactory(
        created_by=author,
        title="Bare",
        place=False,
        source=False,
        summary="",
        track_id=None,
        not_stated=[],
    )
    good = EngagementFactory(created_by=author, title="Good")
    ParticipationFactory(engagement=good)
    EngagementFactory(title="Somebody else's")
    items = {item.title: item.points for item in sections(author)["drafts"].items}
    assert set(items) == {"Bare", "Good"}
    assert items["Good"] == ["Nothing is missing: submit it."]
    assert items["Bare"] == [
        "Give a place: a country, a sea or “virtual” will do.",
        "Say who took part.",
        "Give at least one source.",
        "Choose the track and its basis.",
        "Give at least two who took part.",
        "Write a summary, in your own words.",
        "Tick for each source what it supports.",
    ]
    assert bare.reference in as_(author).get(HOME).content.decode()


def test_an_author_reads_why_a_record_came_back_and_what_waits_for_whom(author):
    back = EngagementFactory(created_by=author, submitted=True)
    workflow.return_(back, UserFactory(reviewer=True), "Which army patrolled where?")
    waiting = EngagementFactory(created_by=author, submitted=True)
    cleared = EngagementFactory(created_by=author)
    clear(cleared)
    shown = sections(author)
    assert [item.points for item in shown["returned"].items] == [["Which army patrolled where?"]]
    notes = {item.reference: item.note for item in shown["waiting"].items}
    assert set(notes) == {waiting.reference, cleared.reference}
    assert "waits for a reviewer" in notes[waiting.reference]
    assert "waits for an editor" in notes[cleared.reference]


def test_a_reviewer_sees_the_desk_and_nothing_of_their_own():
    reviewer = UserFactory(reviewer=True)
    EngagementFactory(created_by=reviewer, state=State.SUBMITTED)
    other = EngagementFactory(submitted=True)
    items = sections(reviewer)["desk"].items
    assert [item.reference for item in items] == [other.reference]
    assert items[0].url == reverse("admin:engagements_engagement_review", args=[other.pk])


def test_an_editor_sees_what_waits_to_be_published_what_ends_and_what_readers_say():
    editor = UserFactory(editor=True)
    cleared = EngagementFactory()
    clear(cleared)
    embargoed = EngagementFactory(embargo_until="2999-01-01")
    clear(embargoed)
    ending = EngagementFactory(status="ongoing", end="")
    clear(ending, valid_until=workflow.today())
    shown_record = EngagementFactory(published=True)
    for kind in ("correction", "risk"):
        ReaderReport.objects.create(engagement=shown_record, kind=kind, version=1, text="Look.")
    shown = sections(editor)
    notes = {item.reference: item.note for item in shown["to-publish"].items}
    assert set(notes) == {cleared.reference, embargoed.reference, ending.reference}
    assert "not before 2999-01-01" in notes[embargoed.reference]
    assert [item.reference for item in shown["ending"].items] == [ending.reference]
    assert [item.urgent for item in shown["reports"].items] == [True, False]


def test_a_long_list_is_cut_and_leads_to_the_whole_of_it(author):
    for _number in range(6):
        EngagementFactory(created_by=author)
    drafts = sections(author)["drafts"]
    assert len(drafts.items) == 5
    assert drafts.goes_on
    assert as_(author).get(drafts.url).context["cl"].result_count == 6


# --- changes in one's regions --------------------------------------------------------------------


def test_regions_are_followed_on_the_page_and_remembered(author):
    client = as_(author)
    page = client.post(FOLLOW, {"region": [AFRICA, "sahel", "made up"]}, follow=True)
    assert set(recent.followed_by(author)) == {AFRICA, "sahel"}
    assert re.search(r'value="sahel" checked', page.content.decode())
    assert not recent.followed_by(UserFactory())
    client.post(FOLLOW, {"region": ["sahel"]})
    assert recent.followed_by(author) == ["sahel"]
    client.post(FOLLOW, {})
    assert not FollowedRegion.objects.exists()


def test_a_change_in_a_region_tells_who_what_and_where_it_stands(author):
    recent.follow(author, [AFRICA])
    colleague = UserFactory(editor=True, first_name="Ada", last_name="Diallo")
    there = EngagementFactory(title="In Kenya", created_by=colleague)
    EngagementFactory(title="In Chile", place__country_id="CHL")
    with pghistory.context(user=colleague.pk, reason="The communiqué was read again."):
        there.summary, there.start = "They met.", "2019-05-07"
        there.save()
        ParticipationFactory(engagement=there)
        ParticipationFactory(engagement=there)
    step = steps(author)[0]
    assert (step.who, step.reason) == ("Ada Diallo", "The communiqué was read again.")
    record = step.records[0]
    assert record.reference == there.reference
    assert record.what == ["Start", "Summary", "Participant (2)"]
    page = as_(author).get(HOME).content.decode()
    assert reverse("admin:engagements_engagement_history", args=[there.pk]) in page
    assert "In Chile" not in page


def test_a_region_includes_its_sub_regions_and_its_seas_are_their_own(author):
    EngagementFactory(title="In Kenya")
    recent.follow(author, [KENYA_IS_IN])
    assert steps(author)[0].records[0].what == ["Logged"]
    recent.follow(author, [AMERICAS])
    assert steps(author) == []
    at_sea = EngagementFactory(title="At sea", place=False)
    PlaceFactory(
        engagement=at_sea, country_id=None, region_id="001", latitude=None, longitude=None
    )
    recent.follow(author, ["001"])
    assert [record.title for step in steps(author) for record in step.records] == ["At sea"]


def test_a_step_of_the_workflow_says_what_the_record_became(author):
    recent.follow(author, [AFRICA])
    record = EngagementFactory()
    with pghistory.context(user=author.pk):
        submit(record)
    assert steps(author)[0].records[0].what == [f"State of the record: {State.SUBMITTED.label}"]


def test_a_change_of_thousands_is_one_line(author):
    recent.follow(author, [AFRICA])
    records = [EngagementFactory() for _number in range(5)]
    with pghistory.context(user=author.pk, reason="One word for one thing."):
        Engagement.objects.filter(pk__in=[record.pk for record in records]).update(track_note="X")
    step = steps(author)[0]
    assert (len(step.records), step.more, step.is_cut) == (3, 2, False)
    assert "and 2 other records" in as_(author).get(HOME).content.decode()


def test_a_protected_name_is_told_to_who_may_read_it(author):
    person = StakeholderFactory(person=True, name="Jane Zyxmarker")
    EngagementFactory(title="Visit of Jane Zyxmarker")
    reviewer = UserFactory(reviewer=True)
    Protection.objects.create(stakeholder=person, protected_by=reviewer, reason="Threatened.")
    for user in (author, reviewer):
        recent.follow(user, [AFRICA])
    assert steps(author)[0].records[0].title == "(holds a protected name)"
    assert steps(reviewer)[0].records[0].title == "Visit of Jane Zyxmarker"


# --- what it costs -------------------------------------------------------------------------------


def load(model, number: int, **changes: str) -> None:
    """Copy the newest row of a table many times over; ``changes`` are SQL with the number as n."""
    columns = [
        column.column
        for column in model._meta.concrete_fields
        if not column.primary_key and not column.generated
    ]
    said = ", ".join(changes.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {said} FROM {table} t, "
            f"generate_series(1, {number}) n WHERE t.id = (SELECT max(id) FROM {table})"
        )


@pytest.mark.parametrize(("role", "most"), [("contributor", 95), ("administrator", 140)])
def test_it_takes_as_many_queries_at_ten_thousand_records_as_at_ten(role, most):
    """The page is opened many times a day: it must not grow with the register."""
    user = UserFactory(**{role: True})
    recent.follow(user, [AFRICA])
    client = as_(user)

    def queries() -> int:
        client.get(HOME)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(HOME).status_code == 200
        return len(captured)

    for own in (True, False):
        for submitted in (True, False):
            author = user if own else UserFactory()
            for _number in range(5):
                EngagementFactory(created_by=author, state=STATES[submitted])
    few = queries()
    last = Engagement.objects.latest("pk").pk
    load(
        Engagement,
        10_000,
        reference="'MD-' || lpad(n::text, 6, '0')",
        state="CASE n % 4 WHEN 0 THEN 'draft' WHEN 1 THEN 'submitted' "
        "WHEN 2 THEN 'cleared' ELSE 'published' END",
        created_by_id=f"CASE WHEN n % 3 = 0 THEN {user.pk} ELSE t.created_by_id END",
    )
    load(Place, 10_000, engagement_id=f"{last} + n")
    assert Place.objects.values("engagement").distinct().count() > 10_000
    assert queries() == few
    assert few <= most


STATES = {True: State.SUBMITTED, False: State.DRAFT}
