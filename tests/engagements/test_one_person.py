"""The one-person mode: off unless it is switched on, and shown on every record it touched."""

import pytest
from django.test import Client
from django.urls import reverse

from engagements import publication, workflow
from engagements.models import ConductAssessment, EthicalReview, Publication
from milidip.catalogue.models import Document, Entry
from milidip.codebook.choices import State
from tests.factories import SAFE_ANSWERS, EngagementFactory, UserFactory, clear, publish, submit

pytestmark = pytest.mark.django_db

SAID = "reviewed, assessed or published it"


@pytest.fixture
def alone(settings):
    """Somebody who runs a register without a colleague."""
    settings.ONE_PERSON_MODE = True
    return UserFactory(administrator=True)


def page_of(engagement) -> str:
    return Client().get(f"/engagements/{engagement.reference}/").content.decode()


def test_one_person_takes_a_record_all_the_way_and_the_public_reads_it(alone):
    engagement = EngagementFactory(created_by=alone)
    clear(engagement, alone)
    publish(engagement, alone)

    assert engagement.state == State.PUBLISHED
    assert EthicalReview.objects.get().own_work
    assert Entry.objects.get().own_work
    assert Document.objects.get().data["review"]["own_work"] is True
    assert SAID in page_of(engagement)


def test_a_record_that_two_people_saw_says_nothing_of_it(alone):
    engagement = EngagementFactory(published=True)

    assert not EthicalReview.objects.get().own_work
    assert not Entry.objects.get().own_work
    assert SAID not in page_of(engagement)


def test_publishing_what_one_logged_is_shown_too_when_somebody_else_reviewed_it(alone):
    engagement = EngagementFactory(created_by=alone)
    clear(engagement)
    publish(engagement, alone)

    assert not EthicalReview.objects.get().own_work
    assert SAID in page_of(engagement)


def test_assessing_the_conduct_of_what_one_logged_is_shown_too(alone):
    engagement = EngagementFactory(created_by=alone)
    ConductAssessment.objects.create(
        engagement=engagement, assessor=alone, assessed_on="2019-06-01"
    )
    clear(engagement)
    publish(engagement)

    assert SAID in page_of(engagement)


def test_a_bulk_load_of_ones_own_records_is_shown_too(alone):
    engagement = EngagementFactory(created_by=alone)
    result = publication.publish_bulk([engagement.pk], alone, scope_note="My own list.")

    assert (result.published, result.skipped) == (1, {})
    assert Entry.objects.get().own_work


def test_the_next_version_that_two_people_saw_takes_it_off_and_the_earlier_keeps_it(alone):
    engagement = EngagementFactory(created_by=alone)
    clear(engagement, alone)
    publish(engagement, alone)
    engagement.summary = "Two armies trained together, and others watched."
    engagement.save()
    clear(engagement)
    publish(engagement)

    assert SAID not in page_of(engagement)
    earlier = Client().get(f"/engagements/{engagement.reference}/v1/").content.decode()
    assert SAID in earlier


def test_the_mode_that_is_switched_off_leaves_its_mark(alone, settings):
    engagement = EngagementFactory(created_by=alone)
    clear(engagement, alone)
    publish(engagement, alone)
    settings.ONE_PERSON_MODE = False
    publication.rebuild(anew=True)

    assert SAID in page_of(engagement)


def test_what_was_cleared_in_the_mode_is_not_published_without_it(alone, settings):
    engagement = EngagementFactory(created_by=alone)
    clear(engagement, alone)
    settings.ONE_PERSON_MODE = False

    with pytest.raises(workflow.NotAllowed, match="cleared by somebody who wrote it"):
        publish(engagement)


def test_every_other_rule_still_holds(alone):
    engagement = EngagementFactory(created_by=alone)
    submit(engagement)

    with pytest.raises(workflow.NotAllowed, match="nothing in it is classified"):
        workflow.clear(engagement, alone, **SAFE_ANSWERS | {"nothing_classified": False})


def test_a_contributor_alone_may_still_not_publish(alone):
    contributor = UserFactory(contributor=True)
    engagement = EngagementFactory(created_by=contributor)
    submit(engagement)

    with pytest.raises(workflow.NotAllowed, match="You may not review"):
        workflow.clear(engagement, contributor, **SAFE_ANSWERS)


@pytest.mark.parametrize("switched_on", [True, False])
def test_the_admin_offers_it_only_in_the_mode_and_says_what_the_public_will_read(
    settings, switched_on
):
    settings.ONE_PERSON_MODE = switched_on
    alone = UserFactory(administrator=True)
    engagement = EngagementFactory(created_by=alone, submitted=True)
    client = Client()
    client.force_login(alone)
    record = client.get(reverse("admin:engagements_engagement_change", args=[engagement.pk]))
    url = reverse("admin:engagements_engagement_review", args=[engagement.pk])
    question = client.get(url)

    assert (f'href="{url}" data-step' in record.content.decode()) is switched_on
    assert ('value="clear"' in question.content.decode()) is switched_on
    assert ("nobody else looked at it" in question.content.decode()) is switched_on


def test_the_front_page_counts_what_one_may_decide_oneself(alone, settings):
    EngagementFactory(created_by=alone, submitted=True)
    client = Client()
    client.force_login(alone)
    assert "<b>1</b> waiting for review" in client.get("/admin/").content.decode()
    settings.ONE_PERSON_MODE = False
    assert "<b>0</b> waiting for review" in client.get("/admin/").content.decode()


def test_a_snapshot_from_before_the_mode_is_rendered_as_two_people(alone):
    engagement = EngagementFactory(published=True)
    frozen = Publication.objects.get()
    del frozen.snapshot["review"]["own_work"]
    Publication.objects.filter(pk=frozen.pk).update(snapshot=frozen.snapshot)
    publication.rebuild(anew=True)

    assert SAID not in page_of(engagement)
