"""The history page: what changed, in words, for those who may know."""

import pghistory
import pytest
from django.test import Client
from django.urls import reverse

from engagements import workflow
from engagements.models import ConductAssessment, Engagement, Outcome
from milidip.codebook.choices import Risk
from stakeholders.models import OtherName, Protection
from tests.engagements.screens import decide, send
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
)

# Real commits: what one transaction writes bears one time, and is one change.
pytestmark = pytest.mark.usefixtures("committed_db")


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def history(user, engagement: Engagement):
    url = reverse("admin:engagements_engagement_history", args=[engagement.pk])
    return as_(user).get(url)


def newest(user, engagement: Engagement):
    return history(user, engagement).context["page"][0]


@pytest.fixture
def contributor(committed_db):
    return UserFactory(contributor=True, first_name="Carla", last_name="Contributor")


def test_a_change_is_told_with_labels_and_values_before_and_after(contributor):
    engagement = EngagementFactory(created_by=contributor, status="completed")
    url = reverse("admin:engagements_engagement_change", args=[engagement.pk])
    send(as_(contributor), url, status="ongoing", track="3", end="", objectives=["reconciliation"])
    change = newest(contributor, engagement)
    assert change.who == "Carla Contributor"
    fields = {field: (old, new) for line in change.lines for field, old, new in line.fields}
    assert fields == {
        "Status": ("Completed", "Ongoing"),
        "Track": ("Track I", "Track III"),
        "End": ("2019-05-17", "empty"),
    }
    lists = {line.part: (line.added, line.removed) for line in change.lines if not line.fields}
    assert lists == {
        "Objectives": (["Reconciliation"], []),
        "Tracks it touches": (["Track III"], []),
    }


def test_rows_that_were_added_changed_and_removed_are_named(contributor):
    engagement = EngagementFactory(created_by=contributor)
    army = StakeholderFactory(name="Croatian Army")
    with pghistory.context(user=contributor.pk):
        participation = ParticipationFactory(engagement=engagement, stakeholder=army)
        outcome = OutcomeFactory(engagement=engagement)
    with pghistory.context(user=contributor.pk):
        participation.role_id = "host"
        participation.save()
        outcome.delete()
    lines = {(line.verb, line.part): line for line in newest(contributor, engagement).lines}
    changed = lines["changed", "Participant"]
    assert changed.what == "Croatian Army"
    assert changed.fields == [("Role", "Participant", "Host")]
    assert lines["removed", "Outcome"].what == "The two staffs agreed to meet again."


def test_what_one_request_added_and_took_out_again_is_not_told(contributor):
    engagement = EngagementFactory(created_by=contributor)
    before = len(history(contributor, engagement).context["page"].object_list)
    with pghistory.context(user=contributor.pk):
        OutcomeFactory(engagement=engagement)
        Outcome.objects.all().delete()
    assert len(history(contributor, engagement).context["page"].object_list) == before


def test_the_newest_change_comes_first_and_bulk_writes_are_there_too(contributor):
    engagement = EngagementFactory(created_by=contributor)
    with pghistory.context(user=contributor.pk):
        Engagement.objects.filter(pk=engagement.pk).update(title="Exercise Renamed")
    line = newest(contributor, engagement).lines[0]
    assert line.fields[0][2] == "Exercise Renamed"


def test_a_decision_is_told_with_its_reason(contributor):
    engagement = EngagementFactory(created_by=contributor, submitted=True)
    reviewer = UserFactory(reviewer=True)
    url = reverse("admin:engagements_engagement_review", args=[engagement.pk])
    decide(as_(reviewer), url, "return", reason="Name the source.")
    change = newest(contributor, engagement)
    assert change.reason == "Name the source."
    states = [fields for line in change.lines for fields in line.fields]
    assert ("State of the record", "Submitted for review", "Returned to the author") in states


def test_a_restricted_note_is_in_the_history_of_reviewers_only(contributor):
    reviewer = UserFactory(reviewer=True)
    engagement = EngagementFactory(created_by=contributor)
    assessment = ConductAssessment.objects.create(
        engagement=engagement, assessor=reviewer, assessed_on="2024-01-01", serious_risk=Risk.NO
    )
    assessment.findings.create(
        criterion_id="human_rights", public_note="All well.", restricted_note="Ask Iskander."
    )
    assert "Iskander" in history(reviewer, engagement).content.decode()
    page = history(contributor, engagement).content.decode()
    assert "All well." in page
    assert "Iskander" not in page


def test_a_protected_name_is_in_no_history_of_those_who_may_not_see_protections(contributor):
    person = StakeholderFactory(person=True, name="Jáne Mediator")
    OtherName.objects.create(stakeholder=person, name="Abu Salam")
    engagement = EngagementFactory(created_by=contributor, parties=[person])
    with pghistory.context(user=contributor.pk, reason="JANE MEDIATOR asked"):
        engagement.summary = "The talks were led by Abu-Salam."
        engagement.save()
    page = history(contributor, engagement).content.decode()
    assert "Jáne Mediator" in page
    Protection.objects.create(stakeholder=person, reason="She asked.", protected_by=contributor)
    page = history(contributor, engagement).content.decode()
    assert "Jáne Mediator" not in page
    assert "JANE MEDIATOR" not in page
    assert "Abu-Salam" not in page
    assert "(holds a protected name)" in page
    page = history(UserFactory(reviewer=True), engagement).content.decode()
    assert "Abu-Salam" in page


def test_the_history_of_a_protected_actor_is_closed_to_those_who_may_not_see_it(contributor):
    person = StakeholderFactory(person=True)
    url = reverse("admin:stakeholders_stakeholder_history", args=[person.pk])
    assert as_(contributor).get(url).status_code == 200
    Protection.objects.create(stakeholder=person, reason="Asked.", protected_by=contributor)
    assert as_(contributor).get(url).status_code == 403
    assert as_(UserFactory(editor=True)).get(url).status_code == 200


def test_the_history_is_read_in_as_many_queries_for_many_changes_as_for_few(
    contributor, django_assert_max_num_queries
):
    """Everything that lines refer to is read once per table, however long the history is."""
    engagement = EngagementFactory(created_by=contributor)
    for _number in range(30):
        ParticipationFactory(engagement=engagement)
        OutcomeFactory(engagement=engagement)
    workflow.submit(engagement, contributor)
    client = as_(contributor)
    url = reverse("admin:engagements_engagement_history", args=[engagement.pk])
    client.get(url)
    with django_assert_max_num_queries(45):
        assert client.get(url).status_code == 200
