"""Many records changed at once: shown before, with a reason, all or nothing, and never past the gate."""

import re
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engagements import bulk_edit, doubles, drift, workflow
from engagements.bulk_edit import Edit, How
from engagements.models import Engagement
from milidip.catalogue import models as public
from milidip.codebook.choices import State
from tests.factories import EngagementFactory, SeriesFactory, UserFactory, clear, submit

pytestmark = pytest.mark.django_db

LIST = reverse("admin:engagements_engagement_changelist")
ADD_CYBER = {"themes_how": "add", "themes": ["cyber"]}


@pytest.fixture
def editor():
    return UserFactory(editor=True)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, records, step: str, address: str = LIST, **data):
    return client.post(
        address,
        {
            "action": "edit_selected",
            "_selected_action": [record.pk for record in records],
            "step": step,
            **data,
        },
        follow=True,
    )


def seen(page) -> str:
    return re.search(r'name="seen" value="(\w+)"', page.content.decode())[1]


def do(client: Client, records, reason="One desk, one word.", address: str = LIST, **data):
    """Look at what would change, and agree to it."""
    page = ask(client, records, "preview", address, **data)
    return ask(client, records, "write", address, reason=reason, seen=seen(page), **data)


def themes(record) -> set[str]:
    return set(record.themes.values_list("pk", flat=True))


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_nothing_changes_before_it_was_shown_and_then_it_does_with_the_reason(editor):
    one, other = EngagementFactory(), EngagementFactory()
    other.themes.set(["cyber"])
    third = EngagementFactory()
    client = as_(editor)

    asked = ask(client, [one, other], "")
    assert "Nothing is changed before you have seen what would change." in text(asked)
    page = ask(client, [one, other], "preview", **ADD_CYBER)
    assert "1 record would change." in text(page)
    assert "1 is like that already." in text(page)
    assert "<ins>Cyber security</ins>" in text(page)
    assert themes(one) == set()

    ask(client, [one, other], "write", reason="One desk, one word.", seen=seen(page), **ADD_CYBER)
    assert (themes(one), themes(other), themes(third)) == ({"cyber"}, {"cyber"}, set())
    one.refresh_from_db()
    assert one.updated_by == editor
    event = one.themes.through.objects.get(engagement=one)
    history = client.get(reverse("admin:engagements_engagement_history", args=[one.pk]))
    assert "One desk, one word." in text(history)
    assert "Cyber security" in text(history), event
    other.refresh_from_db()
    assert other.updated_by != editor  # what was like that is not touched


@pytest.mark.parametrize(
    ("how", "ticked", "after"),
    [
        ("add", ["cyber"], {"cyber", "disinformation", "hybrid_warfare"}),
        ("remove", ["disinformation"], {"hybrid_warfare"}),
        ("replace", ["cyber", "disinformation"], {"cyber", "disinformation"}),
    ],
)
def test_terms_are_added_taken_out_or_replaced(editor, how, ticked, after):
    record = EngagementFactory()
    record.themes.set(["disinformation", "hybrid_warfare"])
    do(as_(editor), [record], themes_how=how, themes=ticked)
    assert themes(record) == after


def test_objectives_and_the_series_change_in_the_same_step_and_the_series_goes_again(editor):
    series = SeriesFactory(name="Bright Path")
    record = EngagementFactory()
    client = as_(editor)
    do(
        client,
        [record],
        objectives_how="add",
        objectives=["interoperability"],
        series_how="set",
        series=series.pk,
    )
    record.refresh_from_db()
    assert record.series == series
    assert [term.pk for term in record.objectives.all()] == ["interoperability"]

    page = ask(client, [record], "preview", series_how="clear")
    assert "<del>Bright Path</del>" in text(page)
    do(client, [record], series_how="clear")
    record.refresh_from_db()
    assert record.series is None


def test_each_record_that_cannot_be_changed_is_named_with_the_reason(editor):
    author = UserFactory(contributor=True)
    own = EngagementFactory(created_by=author)
    in_review = EngagementFactory(created_by=author, submitted=True)
    foreign = EngagementFactory()
    kept, merged = EngagementFactory(created_by=author), EngagementFactory(created_by=author)
    doubles.merge(kept, merged, editor, "The same.")
    records = [own, in_review, foreign, merged]
    client = as_(author)

    page = text(ask(client, records, "preview", **ADD_CYBER))
    assert "1 record would change." in page
    for record, why in (
        (in_review, "It is submitted for review, and not in your hands now."),
        (foreign, "Somebody else logged it."),
        (merged, f"It was merged into {kept.reference}."),
    ):
        assert re.search(rf"{record.reference} <bdi>[^<]*</bdi>: {re.escape(why)}", page), why
    do(client, records, **ADD_CYBER)
    assert [record for record in records if themes(record)] == [own]


def test_a_reviewer_is_not_offered_it():
    EngagementFactory()
    page = as_(UserFactory(reviewer=True)).get(LIST)
    assert "edit_selected" not in page.content.decode()


def test_without_a_reason_nothing_is_written_and_nothing_chosen_is_lost(editor):
    record = EngagementFactory()
    page = ask(as_(editor), [record], "preview", **ADD_CYBER)
    again = ask(as_(editor), [record], "write", reason="  ", seen=seen(page), **ADD_CYBER)
    assert "This field is required." in text(again)
    assert '<input type="hidden" name="themes" value="cyber">' in text(again)
    assert themes(record) == set()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "Say what to change."),
        ({"themes_how": "add"}, "Tick at least one."),
        ({"themes": ["cyber"]}, "Say what becomes of those that you ticked."),
        ({"series_how": "set"}, "Choose the series."),
        ({"themes_how": "add", "themes": ["made_up"]}, "made_up is not one of the available"),
    ],
)
def test_what_does_not_fit_together_is_asked_again(editor, data, told):
    assert told in text(ask(as_(editor), [EngagementFactory()], "preview", **data))


