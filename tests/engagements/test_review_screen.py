"""The review screen, the desk and the pages around them, as their forms send them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from engagements.models import Condition, ConductAssessment, CountryFlag, Engagement
from milidip.codebook.choices import State
from tests.engagements.screens import decide, fields_of
from tests.engagements.test_admin import as_, change, messages_of, step
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
)

pytestmark = pytest.mark.django_db

DESK = reverse("admin:engagements_engagement_desk")
ASSESSED = {
    "conduct__recipient_units": "The border guards of Gao.",
    "conduct__country_context": "Under sanctions since 2021.",
    "conduct__allegations": "Reports of the mission, 2019 to 2026: none.",
    "conduct__serious_risk": "no",
    "conduct__residual_risk": "low",
    "conduct__independence_declared": "on",
    "findings__0__rating": "met",
    "findings__0__evidence": "The report, page 4.",
}


@pytest.fixture
def reviewer():
    return UserFactory(reviewer=True, username="rev")


@pytest.fixture
def supported():
    return EngagementFactory(gives_support=True, submitted=True)


def test_clearance_and_assessment_are_decided_on_one_screen(reviewer, supported):
    response = decide(
        as_(reviewer),
        step(supported, "review"),
        **ASSESSED,
        allegations__0__dated="2024-05",
        allegations__0__statement="A unit is said to have beaten travellers.",
        allegations__0__source="Report, page 12",
    )

    assert "Cleared for publication" in messages_of(response)
    assessment = supported.conduct_assessments.get()
    assert assessment.assessor == reviewer
    assert [finding.rating for finding in assessment.findings.all()] == ["met"]
    assert [each.dated for each in assessment.allegations_consulted.all()] == ["2024-05"]
    assert supported.reviews.get().saw["conduct"]["status"] == "assessed"


def test_what_an_assessment_lacks_stands_at_its_question_and_nothing_is_decided(
    reviewer, supported
):
    answers = ASSESSED | {
        "conduct__independence_declared": None,
        "conduct__recipient_units": "",
        "conduct__serious_risk": "unknown",
        "conduct__human_rights_law": "met",
        "findings__0__evidence": "",
        "allegations__0__statement": "Something without a date.",
    }
    response = decide(as_(reviewer), step(supported, "review"), **answers)

    sheet = response.context["sheet"]
    assert set(sheet.conduct.form.errors) == {
        "independence_declared",
        "recipient_units",
        "mitigation",
        "monitoring",
        "approval_level",
        "human_rights_law_evidence",
    }
    assert set(sheet.conduct.findings.errors[0]) == {"evidence"}
    assert set(sheet.conduct.allegations.errors[0]) == {"dated", "source"}
    assert fields_of(response)["conduct-country_context"] == ["Under sanctions since 2021."]
    assert not supported.reviews.exists()
    assert not ConductAssessment.objects.exists()


def test_an_assessment_is_recorded_without_deciding_and_superseded_by_the_next(reviewer):
    engagement = EngagementFactory(gives_support=True)
    client, url = as_(reviewer), step(engagement, "review")
    decide(client, url, "assess", reason="", **ASSESSED)
    again = {"conduct__residual_risk": "high", "conduct__independence_declared": "on"}
    decide(client, url, "assess", reason="", **again)

    newest, first = engagement.conduct_assessments.current()
    assert (first.residual_risk, newest.residual_risk) == ("low", "high")
    assert newest.recipient_units == first.recipient_units
    assert [finding.evidence for finding in newest.findings.all()] == ["The report, page 4."]
    engagement.refresh_from_db()
    assert engagement.state == State.DRAFT


def test_to_return_a_record_takes_no_assessment(reviewer, supported):
    decide(as_(reviewer), step(supported, "review"), "return", reason="Say when.")

    supported.refresh_from_db()
    assert supported.state == State.RETURNED


def test_the_second_reviewer_confirms_on_the_screen(reviewer):
    engagement = EngagementFactory(gives_support=True)
    ConductAssessment.objects.create(
        engagement=engagement, assessor=reviewer, assessed_on="2024-01-01", residual_risk="high"
    )
    url = step(engagement, "review")
    assert 'value="confirm"' not in as_(reviewer).get(url).content.decode()
    second = UserFactory(reviewer=True)
    client = as_(second)
    assert 'value="confirm"' in client.get(url).content.decode()
    decide(client, url, "confirm", confirm__reason=" ")
    assert engagement.conduct_assessments.get().confirmed_at is None
    decide(client, url, "confirm", confirm__reason="The mitigation is real.")
    assert engagement.conduct_assessments.get().second_reviewer == second


def test_what_changed_while_it_was_read_is_not_cleared_unread(reviewer):
    engagement = EngagementFactory(submitted=True)
    client, url = as_(reviewer), step(engagement, "review")
    seen = fields_of(client.get(url))["seen"]
    Engagement.objects.filter(pk=engagement.pk).update(summary="Somebody was quicker.")
    response = decide(client, url, seen=seen)

    assert "was changed while you read it" in response.content.decode()
    assert not engagement.reviews.exists()


def test_it_is_told_who_and_what_is_kept_back_and_why(reviewer):
    engagement = EngagementFactory(submitted=True)
    for name, options in (
        ("Jane Noconsent", {"disclosure": "named"}),
        ("Jane Kindonly", {"disclosure": "type_only"}),
    ):
        person = StakeholderFactory(person=True, name=name)
        ParticipationFactory(engagement=engagement, stakeholder=person, **options)
    page = as_(reviewer).get(step(engagement, "review")).content.decode()

    assert "<strong>Jane Noconsent</strong>: no basis of consent" in page
    assert "<strong>Jane Kindonly</strong>: shown by kind only" in page


def test_the_difference_to_what_was_cleared_is_told_in_words(reviewer):
    army = StakeholderFactory(name="Old Army")
    engagement = EngagementFactory(parties=[army], cleared=True)
    army.name = "New Army"
    army.save()
    engagement.participations.update(role_id="observer")
    Engagement.objects.filter(pk=engagement.pk).update(
        status="cancelled", summary="Two armies met and trained together."
    )
    found = as_(reviewer).get(step(engagement, "review")).context["sheet"].differences

    told = {each.label: each for each in found}
    assert told["Status"].words == [("removed", "Completed"), ("added", "Cancelled")]
    assert ("added", "met and") in told["Summary"].words
    assert told["Who took part"].removed == ["New Army, Armed force, Participant, Official"]
    assert told["Who took part"].added == ["New Army, Armed force, Observer, Official"]
    assert set(told) == {"Status", "Summary", "Who took part"}


def test_a_record_that_nobody_has_to_decide_on_offers_no_decision(reviewer):
    engagement = EngagementFactory(published=True)
    page = as_(reviewer).get(step(engagement, "review")).content.decode()

    assert 'value="clear"' not in page
    assert 'value="reaffirm"' not in page


def test_the_desk_has_a_tab_for_each_reason_and_knows_no_other(reviewer):
    waiting = EngagementFactory(submitted=True)
    Engagement.objects.update(submitted_at=timezone.now() - timedelta(days=15))
    client = as_(reviewer)
    for queue in ("waiting", "overdue"):
        assert waiting.reference in client.get(f"{DESK}?queue={queue}").content.decode()
    for queue in ("yours", "lapsed", "flagged", "expiring", "expired", "confirm", "conditions"):
        assert "Nothing waits here." in client.get(f"{DESK}?queue={queue}").content.decode()
    assert client.get(f"{DESK}?queue=others").status_code == 404


def test_whoever_sees_to_a_condition_finds_it_on_the_front_page():
    owner = UserFactory(contributor=True)
    engagement = EngagementFactory()
    clear(engagement, conditions=[Condition(text="Ask again.", owner=owner, due="2999-01-01")])
    client = as_(owner)
    condition = Condition.objects.get()
    url = reverse("admin:engagements_engagement_condition", args=[condition.pk])
    assert url in client.get(reverse("admin:index")).content.decode()
    response = client.post(url, {"note": "Asked."}, follow=True)
    assert response.redirect_chain[-1][0] == change(engagement)
    assert url not in client.get(reverse("admin:index")).content.decode()
    assert as_(UserFactory(contributor=True)).get(url).status_code == 403


def test_many_are_cleared_from_the_list_after_it_was_asked_how_they_were_read(reviewer):
    records = [EngagementFactory(submitted=True) for _number in range(2)]
    records.append(EngagementFactory())
    client = as_(reviewer)
    url = reverse("admin:engagements_engagement_changelist")
    data = {"action": "clear_selected", "_selected_action": [record.pk for record in records]}
    page = client.post(url, data)
    assert "3 records are chosen" in page.content.decode()
    asked = data | {"ask": "1", "was_read": "bulk_sampled", "safe": "on", "reason": "One list."}
    assert "Say how many records" in client.post(url, asked).content.decode()
    told = messages_of(client.post(url, asked | {"sample_size": "1"}, follow=True))

    assert "2 records cleared." in told
    assert f"It is not waiting for review. {records[2].reference}" in told


def test_a_flag_says_who_set_it_and_stays_as_it_was_set(reviewer):
    client = as_(reviewer)
    url = reverse("admin:engagements_countryflag_add")
    told = {"country": "MLI", "kind": "coup", "since": "2020-08-18", "source": "A report"}
    client.post(url, told)
    flag = CountryFlag.objects.get()
    assert flag.set_by == reviewer
    page = reverse("admin:engagements_countryflag_change", args=[flag.pk])
    client.post(page, told | {"kind": "conflict", "lifted_on": "2022-01-01", "note": "Over."})
    flag.refresh_from_db()
    assert (flag.kind, str(flag.lifted_on)) == ("coup", "2022-01-01")
