"""A former state of a record, restored as a new change; and a history that is searched."""

from datetime import timedelta
from html import unescape

import pghistory
import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from engagements import erasure, merging, restoring, workflow
from engagements.models import (
    Engagement,
    ExerciseDetails,
    Outcome,
    Participation,
    Place,
    RelatedEngagement,
    Source,
)
from engagements.workflow import NotAllowed
from stakeholders.history import Reader
from stakeholders.models import Erasure, Protection
from tests.engagements.screens import fields_of, send
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    PlaceFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

# Real commits: what one transaction writes bears one time, and is one state.
pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def editor(committed_db):
    return UserFactory(editor=True, first_name="Edda", last_name="Editor")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_details_of_a_family_come_back(editor):
    record = EngagementFactory()
    details = ExerciseDetails.objects.create(
        engagement=record, form="live", environments=["sea", "air"]
    )
    before = now()
    details.form, details.environments = "table_top", ["land"]
    details.save()

    restore(record, before, editor)

    (restored,) = ExerciseDetails.objects.all()
    assert (restored.pk, restored.form) == (details.pk, "live")
    assert restored.environments == ["sea", "air"]


def now():
    """The present moment, as history knows it: that of the last change."""
    return timezone.now()


def plan(record, moment, user):
    return restoring.plan(record, moment, Reader(user))


def restore(record, moment, user, reason="It was right before.") -> restoring.Plan:
    seen = plan(record, moment, user).digest
    found = restoring.restore(record, moment, user, Reader(user), reason=reason, seen=seen)
    record.refresh_from_db()
    return found


def state_of(record) -> dict:
    """Everything a record says, by row and by column."""
    record = Engagement.objects.get(pk=record.pk)
    left_out = {"updated_at", "updated_by", "state", "submitted_at", "submitted_by"}
    said = {
        column.name: getattr(record, column.attname)
        for column in Engagement._meta.concrete_fields
        if column.name not in left_out
    }
    for name in restoring.LISTS:
        said[name] = set(getattr(record, name).values_list("pk", flat=True))
    for model in (Place, Source, Participation, Outcome, RelatedEngagement):
        said[model.__name__] = list(
            model.objects.filter(engagement=record).order_by("pk").values()
        )
    said["links"] = set(
        Participation.sources.through.objects.filter(participation__engagement=record).values_list(
            "participation", "source"
        )
    )
    return said


def full_record(editor) -> Engagement:
    record = EngagementFactory(created_by=editor, title="Exercise Before")
    record.objectives.set(["reconciliation", "deescalation"])
    source = record.sources.get()
    line = ParticipationFactory(engagement=record, stakeholder__name="Kenya Army")
    line.sources.set([source])
    OutcomeFactory(engagement=record, source=source)
    RelatedEngagement.objects.create(engagement=record, kind="follows", target=EngagementFactory())
    return record


def upset(record) -> None:
    """Change, add and take out something of everything."""
    record.title, record.track_id, record.end = "Exercise After", "3", ""
    record.save()
    record.objectives.set(["interoperability"])
    record.sources.all().delete()
    other = SourceFactory(engagement=record, title="Another report")
    record.participations.update(role_id="host")
    record.participations.get().sources.set([other])
    ParticipationFactory(engagement=record, stakeholder__name="Uganda Army")
    record.outcomes.all().delete()
    record.related.all().delete()
    record.places.update(name="Nairobi")
    PlaceFactory(engagement=record, name="Mombasa")


def test_a_former_state_comes_back_whole_with_its_parts_and_what_links_them(editor):
    record = full_record(editor)
    before, moment = state_of(record), now()
    with transaction.atomic():
        upset(record)
    assert state_of(record) != before
    restore(record, moment, editor)
    assert state_of(record) == before


def test_restoring_is_itself_a_change_that_can_be_taken_back(editor):
    record = full_record(editor)
    moment = now()
    with transaction.atomic():
        upset(record)
    after, changed = state_of(record), now()
    events = Engagement.pgh_event_model.objects.filter(pgh_obj=record)
    kept = list(events.order_by("pgh_id").values_list("pgh_id", "title"))
    restore(record, moment, editor)
    assert list(events.order_by("pgh_id").values_list("pgh_id", "title"))[: len(kept)] == kept
    assert (
        events.order_by("pgh_id").last().pgh_context.metadata["reason"] == "It was right before."
    )
    restore(record, changed, editor)
    assert state_of(record) == after


def test_decisions_and_publications_are_not_restored(editor):
    record = EngagementFactory(title="Exercise Before")
    moment = now()
    record.title = "Exercise After"
    record.save()
    clear(record)
    published = publish(record)
    reviews = list(record.reviews.values())
    restore(record, moment, editor)
    assert record.title == "Exercise Before"
    assert record.state == "published"
    assert list(record.reviews.values()) == reviews
    assert record.publications.get() == published
    assert "Exercise After" in Client().get(f"/engagements/{record.reference}/").content.decode()
    assert workflow.has_unpublished_changes(record)
    assert record.updated_by == editor