def test_what_changed_meanwhile_is_looked_at_again(editor):
    record = EngagementFactory()
    client = as_(editor)
    page = ask(client, [record], "preview", **ADD_CYBER)
    record.themes.add("cyber")
    record.themes.add("disinformation")
    other = EngagementFactory()
    again = ask(client, [record, other], "write", reason="Together.", seen=seen(page), **ADD_CYBER)
    assert "Some of it was changed meanwhile: look again." in text(again)
    assert themes(other) == set()
    ask(client, [record, other], "write", reason="Together.", seen=seen(again), **ADD_CYBER)
    assert themes(other) == {"cyber"}


def test_all_of_it_is_written_or_nothing(editor):
    records = [EngagementFactory() for _number in range(3)]
    edit = Edit({"themes": (How.ADD, frozenset({"cyber"}))})
    ids = [record.pk for record in records]
    digest = bulk_edit.plan(ids, edit, editor).digest
    with (
        patch.object(bulk_edit, "_write_records", side_effect=OSError),
        pytest.raises(OSError),
    ):
        bulk_edit.write(ids, edit, editor, reason="Together.", seen=digest)
    assert not any(themes(record) for record in records)


# --- what is decided and public ----------------------------------------------------------------


def test_the_public_reads_nothing_of_it_before_it_is_published_again(editor):
    record = EngagementFactory(published=True)
    page = ask(as_(editor), [record], "preview", **ADD_CYBER)
    assert "1 of them is public. Readers go on seeing what was published" in text(page)
    before = public.Document.objects.get().data
    do(as_(editor), [record], **ADD_CYBER)
    drift.refresh_all()
    record.refresh_from_db()
    assert record.state == State.PUBLISHED
    assert record.drift.from_public
    assert public.Document.objects.get().data == before
    assert public.Entry.objects.get().themes == ["unknown"]


def test_a_clearance_lapses_and_the_preview_says_so(editor):
    record = EngagementFactory()
    clear(record)
    page = text(ask(as_(editor), [record], "preview", **ADD_CYBER))
    assert "1 is cleared and loses its clearance" in page
    do(as_(editor), [record], **ADD_CYBER)
    told = [str(problem) for problem in workflow.problems(record)]
    assert "It was changed after it was cleared: submit it again." in told


def test_a_day_of_publication_and_a_review_under_way_are_named(editor):
    scheduled = EngagementFactory(embargo_until="2999-01-01")
    clear(scheduled)
    workflow.schedule(scheduled, UserFactory(editor=True))
    waiting = EngagementFactory()
    submit(waiting)
    page = text(ask(as_(editor), [scheduled, waiting], "preview", **ADD_CYBER))
    assert "1 has a day for its publication, and will not be published on it." in page
    assert "1 is in review: the reviewer sees it as it is then." in page


def test_who_changed_it_does_not_review_it():
    administrator = UserFactory(administrator=True)
    record = EngagementFactory(submitted=True)
    page = ask(as_(administrator), [record], "preview", **ADD_CYBER)
    assert "What you change here somebody else has to review." in text(page)
    do(as_(administrator), [record], **ADD_CYBER)
    record.refresh_from_db()
    assert workflow.is_own_work(record, administrator)


# --- thousands ---------------------------------------------------------------------------------


def test_everything_that_a_filter_finds_is_changed_beyond_the_page(editor):
    author = UserFactory()
    made = Engagement.objects.bulk_create(
        Engagement(
            reference=f"MD-{number:06d}",
            title="A meeting",
            activity_id="joint_exercise",
            created_by=author,
            status="planned" if number % 3 else "completed",
        )
        for number in range(90)
    )
    planned = [record for record in made if record.status == "planned"]
    address = f"{LIST}?status=planned"
    client = as_(editor)
    page = ask(client, planned[:1], "preview", address, select_across="1", **ADD_CYBER)
    assert "60 records would change." in text(page)
    do(client, planned[:1], address=address, select_across="1", **ADD_CYBER)
    assert Engagement.objects.filter(themes="cyber").count() == 60
    assert not Engagement.objects.filter(themes="cyber", status="completed").exists()


def test_a_thousand_more_take_a_few_queries_more(editor):
    """In chunks: neither a query for each record, nor one for all of them."""
    author = UserFactory()

    def queries(number: int, start: int) -> int:
        records = Engagement.objects.bulk_create(
            Engagement(
                reference=f"MD-{start + each:06d}",
                title="A meeting",
                activity_id="joint_exercise",
                created_by=author,
            )
            for each in range(number)
        )
        ids = [record.pk for record in records]
        edit = Edit({"themes": (How.ADD, frozenset({"cyber"}))}, (SeriesFactory().pk,))
        digest = bulk_edit.plan(ids, edit, editor).digest
        with CaptureQueriesContext(connection) as captured:
            done = bulk_edit.write(ids, edit, editor, reason="Together.", seen=digest)
        assert len(done.changes) == number
        return len(captured)

    few = queries(10, 0)
    many = queries(2 * bulk_edit.BATCH + 1, 100)
    assert few <= 15
    assert many <= 3 * few
