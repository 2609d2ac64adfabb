"""What could be better in the records: counted, listed, shown on each, and worked through."""

from itertools import combinations

import pytest
from django.test import Client
from django.urls import reverse

from engagements import doubles, quality, workflow
from engagements.models import Engagement, Participation
from engagements.tracks import doubted, track_doubts
from milidip.codebook.models import Capacity
from tests.engagements.screens import send
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

LIST = reverse("admin:engagements_engagement_changelist")
QUALITY = reverse("admin:engagements_engagement_quality")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(record) -> str:
    return reverse("admin:engagements_engagement_change", args=[record.pk])


def whole(**changes) -> Engagement:
    """A record that no check finds anything in."""
    dated = {"source__published": "2019-05"}
    record = EngagementFactory(**(dated | changes))
    ParticipationFactory(engagement=record)
    return record


@pytest.fixture
def poor():
    """For each check a record that it finds, and that no other does."""
    records = {
        "no_place": whole(place=False),
        "no_source_date": whole(source__published=""),
        "track_doubted": whole(track_id="3"),
        "unnamed": whole(title_supplied=True),
        "coarse_dates": whole(start="2019-05", end=""),
        "no_summary": whole(summary=""),
        "no_participants": EngagementFactory(source__published="2019"),
    }
    assert set(records) == {check.slug for check in quality.CHECKS}
    return records


def test_each_check_finds_its_record_and_no_other(poor):
    whole()
    for check in quality.CHECKS:
        assert list(Engagement.objects.filter(check.where())) == [poor[check.slug]], check.slug


def test_list_count_and_badge_are_of_one_mind(poor):
    EngagementFactory(title_supplied=True, place=False, start="", end="", summary="", source=False)
    client = as_(UserFactory(editor=True))
    badges = [check.slug for record in Engagement.objects.all() for check in quality.of(record)]
    page = client.get(QUALITY)
    for line, address in page.context["lines"]:
        found = client.get(address).context["cl"].result_count
        assert line.number == found == badges.count(line.check.slug), line.check.slug
        assert line.total == len(poor) + 1
        assert line.share == pytest.approx(100 * found / line.total)
    shown = client.get(change(poor["no_place"])).content.decode()
    assert '<a href="#places-group"' in shown
    assert "Could be better" not in client.get(change(whole())).content.decode()


def test_the_track_is_doubted_in_the_database_as_on_the_screen():
    """One table of rules, read twice: here every track meets every two capacities."""
    author = UserFactory()
    codes = list(Capacity.objects.values_list("code", flat=True))
    few = [(), *((code,) for code in codes), *combinations(codes, 2)]
    cases = [(track, chosen) for track in (None, "1", "1.5", "2", "3") for chosen in few]
    records = Engagement.objects.bulk_create(
        Engagement(
            reference=f"MD-{number:06d}",
            title="A meeting",
            activity_id="joint_exercise",
            track_id=track,
            created_by=author,
        )
        for number, (track, _chosen) in enumerate(cases)
    )
    Participation.objects.bulk_create(
        Participation(
            engagement=record, actor_type_id="ngo", role_id="participant", capacity_id=code
        )
        for record, (_track, chosen) in zip(records, cases, strict=True)
        for code in chosen
    )
    in_database = set(Engagement.objects.filter(doubted()).values_list("pk", flat=True))
    on_screen = {
        record.pk
        for record, (track, chosen) in zip(records, cases, strict=True)
        if track_doubts(track, chosen)
    }
    assert in_database == on_screen
    assert 0 < len(on_screen) < len(cases)


def test_what_was_explained_is_no_question_any_more(poor):
    poor["track_doubted"].track_note = "They came as private persons."
    poor["track_doubted"].save()
    assert quality.of(poor["track_doubted"]) == []


def test_a_report_of_ones_own_needs_no_date_and_one_dated_source_is_enough():
    own = whole(source__kind="own_report", source__published="")
    two = whole(source__published="")
    assert [check.slug for check in quality.of(two)] == ["no_source_date"]
    SourceFactory(engagement=two, published="2020")
    assert quality.of(own) == quality.of(two) == []


def test_nobody_is_asked_to_mend_what_is_merged_refused_or_withdrawn():
    editor = UserFactory(editor=True)
    kept, merged = whole(), whole(place=False)
    doubles.merge(kept, merged, editor, "The same.")
    refused = whole(place=False, submitted=True)
    workflow.refuse(refused, UserFactory(reviewer=True), "No.")
    withdrawn = EngagementFactory(place=False, published=True)
    workflow.withdraw(withdrawn, editor, "A party asked.")
    assert [line.number for line in quality.counts(Engagement.objects.all())] == [0] * 7
    assert quality.counts(Engagement.objects.all())[0].total == 1


def test_ones_own_records_are_counted_apart():
    author = UserFactory(contributor=True)
    whole(created_by=author, summary="")
    whole(summary="")
    page = as_(author).get(QUALITY, {"by": "me"})
    line, address = next(
        each for each in page.context["lines"] if each[0].check.slug == "no_summary"
    )
    assert (line.number, line.total) == (1, 1)
    assert as_(author).get(address).context["cl"].result_count == 1


def test_an_empty_register_says_so_in_words():
    page = as_(UserFactory(contributor=True)).get(QUALITY)
    assert "Nothing is logged yet." in page.content.decode()


def test_a_list_is_worked_through_record_by_record():
    editor = UserFactory(editor=True)
    client = as_(editor)
    records = [whole(summary="", start=f"2019-05-{day}") for day in ("03", "02", "01")]
    whole()
    kept = "?_changelist_filters=quality%3Dno_summary"

    mended = send(client, change(records[0]) + kept, button="_save", summary="They met.")
    assert mended.request["PATH_INFO"] == LIST  # the plain button goes back to the list

    page = client.get(change(records[1]) + kept)
    assert page.context["next_in_list"] == records[2].pk
    after = send(
        client,
        change(records[1]) + kept,
        button="_unused",
        summary="They met again.",
        _next=str(records[2].pk),
    )
    assert after.request["PATH_INFO"] == change(records[2])
    assert after.request["QUERY_STRING"] == kept.removeprefix("?")
    assert after.context["next_in_list"] is None  # the last one
    # What is no longer in the list leads to its beginning.
    assert client.get(change(records[0]) + kept).context["next_in_list"] == records[2].pk


def test_without_a_list_there_is_no_next_record():
    client = as_(UserFactory(editor=True))
    record = whole()
    whole()
    assert client.get(change(record)).context["next_in_list"] is None
    assert "_next" not in client.get(change(record)).content.decode()
    nonsense = client.get(change(record) + "?_changelist_filters=created_by__password%3Dx")
    assert nonsense.context["next_in_list"] is None
