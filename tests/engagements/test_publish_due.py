"""Records under embargo are published on the day, on the word of an editor."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from engagements import requirements, workflow
from engagements.models import Publication, Schedule
from milidip.catalogue import models as public
from milidip.codebook.choices import State
from tests.engagements.test_gate import problems_of
from tests.factories import EngagementFactory, UserFactory, clear

pytestmark = pytest.mark.django_db

DAY = date(2099, 3, 1)


@pytest.fixture
def editor():
    return UserFactory(editor=True, username="the-editor")


@pytest.fixture
def embargoed():
    return EngagementFactory(title="Marker title", embargo_until=DAY, cleared=True)


@pytest.fixture
def the_day_comes(monkeypatch):
    for module in (requirements, workflow):
        monkeypatch.setattr(module, "today", lambda: DAY)


def run() -> str:
    out = StringIO()
    call_command("publish_due", stdout=out)
    return out.getvalue()


def test_before_the_day_nothing_happens(embargoed, editor):
    workflow.schedule(embargoed, editor)

    assert run() == "0 published.\n"
    assert not public.Entry.objects.exists()


def test_on_the_day_it_is_published_by_the_editor_who_scheduled_it(
    embargoed, editor, the_day_comes, monkeypatch
):
    monkeypatch.setattr(workflow, "today", lambda: DAY - timedelta(days=1))
    workflow.schedule(embargoed, editor, change_note="First of all")
    monkeypatch.setattr(workflow, "today", lambda: DAY)

    said = run()

    version = Publication.objects.get()
    embargoed.refresh_from_db()
    assert f"{embargoed.reference} published as version 1, scheduled by the-editor" in said
    assert "Marker" not in said
    assert (version.published_by, version.change_note) == (editor, "First of all")
    assert embargoed.state == State.PUBLISHED
    assert not Schedule.objects.exists()
    assert run() == "0 published.\n"


def test_what_nobody_scheduled_is_not_published_and_it_says_so(embargoed, the_day_comes):
    assert f"{embargoed.reference} not published: No editor has scheduled it." in run()
    assert not public.Entry.objects.exists()


def scheduled(embargoed, editor) -> None:
    Schedule.objects.create(
        engagement=embargoed, review=workflow.last_review(embargoed), scheduled_by=editor
    )


def test_an_editor_who_may_not_publish_any_more_publishes_nothing(
    embargoed, editor, the_day_comes
):
    scheduled(embargoed, editor)
    editor.groups.clear()

    assert "You may not publish records." in run()


def test_what_was_changed_since_its_clearance_is_not_published(embargoed, editor, the_day_comes):
    scheduled(embargoed, editor)
    embargoed.summary = "Something else."
    embargoed.save()

    assert "It was changed after it was cleared" in run()


def test_what_was_reviewed_again_takes_another_word(embargoed, editor, the_day_comes):
    scheduled(embargoed, editor)
    clear(embargoed)

    assert "It was reviewed again since: schedule it again." in run()


def test_one_that_is_stopped_does_not_stop_the_others(editor, the_day_comes):
    stopped = EngagementFactory(embargo_until=DAY, cleared=True)
    ready = EngagementFactory(embargo_until=DAY, cleared=True)
    scheduled(ready, editor)

    said = run()

    assert f"{stopped.reference} not published" in said
    assert f"{ready.reference} published" in said


def test_nobody_schedules_what_they_logged_or_what_is_not_cleared(embargoed, editor):
    author = embargoed.created_by
    author.is_superuser = True
    assert "Nobody publishes what they logged" in problems_of(workflow.schedule, embargoed, author)
    draft = EngagementFactory(embargo_until=DAY)
    assert "not cleared" in problems_of(workflow.schedule, draft, editor)
    free = EngagementFactory(cleared=True)
    assert "no embargo that lasts" in problems_of(workflow.schedule, free, editor)
    reviewer = UserFactory(reviewer=True)
    assert "may not publish" in problems_of(workflow.schedule, embargoed, reviewer)


def test_an_editor_takes_the_word_back(embargoed, editor, the_day_comes):
    scheduled(embargoed, editor)
    workflow.unschedule(embargoed, UserFactory(editor=True))

    assert "No editor has scheduled it." in run()
    assert "not scheduled" in problems_of(workflow.unschedule, embargoed, editor)