def test_the_page_shows_what_would_change_and_asks_for_a_reason(editor):
    record = EngagementFactory(created_by=editor, title="Exercise Before", status="planned")
    with pghistory.context(user=editor.pk):
        record.title, record.status = "Exercise After", "completed"
        record.save()
    client = as_(editor)
    history = client.get(reverse("admin:engagements_engagement_history", args=[record.pk]))
    links = [part.partition('"')[0] for part in history.content.decode().split('href="')]
    address = next(unescape(link) for link in links if "/restore/?at=" in link)

    page = client.get(address)
    text = page.content.decode()
    assert "<del>Exercise After</del>" in text
    assert "<ins>Exercise Before</ins>" in text
    assert "<ins>Planned</ins>" in text
    sent = fields_of(page)
    refused = client.post(address, {**sent, "reason": " "})
    assert "This field is required." in refused.content.decode()
    assert Engagement.objects.get().title == "Exercise After"
    client.post(address, {**sent, "reason": "The old one was right."})
    assert Engagement.objects.get().title == "Exercise Before"
    newest = client.get(history.wsgi_request.path).context["page"][0]
    assert (newest.who, newest.reason) == ("Edda Editor", "The old one was right.")


def test_nothing_is_written_when_the_record_changed_after_it_was_looked_at(editor):
    record = EngagementFactory(title="Exercise Before")
    moment = now()
    record.title = "Exercise After"
    record.save()
    seen = plan(record, moment, editor).digest
    record.summary = "Somebody else was here."
    record.save()
    with pytest.raises(NotAllowed, match="changed meanwhile"):
        restoring.restore(record, moment, editor, Reader(editor), reason="Why", seen=seen)
    assert Engagement.objects.get().title == "Exercise After"


def test_only_who_may_change_the_record_may_restore_it(editor):
    record = EngagementFactory()
    moment = now().isoformat()
    record.title = "Exercise After"
    record.save()
    address = reverse("admin:engagements_engagement_restore", args=[record.pk])
    for user, status in (
        (editor, 200),
        (record.created_by, 200),
        (UserFactory(contributor=True), 403),
        (UserFactory(reviewer=True), 403),
    ):
        assert as_(user).get(address, {"at": moment}).status_code == status
        offered = as_(user).get(reverse("admin:engagements_engagement_history", args=[record.pk]))
        assert ("Restore the record" in offered.content.decode()) == (status == 200)


@pytest.mark.parametrize("at", ["", "yesterday", "2019-13-45T00:00:00Z", "2019-01-01T00:00:00"])
def test_what_is_no_moment_leads_back_to_the_history(editor, at):
    record = EngagementFactory()
    address = reverse("admin:engagements_engagement_restore", args=[record.pk])
    response = as_(editor).get(address, {"at": at}, follow=True)
    assert "Choose in the history which state to restore." in response.content.decode()


def test_before_it_was_logged_there_is_no_state_to_restore(editor):
    record = EngagementFactory()
    address = reverse("admin:engagements_engagement_restore", args=[record.pk])
    at = (now() - timedelta(days=1)).isoformat()
    response = as_(editor).get(address, {"at": at}, follow=True)
    assert "The record was not there yet." in response.content.decode()


def test_an_actor_that_was_erased_does_not_come_back_and_the_rest_does(editor):
    person = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    record = EngagementFactory(title="Exercise Before", summary="Quillvorn, Aurelix spoke.")
    ParticipationFactory(engagement=record, stakeholder=person, with_consent=True)
    moment = now()
    record.participations.all().delete()
    record.title, record.summary = "Exercise After", "Somebody spoke."
    record.save()
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, UserFactory(reviewer=True))
    asked.refresh_from_db()
    # What the command does with history, as the owner of the tables: tests/.../test_erasure.py.
    Erasure.objects.filter(pk=asked.pk).update(erased_at=timezone.now())

    found = restore(record, moment, editor)

    assert record.title == "Exercise Before"
    assert not record.participations.exists()
    [reason] = [text for text in found.refused if "was erased since" in text]
    assert person.reference in reason
    assert "Quillvorn" not in reason


def test_an_actor_that_was_merged_comes_back_as_the_one_that_was_kept(editor):
    twin, kept = (StakeholderFactory(name=name) for name in ("Kenyan Army", "Kenya Army"))
    record = EngagementFactory(parties=[twin])
    moment = now()
    record.participations.all().delete()
    merging.merge(kept, twin, UserFactory(administrator=True))
    restore(record, moment, editor)
    assert record.participations.get().stakeholder == kept


