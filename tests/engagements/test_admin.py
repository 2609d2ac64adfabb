"""Logging and deciding in the admin: who may, what is asked, what is said."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engagements import workflow
from engagements.models import (
    ConductAssessment,
    DialogueDetails,
    Engagement,
    ExerciseDetails,
    Outcome,
    Participation,
    Place,
    Series,
)
from engagements.tracks import track_doubts
from milidip.codebook.choices import Risk, State
from tests.engagements.screens import decide, fields_of, send
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    PlaceFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    submit,
)

pytestmark = pytest.mark.django_db

ADD = reverse("admin:engagements_engagement_add")
LIST = reverse("admin:engagements_engagement_changelist")


def change(engagement: Engagement) -> str:
    return reverse("admin:engagements_engagement_change", args=[engagement.pk])


def step(engagement: Engagement, slug: str) -> str:
    return reverse(f"admin:engagements_engagement_{slug}", args=[engagement.pk])


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def messages_of(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


@pytest.fixture
def reviewer():
    return UserFactory(reviewer=True)


@pytest.fixture
def editor():
    return UserFactory(editor=True)


# --- logging on one screen -----------------------------------------------------------------------


def test_a_whole_engagement_is_logged_from_an_empty_form_in_one_go(contributor):
    army = StakeholderFactory(name="Croatian Army", country_id="HRV")
    response = send(
        as_(contributor),
        ADD,
        title="Danube\n  veterans meet",
        activity="veterans_dialogue",
        start="2019-05",
        summary="Veterans of both sides met.",
        places__0__name="Vukovar",
        places__0__country="HRV",
        participations__0__stakeholder=army.pk,
        participations__0__capacity="non_official",
        participations__1__actor_type="community",
        participations__1__source_rows=["0"],
        track="3",
        sources__0__kind="news",
        sources__0__title="They met",
        outcomes__0__kind="follow_up_agreed",
        outcomes__0__statement="They meet again.",
        outcomes__0__source_rows="0",
    )
    engagement = Engagement.objects.get()
    assert response.redirect_chain == [(change(engagement), 302)]
    assert engagement.title == "Danube veterans meet"
    assert (engagement.created_by, engagement.updated_by) == (contributor, contributor)
    assert [track.pk for track in engagement.touches.all()] == ["3"]
    source = engagement.sources.get()
    assert engagement.outcomes.get().source == source
    named, unnamed = engagement.participations.order_by("pk")
    assert list(named.sources.all()) == []
    assert list(unnamed.sources.all()) == [source]
    assert unnamed.disclosure == "type_only"


def test_an_outcome_keeps_its_source_when_something_else_is_changed(contributor):
    engagement = EngagementFactory(created_by=contributor)
    SourceFactory(engagement=engagement)
    second = engagement.sources.last()
    outcome = Outcome.objects.create(
        engagement=engagement, kind="negative", statement="None.", source=second
    )
    send(as_(contributor), change(engagement), outcomes__0__statement="Nothing came of it.")
    outcome.refresh_from_db()
    assert (outcome.statement, outcome.source) == ("Nothing came of it.", second)


def test_an_outcome_cannot_name_a_source_row_that_is_empty(contributor):
    response = send(
        as_(contributor),
        ADD,
        title="Meeting",
        activity="workshop_seminar",
        outcomes__0__kind="negative",
        outcomes__0__statement="Nothing.",
        outcomes__0__source_rows="0",
    )
    assert "Source 1 is empty" in response.content.decode()
    assert not Engagement.objects.exists()


def test_an_error_keeps_what_was_typed_and_names_the_field(contributor):
    response = send(
        as_(contributor),
        ADD,
        title="Meeting",
        activity="workshop_seminar",
        start="2020-05-10",
        end="2019",
        places__0__name="Vukovar",
        participations__0__capacity="official",
    )
    page = response.content.decode()
    assert "It cannot end before it starts." in page
    assert "Choose an actor, or the kind of an unnamed group." in page
    assert fields_of(response)["places-0-name"] == ["Vukovar"]


def test_a_date_that_does_not_exist_is_refused_in_words(contributor):
    response = send(as_(contributor), ADD, title="Meeting", activity="conference", start="2019-13")
    assert "“2019-13” is not a date." in response.content.decode()


def test_a_place_without_a_name_is_no_more_precise_than_its_country(contributor):
    send(as_(contributor), ADD, title="Visit", activity="official_visit", places__0__country="KEN")
    assert Place.objects.get().precision == "country"


def test_coordinates_alone_give_the_country_and_say_so(contributor):
    send(
        as_(contributor),
        ADD,
        title="Visit",
        activity="official_visit",
        places__0__latitude="45.35",
        places__0__longitude="19.00",
    )
    place = Place.objects.get()
    assert (place.country_id, place.country_derived) in {("HRV", True), ("SRB", True)}
    engagement = place.engagement
    send(as_(contributor), change(engagement), places__0__country="BIH")
    place.refresh_from_db()
    assert (place.country_id, place.country_derived) == ("BIH", False)


def test_a_code_of_an_import_in_what_a_source_supports_survives_an_edit(contributor):
    engagement = EngagementFactory(created_by=contributor, source=False)
    source = SourceFactory(engagement=engagement, supports=["title", "odd_column"])
    send(as_(contributor), change(engagement), sources__0__title="Better title")
    source.refresh_from_db()
    assert source.title == "Better title"
    assert source.supports == ["title", "odd_column"]


# --- the track -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("track", "capacities", "doubted"),
    [
        ("1", ["official"], False),
        ("1", ["armed_group_member", "non_official"], False),
        ("1", ["non_official", "expert"], True),
        ("1.5", ["official_personal", "expert"], False),
        ("1.5", ["official", "intergovernmental_official"], True),
        ("1.5", ["expert"], True),
        ("2", ["expert", "retired_official"], False),
        ("2", ["expert", "official"], True),
        ("3", ["official"], True),
        ("3", ["official", "non_official"], False),
        ("3", ["unknown"], False),
        ("3", [], False),
        (None, ["official"], False),
    ],
)
def test_a_track_is_doubted_when_the_capacities_speak_against_it(track, capacities, doubted):
    assert bool(track_doubts(track, capacities)) is doubted


def test_a_doubtful_track_is_saved_with_a_warning_that_asks_for_the_reason(contributor):
    engagement = EngagementFactory(created_by=contributor)
    ParticipationFactory(engagement=engagement, capacity_id="official")
    response = send(as_(contributor), change(engagement), track="3")
    assert "Track 3 is between people" in messages_of(response)
    assert "Why this track" in messages_of(response)
    engagement.refresh_from_db()
    assert engagement.track_id == "3"
    response = send(as_(contributor), change(engagement), track_note="Held in the villages.")
    assert "Your reason is kept: “Held in the villages.”" in messages_of(response)


# --- who may change what -------------------------------------------------------------------------


def test_an_author_changes_a_draft_and_what_was_returned_and_nothing_in_between(
    contributor, reviewer
):
    engagement = EngagementFactory(created_by=contributor)
    client = as_(contributor)
    assert "_save" in client.get(change(engagement)).content.decode()
    submit(engagement)
    page = client.get(change(engagement))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert client.post(change(engagement), {"title": "Changed"}).status_code == 403
    workflow.return_(engagement, reviewer, "Say where it was.")
    page = client.get(change(engagement)).content.decode()
    assert "_save" in page
    assert "Say where it was." in page


def test_a_contributor_reads_the_records_of_others_and_changes_none(contributor):
    engagement = EngagementFactory()
    client = as_(contributor)
    assert client.get(change(engagement)).status_code == 200
    assert client.post(change(engagement), {"title": "Mine now"}).status_code == 403
    assert client.post(step(engagement, "submit")).status_code == 403
    engagement.refresh_from_db()
    assert engagement.state == State.DRAFT


def test_an_editor_changes_what_was_submitted(editor):
    engagement = EngagementFactory(submitted=True)
    send(as_(editor), change(engagement), title="Corrected title")
    engagement.refresh_from_db()
    assert engagement.title == "Corrected title"
    assert engagement.updated_by == editor
    assert engagement.created_by != editor


def test_a_reviewer_reads_everything_and_changes_nothing(reviewer):
    engagement = EngagementFactory(submitted=True)
    page = as_(reviewer).get(change(engagement)).content.decode()
    assert "_save" not in page
    assert f'href="{step(engagement, "review")}"' in page


def test_only_a_draft_that_was_never_public_can_be_deleted(contributor, editor):
    def delete(user, engagement):
        url = reverse("admin:engagements_engagement_delete", args=[engagement.pk])
        return as_(user).post(url, {"post": "yes"}).status_code

    draft = EngagementFactory(created_by=contributor)
    ParticipationFactory(engagement=draft)
    assert delete(UserFactory(contributor=True), draft) == 403
    assert delete(contributor, draft) == 302
    assert not Engagement.objects.filter(pk=draft.pk).exists()
    assert delete(editor, EngagementFactory()) == 302
    assert delete(editor, EngagementFactory(submitted=True)) == 403
    assert delete(editor, EngagementFactory(published=True)) == 403


def test_nothing_is_deleted_in_bulk(editor):
    page = as_(editor).get(LIST).content.decode()
    assert "delete_selected" not in page


@pytest.mark.parametrize("slug", ["review", "publish", "withdraw"])
def test_a_contributor_decides_nothing(contributor, slug):
    engagement = EngagementFactory(submitted=True)
    client = as_(contributor)
    assert client.get(step(engagement, slug)).status_code == 403
    assert client.post(step(engagement, slug), {"reason": "x"}).status_code == 403


# --- decisions -----------------------------------------------------------------------------------


def test_a_record_goes_from_draft_to_the_public_and_away_again(contributor, reviewer, editor):
    engagement = EngagementFactory(created_by=contributor)
    send(as_(contributor), step(engagement, "submit"))
    engagement.refresh_from_db()
    assert engagement.state == State.SUBMITTED

    response = decide(
        as_(reviewer),
        step(engagement, "review"),
        conditions__0__text="Blur the place.",
        conditions__0__owner=str(editor.pk),
        conditions__0__due="2999-01-01",
        conditions__1__text="Ask again in May.",
        conditions__1__owner=str(contributor.pk),
        conditions__1__due="2999-05-31",
    )
    assert "Cleared for publication" in messages_of(response)
    review = engagement.reviews.get()
    assert review.decision == "cleared_with_conditions"
    assert [(each.text, each.owner, str(each.due)) for each in review.conditions.all()] == [
        ("Blur the place.", editor, "2999-01-01"),
        ("Ask again in May.", contributor, "2999-05-31"),
    ]

    page = as_(editor).get(step(engagement, "publish")).content.decode()
    assert "As it would be published" in page
    assert engagement.title in page
    as_(editor).post(step(engagement, "publish"), {"change_note": ""})
    engagement.refresh_from_db()
    assert engagement.state == State.PUBLISHED
    page = as_(editor).get(change(engagement)).content.decode()
    assert "Version 1 is public" in page
    assert engagement.get_absolute_url() in page

    as_(editor).post(step(engagement, "withdraw"), {"reason": "A party asked."})
    engagement.refresh_from_db()
    assert engagement.state == State.WITHDRAWN


def test_everything_that_a_clearance_lacks_is_said_at_once_and_nothing_typed_is_lost(reviewer):
    engagement = EngagementFactory(submitted=True, status="planned", start="2999", end="")
    response = decide(
        as_(reviewer),
        step(engagement, "review"),
        harm_risk="unknown",
        reason="Hm.",
        operationally_safe=None,
        nothing_classified=None,
        right_to_publish=None,
        valid_until="",
    )
    errors = response.context["sheet"].form.errors
    assert set(errors) == {
        "operationally_safe",
        "nothing_classified",
        "right_to_publish",
        "valid_until",
        "harm_risk",
    }
    assert fields_of(response)["reason"] == ["Hm."]
    assert fields_of(response)["harm_risk"] == ["unknown"]
    engagement.refresh_from_db()
    assert engagement.state == State.SUBMITTED


def test_the_consent_of_each_person_who_would_be_named_is_confirmed_by_itself(reviewer):
    people = [
        StakeholderFactory(person=True, name=name, default_disclosure="named")
        for name in ("Jane Speaker", "Amina Chair")
    ]
    engagement = EngagementFactory(parties=people)
    Participation.objects.update(consent_basis="public_role")
    submit(engagement)
    client, url = as_(reviewer), step(engagement, "review")
    jane = f"consent_{people[0].reference}"
    page = client.get(url).content.decode()
    assert "Jane Speaker: Public role" in page
    assert "Amina Chair: Public role" in page
    response = decide(client, url, **{jane: None})
    assert set(response.context["sheet"].form.errors) == {jane}
    decide(client, url)
    assert engagement.reviews.get().consents == [
        {"actor": person.reference, "basis": ["public_role"]}
        for person in sorted(people, key=lambda person: person.reference)
    ]


def test_nobody_is_offered_to_review_what_they_wrote():
    administrator = UserFactory(administrator=True)
    engagement = EngagementFactory(created_by=administrator, submitted=True)
    client, url = as_(administrator), step(engagement, "review")
    assert 'value="clear"' not in client.get(url).content.decode()
    response = decide(client, url)
    assert "Nobody reviews what they wrote" in response.content.decode()
    engagement.refresh_from_db()
    assert engagement.state == State.SUBMITTED


def test_a_reason_is_asked_and_reaches_the_author(contributor, reviewer):
    engagement = EngagementFactory(created_by=contributor, submitted=True)
    client, url = as_(reviewer), step(engagement, "review")
    decide(client, url, "return", reason=" ")
    assert not engagement.reviews.exists()
    decide(client, url, "return", reason="Which source says so?", harm_risk=None)
    client = as_(contributor)
    page = client.get(change(engagement)).content.decode()
    assert page.index("Which source says so?") < page.index("Nothing of it is public.")
    assert "Which source says so?" in client.get(reverse("admin:index")).content.decode()


def test_the_preview_tells_who_is_withheld_and_by_which_rule(reviewer):
    person = StakeholderFactory(person=True, name="Jane Mediator")
    engagement = EngagementFactory(submitted=True, parties=[person])
    page = as_(reviewer).get(step(engagement, "review")).content.decode()
    assert "Person not named" in page
    assert "<strong>Jane Mediator</strong>: withheld, as the line says" in page


def test_what_stands_in_the_way_of_publication_is_listed_with_links(contributor):
    engagement = EngagementFactory(
        created_by=contributor, source=False, marking="restricted", end="2019-05-17"
    )
    page = as_(contributor).get(change(engagement)).content.decode()
    assert '<a href="#sources-group">No source, no publication' in page
    assert '<a href="#id_marking">It is marked restricted' in page


def test_an_edited_published_record_says_that_its_changes_are_not_public(editor):
    engagement = EngagementFactory(published=True)
    client = as_(editor)
    assert "changes that are not public" not in client.get(change(engagement)).content.decode()
    told = {"summary": "Three armies trained together.", "change_reason": "A letter came."}
    send(client, change(engagement), **told)
    page = client.get(change(engagement)).content.decode()
    assert "changes that are not public" in page
    assert 'href="../submit/"' in page


def test_a_person_who_may_not_see_a_record_opens_no_decision(reviewer):
    outsider = UserFactory()
    engagement = EngagementFactory(submitted=True)
    for slug in ("preview", "review", "submit"):
        assert as_(outsider).get(step(engagement, slug)).status_code == 403


# --- conduct -------------------------------------------------------------------------------------


def test_a_restricted_note_is_not_on_the_page_of_those_who_do_not_review(editor, reviewer):
    engagement = EngagementFactory()
    assessment = ConductAssessment.objects.create(
        engagement=engagement, assessor=reviewer, assessed_on="2024-01-01", serious_risk=Risk.NO
    )
    assessment.findings.create(criterion_id="human_rights", restricted_note="A name: Iskander.")
    url = reverse("admin:engagements_conductassessment_change", args=[assessment.pk])
    assert "Iskander" in as_(reviewer).get(url).content.decode()
    response = as_(editor).get(url)
    assert response.status_code == 200
    assert "Iskander" not in response.content.decode()


# --- the other pages -----------------------------------------------------------------------------


def test_the_front_page_counts_what_waits_for_whom(contributor, reviewer, editor):
    EngagementFactory(created_by=contributor)
    EngagementFactory(created_by=contributor, submitted=True)
    returned = EngagementFactory(created_by=contributor, submitted=True)
    workflow.return_(returned, reviewer, "Mend it.")
    EngagementFactory(cleared=True)

    def desk(user):
        page = as_(user).get(reverse("admin:index"))
        return {task["label"]: task["number"] for task in page.context["tasks"]}

    assert desk(contributor) == {
        "returned to you": 1,
        "drafts of yours": 1,
        "of yours in review": 1,
    }
    assert desk(reviewer) == {"waiting for review": 1}
    assert desk(editor)["cleared, to be published"] == 1


def test_every_link_of_the_front_page_leads_to_as_many_records_as_it_says(contributor):
    EngagementFactory(created_by=contributor)
    EngagementFactory(submitted=True)
    client = as_(contributor)
    for task in client.get(reverse("admin:index")).context["tasks"]:
        found = client.get(task["url"]).context["cl"].result_count
        assert found == task["number"], task["label"]


def test_the_versions_are_read_by_administrators_and_show_no_snapshot(editor):
    engagement = EngagementFactory(published=True)
    url = reverse("admin:engagements_publication_change", args=[engagement.publications.get().pk])
    assert as_(editor).get(url).status_code == 403
    page = as_(UserFactory(administrator=True)).get(url)
    assert page.status_code == 200
    assert "content_licence" not in page.content.decode()


def test_the_series_keeps_its_code(editor):
    client = as_(editor)
    send(client, reverse("admin:engagements_series_add"), name="Sea Breeze", code="sea-breeze")
    engagement = EngagementFactory(created_by=editor)
    series = Series.objects.get()
    url = reverse("admin:engagements_series_change", args=[series.pk])
    client.post(url, {"name": "Sea Breeze II", "code": "other", "note": ""})
    series.refresh_from_db()
    assert (series.name, series.code) == ("Sea Breeze II", "sea-breeze")
    send(client, change(engagement), series=series.pk)
    engagement.refresh_from_db()
    assert engagement.series == series


@pytest.mark.parametrize("name", ["index", "engagements_engagement_add", "app_list"])
def test_every_page_of_the_working_side_forbids_inline_script_and_style(contributor, name):
    args = ["engagements"] if name == "app_list" else []
    response = as_(contributor).get(reverse(f"admin:{name}", args=args))
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


def test_the_screen_takes_as_many_queries_for_thirty_rows_as_for_three(contributor):
    """What rows offer and what they refer to is read once for the page."""
    engagement = EngagementFactory(created_by=contributor)
    client = as_(contributor)

    def add(number: int) -> None:
        for _row in range(number):
            ParticipationFactory(engagement=engagement)
            PlaceFactory(engagement=engagement)
            Outcome.objects.create(
                engagement=engagement,
                kind="negative",
                statement="None.",
                source=SourceFactory(engagement=engagement),
            )

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(change(engagement)).status_code == 200
        return len(captured)

    add(3)
    queries()
    few = queries()
    add(27)
    assert queries() == few
    # One more for each block of details and for the badges, a handful for the look-alikes, and as
    # many each for the checklist and for what is not saved and who else is there.
    assert few <= 71


# --- details of a family -------------------------------------------------------------------------


def test_details_are_logged_on_the_same_screen(contributor):
    engagement = EngagementFactory(created_by=contributor)
    response = send(
        as_(contributor),
        change(engagement),
        exercise_details__0__form="live",
        exercise_details__0__environments=["sea", "air"],
        exercise_details__0__live_fire="true",
    )
    assert response.status_code == 200
    details = ExerciseDetails.objects.get(engagement=engagement)
    assert (details.form, details.live_fire) == ("live", True)
    assert sorted(details.environments) == ["air", "sea"]
    assert not DialogueDetails.objects.exists()
    history = (
        as_(contributor)
        .get(reverse("admin:engagements_engagement_history", args=[engagement.pk]))
        .content.decode()
    )
    assert "Live" in history


def test_an_untouched_block_of_details_is_no_row(contributor):
    engagement = EngagementFactory(created_by=contributor)
    send(as_(contributor), change(engagement), summary="Changed.")
    for model in (ExerciseDetails, DialogueDetails):
        assert not model.objects.exists()


def test_details_that_do_not_fit_are_kept_and_said_so(contributor):
    engagement = EngagementFactory(created_by=contributor)
    response = send(as_(contributor), change(engagement), dialogue_details__0__format="shuttle")
    assert DialogueDetails.objects.get(engagement=engagement).format == "shuttle"
    assert "kept and not published" in messages_of(response)


def test_nought_is_not_unknown(contributor):
    engagement = EngagementFactory(created_by=contributor, activity_id="workshop_seminar")
    page = send(as_(contributor), change(engagement), dialogue_details__0__rounds="0")
    assert "greater than or equal to 1" in page.content.decode()
    assert not DialogueDetails.objects.exists()


def test_each_block_of_details_says_which_activities_it_fits(contributor):
    page = as_(contributor).get(ADD).content.decode()
    assert page.count("data-activities=") == 4
    assert 'data-activities="joint_exercise' in page


def test_the_preview_shows_the_details(reviewer):
    engagement = EngagementFactory(submitted=True)
    ExerciseDetails.objects.create(engagement=engagement, form="table_top")
    page = as_(reviewer).get(step(engagement, "preview")).content.decode()
    assert "Table top" in page