def test_a_protected_name_is_not_shown_nor_restored_by_who_may_not_see_it(editor):
    """Else the form would show tomorrow what history hides today."""
    contributor = UserFactory(contributor=True)
    person = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    record = EngagementFactory(created_by=contributor, summary="Led by Aurelix Quillvorn.")
    ParticipationFactory(engagement=record, stakeholder=person)
    moment = now()
    record.participations.all().delete()
    record.summary, record.title = "Led by somebody.", "Exercise After"
    record.save()
    Protection.objects.create(stakeholder=person, reason="She asked.", protected_by=editor)

    address = reverse("admin:engagements_engagement_restore", args=[record.pk])
    page = as_(contributor).get(address, {"at": moment.isoformat()}).content.decode()
    assert "Quillvorn" not in page
    assert "it holds a protected name" in page
    restore(record, moment, contributor)
    assert record.summary == "Led by somebody."
    assert not record.participations.exists()

    restore(record, moment, editor)
    assert record.summary == "Led by Aurelix Quillvorn."
    assert record.participations.get().stakeholder == person


def test_a_state_that_the_rules_of_today_refuse_is_refused_and_nothing_is_half_written(editor):
    record = EngagementFactory(source_dataset="Set", source_id="7", title="Exercise Before")
    moment = now()
    record.source_dataset = record.source_id = ""
    record.title = "Exercise After"
    record.save()
    EngagementFactory(source_dataset="Set", source_id="7")
    with pytest.raises(NotAllowed, match="already in the register"):
        restore(record, moment, editor)
    assert Engagement.objects.get(pk=record.pk).title == "Exercise After"


# --- the reason --------------------------------------------------------------------------------


def test_whoever_changes_a_public_record_is_asked_why_and_history_keeps_it(editor):
    record = EngagementFactory(published=True)
    address = reverse("admin:engagements_engagement_change", args=[record.pk])
    refused = send(as_(editor), address, title="Exercise After")
    assert "Why is it changed?" in refused.content.decode()
    assert Engagement.objects.get().title != "Exercise After"
    send(
        as_(editor),
        address,
        title="Exercise After",
        sources__0__title="Mended",
        change_reason="A letter came.",
    )
    history = as_(editor).get(reverse("admin:engagements_engagement_history", args=[record.pk]))
    newest = history.context["page"][0]
    assert newest.reason == "A letter came."
    assert {line.part for line in newest.lines} == {"Engagement", "Source"}


def test_nobody_is_asked_why_they_change_a_draft(editor):
    record = EngagementFactory(created_by=editor)
    address = reverse("admin:engagements_engagement_change", args=[record.pk])
    assert "Why is it changed?" not in as_(editor).get(address).content.decode()
    send(as_(editor), address, title="Exercise After")
    assert Engagement.objects.get().title == "Exercise After"


# --- a history that is searched ------------------------------------------------------------------


def test_history_is_narrowed_by_person_and_by_field_with_counts(editor):
    record = EngagementFactory(title="One")
    other = UserFactory(editor=True, first_name="Olga", last_name="Other")
    for user, title in ((editor, "Two"), (editor, "Three"), (other, "Four")):
        with pghistory.context(user=user.pk):
            record.title = title
            record.save()
    with pghistory.context(user=other.pk):
        record.summary = "Written anew."
        record.save()
        OutcomeFactory(engagement=record)
    client = as_(editor)
    address = reverse("admin:engagements_engagement_history", args=[record.pk])

    def asked(**query):
        return client.get(address, query).context

    shown = asked()
    people = {choice.label: choice.count for choice in shown["people"]}
    assert people == {"Edda Editor": 2, "Olga Other": 2, "by a command": people["by a command"]}
    fields = {choice.label: choice.count for choice in shown["fields"]}
    assert fields["Title"] == 4
    assert fields["Summary"] == 2
    assert fields["Outcome"] == 1

    by_olga = asked(by=other.pk)
    assert len(by_olga["page"].object_list) == 2
    assert {c.label: c.count for c in by_olga["fields"]} == {
        "Title": 1,
        "Summary": 1,
        "Outcome": 1,
    }
    titles = asked(field="title")
    assert len(titles["page"].object_list) == 4
    lines = [line for change in titles["page"] for line in change.lines]
    assert {label for line in lines for label, *_values in line.fields} == {"Title"}
    assert {c.label: c.count for c in titles["people"]}["Edda Editor"] == 2
    [one] = asked(field="outcome", by=other.pk)["page"].object_list
    assert [line.part for line in one.lines] == ["Outcome"]
    page = client.get(address, {"by": editor.pk, "field": "outcome"}).content.decode()
    assert "No such change is recorded." in page


def test_pages_of_a_narrowed_history_stay_narrowed(editor, monkeypatch):
    monkeypatch.setattr("stakeholders.screens.CHANGES_PER_PAGE", 1)
    record = EngagementFactory(title="One")
    for title in ("Two", "Three"):
        record.title = title
        record.save()
    address = reverse("admin:engagements_engagement_history", args=[record.pk])
    page = as_(editor).get(address, {"field": "title"}).content.decode()
    assert "?field=title&amp;p=2" in page
