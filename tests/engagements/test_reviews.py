"""What a clearance covers, when it lapses or ends, and how it is given again."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from engagements import bulk, conditions, conduct, drift, publication, queues, workflow
from engagements.models import (
    Allegation,
    Condition,
    ConductAssessment,
    CountryFlag,
    CriterionFinding,
    Drift,
    Engagement,
    EthicalReview,
    Hold,
)
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from milidip.codebook.choices import State
from milidip.roles import owner_role
from stakeholders.models import Protection
from tests.engagements.test_gate import problems_of
from tests.factories import (
    SAFE_ANSWERS,
    EngagementFactory,
    ParticipationFactory,
    PlaceFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer():
    return UserFactory(reviewer=True)


@pytest.fixture
def editor():
    return UserFactory(editor=True)


def today():
    return timezone.now().date()


def ongoing(**kwargs) -> Engagement:
    return EngagementFactory(status="ongoing", start="2020-01", end="", **kwargs)


def flag(country: str = "KEN", kind: str = "coup") -> CountryFlag:
    return CountryFlag.objects.create(
        country_id=country,
        kind=kind,
        since=today(),
        source="Report of the mission, page 3",
        set_by=UserFactory(editor=True),
    )


def assess(engagement: Engagement, by=None, on=None, **fields) -> ConductAssessment:
    by = by or UserFactory(reviewer=True)
    assessment = ConductAssessment(engagement=engagement, assessed_on=on or today(), **fields)
    findings = [CriterionFinding(criterion_id="human_rights", rating="met", evidence="Page 4.")]
    return conduct.assess(assessment, by, findings)


def days_pass(engagement: Engagement, days: int) -> None:
    """Everything that has a date was so many days earlier: the clock cannot be moved."""
    back = timedelta(days=days)
    with owner_role():
        for review in engagement.reviews.all():
            EthicalReview.objects.filter(pk=review.pk).update(
                valid_until=review.valid_until - back, decided_at=review.decided_at - back
            )
    for entry in public.Entry.objects.filter(leaves_on__isnull=False):
        public.Entry.objects.filter(pk=entry.pk).update(leaves_on=entry.leaves_on - back)
    public.Register.objects.update(swept_on=today() - back)


# --- a review is never changed -----------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE engagements_ethicalreview SET reason = 'Rewritten'",
        "UPDATE engagements_ethicalreview SET decision = 'cleared'",
        "DELETE FROM engagements_ethicalreview",
        "TRUNCATE engagements_ethicalreview CASCADE",
        "UPDATE engagements_condition SET text = 'Nothing'",
        "UPDATE engagements_condition SET due = '2999-01-01'",
        "DELETE FROM engagements_condition",
        "UPDATE engagements_conductassessment SET residual_risk = 'low'",
        "DELETE FROM engagements_conductassessment",
        "UPDATE engagements_criterionfinding SET rating = 'met'",
        "UPDATE engagements_allegation SET statement = 'None'",
    ],
)
def test_the_database_refuses_to_change_what_was_decided(statement, reviewer):
    engagement = EngagementFactory(gives_support=True)
    assessment = assess(engagement, reviewer)
    Allegation.objects.create(assessment=assessment, dated="2019", statement="x", source="y")
    clear(engagement, conditions=["Ask again."])

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_clearance_keeps_what_the_reviewer_saw_and_no_name_of_an_actor():
    engagement = EngagementFactory(parties=[StakeholderFactory(name="Kenya Army")], cleared=True)

    saw = engagement.reviews.get().saw

    assert saw["title"] == engagement.title
    assert "Kenya Army" not in str(saw)


# --- lapse and reaffirm ------------------------------------------------------------------------


def test_a_new_source_a_new_participant_and_a_lowered_marking_lapse_a_clearance(reviewer):
    changes = [
        lambda record: SourceFactory(engagement=record),
        lambda record: ParticipationFactory(engagement=record),
        lambda record: Engagement.objects.filter(pk=record.pk).update(marking="open"),
    ]
    for change in changes:
        record = EngagementFactory(marking="chatham_house", source__chatham_safe=True)
        clear(record)
        drift.refresh()
        assert record not in queues.lapsed(reviewer)
        change(record)
        drift.refresh()
        assert record in queues.lapsed(reviewer)
        assert workflow.due_again(record, workflow.last_review(record)) == ["lapsed"]


def test_renaming_an_alliance_lapses_nothing(reviewer):
    alliance = StakeholderFactory(name="Old Alliance")
    records = [EngagementFactory(parties=[alliance], cleared=True) for _ in range(2)]
    alliance.name = "New Alliance"
    alliance.save()
    drift.refresh()

    assert list(queues.lapsed(reviewer)) == []
    assert all(workflow.problems(record) == [] for record in records)


def test_a_lapsed_clearance_is_reaffirmed_and_the_next_version_published(reviewer, editor):
    engagement = EngagementFactory(published=True)
    earlier = engagement.reviews.get()
    engagement.summary = "Three armies trained together."
    engagement.save()

    review = workflow.reaffirm(engagement, reviewer, "The third army was known all along.")

    engagement.refresh_from_db()
    assert engagement.state == State.CLEARED
    assert review.reaffirms == earlier
    assert review.digest != earlier.digest
    assert engagement.reviews.count() == 2
    assert publish(engagement, by=editor).number == 2


def test_conditions_go_on_into_the_review_that_reaffirms(reviewer):
    engagement = EngagementFactory()
    owner = UserFactory(contributor=True)
    clear(engagement, conditions=[Condition(text="Ask again.", owner=owner, due="2999-01-01")])
    SourceFactory(engagement=engagement)

    review = workflow.reaffirm(engagement, reviewer, "One more source.")

    assert review.decision == "cleared_with_conditions"
    assert [condition.owner for condition in review.conditions.all()] == [owner]
    assert [condition.review for condition in queues.open_conditions()] == [review]


def test_whoever_would_be_named_anew_takes_a_whole_review(reviewer):
    engagement = EngagementFactory(cleared=True)
    ParticipationFactory(
        engagement=engagement,
        stakeholder=StakeholderFactory(person=True),
        with_consent=True,
    )

    said = problems_of(workflow.reaffirm, engagement, reviewer, "Fine.")

    assert "answer the questions" in said
    review = workflow.clear(engagement, reviewer, **SAFE_ANSWERS)
    assert [consent["basis"] for consent in review.consents] == [["consent_recorded"]]


def test_a_bulk_clearance_is_not_reaffirmed(reviewer):
    engagement = EngagementFactory(submitted=True)
    bulk.clear_together([engagement.pk], reviewer, reason="One list.")
    SourceFactory(engagement=engagement)

    assert "no individual clearance" in problems_of(
        workflow.reaffirm, engagement, reviewer, "Fine."
    )


def test_a_decided_record_without_a_reason_is_not_decided_again(reviewer):
    for state in ("cleared", "published"):
        engagement = EngagementFactory(**{state: True})
        assert "is not waiting for review" in problems_of(
            workflow.clear, engagement, reviewer, **SAFE_ANSWERS
        )


def test_nobody_reaffirms_what_they_changed_themselves(reviewer):
    engagement = EngagementFactory(published=True)
    Engagement.objects.filter(pk=engagement.pk).update(summary="New.", updated_by=reviewer)

    assert "Nobody reviews what they wrote" in problems_of(
        workflow.reaffirm, engagement, reviewer, "Mine."
    )


# --- a clearance ends --------------------------------------------------------------------------


def test_an_ended_clearance_takes_the_entry_out_of_every_output_and_a_new_one_brings_it_back(
    reviewer,
):
    actor = StakeholderFactory(name="Marker Mission")
    engagement = ongoing(title="Marker observers", parties=[actor])
    clear(engagement, valid_until=today())
    publish(engagement)
    client = Client()
    reference = engagement.reference
    addresses = [
        "/",
        "/engagements/",
        "/engagements/?q=marker",
        "/engagements.csv",
        "/participations.csv",
        "/sources.csv",
        "/stakeholders/",
        "/sitemap-engagements-1.xml",
    ]

    def shown() -> list[str]:
        found = []
        for address in addresses:
            response = client.get(address)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            if b"Marker" in body or reference.encode() in body:
                found.append(address)
        return found

    assert "/engagements/" in shown()
    assert queues.expiring(reviewer).get() == engagement
    days_pass(engagement, 1)

    assert shown() == []
    assert client.get(f"/engagements/{reference}/").status_code == 410
    assert client.get(f"/engagements/{reference}/v1/").status_code == 410
    assert client.get(f"/stakeholders/{actor.reference}/").status_code in (404, 410)
    assert public.Participation.objects.count() == public.Actor.objects.count() == 0
    assert public.Tombstone.objects.get().kind == "expired"
    assert queues.expired(reviewer).get() == engagement

    workflow.reaffirm(engagement, reviewer, "It goes on.", today() + timedelta(days=90))

    engagement.refresh_from_db()
    assert engagement.state == State.PUBLISHED
    assert "/engagements/" in shown()
    assert public.Entry.objects.get().review_until == today() + timedelta(90)
    assert engagement.publications.count() == 1
    assert publication.rebuild() == 0


def test_what_is_over_does_not_end(reviewer):
    EngagementFactory(published=True)

    assert not queues.expiring(reviewer).exists()
    assert public.Entry.objects.get().leaves_on is None


def test_the_desk_warns_of_a_day_on_which_more_than_one_in_a_hundred_would_leave():
    for _number in range(2):
        engagement = ongoing()
        clear(engagement, valid_until=today() + timedelta(days=30))
        publish(engagement)

    assert [(wave["number"], wave["last_day"]) for wave in queues.waves()] == [
        (2, today() + timedelta(days=30))
    ]


# --- flags on countries ------------------------------------------------------------------------


def supported(**kwargs) -> Engagement:
    engagement = EngagementFactory(gives_support=True, **kwargs)
    assess(engagement, on="2019-12-01")
    clear(engagement)
    publish(engagement)
    return engagement


def test_a_flag_brings_support_back_to_the_desk_and_leaves_it_public(reviewer):
    here, elsewhere = supported(), supported(place__country_id="UGA")
    from_there = supported(place__country_id="UGA", parties=[StakeholderFactory(country_id="KEN")])
    no_support = EngagementFactory(published=True)
    flag("KEN")

    assert set(queues.flagged(reviewer)) == {here, from_there}
    assert public.Entry.objects.count() == 4
    assert {elsewhere, no_support}.isdisjoint(queues.flagged(reviewer))


def test_a_flag_asks_for_another_assessment_and_the_review_after_it_settles_it(reviewer, editor):
    engagement = supported()
    flag()

    assert "assess its conduct anew" in problems_of(
        workflow.clear, engagement, reviewer, **SAFE_ANSWERS
    )
    assess(engagement, reviewer)
    workflow.clear(engagement, reviewer, **SAFE_ANSWERS)

    engagement.refresh_from_db()
    assert not queues.flagged(reviewer).exists()
    assert engagement.state == State.CLEARED
    assert publish(engagement, by=editor).number == 2


def test_a_flag_that_is_lifted_brings_nothing_back(reviewer):
    supported()
    CountryFlag.objects.filter(pk=flag().pk).update(lifted_on=today())

    assert not queues.flagged(reviewer).exists()


def test_what_was_cleared_before_a_flag_is_not_published_after_it(editor):
    engagement = EngagementFactory(gives_support=True)
    assess(engagement)
    clear(engagement)
    flag()

    assert "A flag was set since it was cleared" in problems_of(
        workflow.publish, engagement, editor
    )


def test_a_load_in_bulk_leaves_support_in_a_flagged_country(settings):
    engagement = EngagementFactory(gives_support=True)
    flag()
    result = publication.publish_bulk(
        [engagement.pk], UserFactory(administrator=True), scope_note="A list."
    )

    assert result.published == 0
    assert list(result.skipped) == ["Its country is flagged: it is read one by one."]


# --- conduct -----------------------------------------------------------------------------------


def test_a_high_risk_is_published_only_when_another_person_has_confirmed_it(reviewer, editor):
    engagement = EngagementFactory(gives_support=True)
    assessment = assess(engagement, reviewer, residual_risk="high")
    clear(engagement, by=reviewer)

    assert "a second reviewer has to confirm" in problems_of(workflow.publish, engagement, editor)
    assert "must be somebody else" in problems_of(conduct.confirm, assessment, reviewer, "Yes.")
    assert "may not review" in problems_of(conduct.confirm, assessment, editor, "Yes.")
    second = UserFactory(reviewer=True)
    assert list(queues.to_confirm(second)) == [assessment]
    assert list(queues.to_confirm(reviewer)) == []
    conduct.confirm(assessment, second, "The mitigation is real.")

    assert list(queues.to_confirm(second)) == []
    assert publish(engagement, by=editor).number == 1


def test_the_author_is_no_second_reviewer_even_in_the_one_person_mode(settings):
    settings.ONE_PERSON_MODE = True
    author = UserFactory(administrator=True)
    engagement = EngagementFactory(created_by=author)
    assessment = assess(engagement, residual_risk="high")

    assert "Nobody reviews what they wrote" in problems_of(
        conduct.confirm, assessment, author, "Yes."
    )


def test_a_newer_assessment_supersedes_the_one_that_was_confirmed(reviewer, editor):
    engagement = EngagementFactory(gives_support=True)
    old = assess(engagement, reviewer, residual_risk="high")
    conduct.confirm(old, UserFactory(reviewer=True), "Read.")
    assess(engagement, reviewer, residual_risk="high")
    clear(engagement)

    assert "a second reviewer has to confirm" in problems_of(workflow.publish, engagement, editor)


# --- conditions --------------------------------------------------------------------------------


def test_a_condition_that_is_met_is_met_in_public_without_a_new_version(editor):
    engagement, owner = EngagementFactory(), UserFactory(contributor=True)
    clear(engagement, conditions=[Condition(text="Ask.", owner=owner, due="2999-01-01")])
    publish(engagement)
    condition = Condition.objects.get()
    assert public.Entry.objects.get().conditions_open == 1

    assert "not yours" in problems_of(conditions.mark_as_met, condition, editor, "Done.")
    assert "Say what was done" in problems_of(conditions.mark_as_met, condition, owner, " ")
    conditions.mark_as_met(condition, owner, "They agreed on the telephone.")

    entry = public.Entry.objects.get()
    assert (entry.conditions_open, entry.version) == (0, 1)
    assert "telephone" not in str(entry.document.data)
    assert "(met " in Client().get(f"/engagements/{engagement.reference}/").content.decode()
    assert publication.rebuild() == 0
    assert "met already" in problems_of(conditions.mark_as_met, condition, owner, "Again.")


def test_conditions_of_a_superseded_review_are_not_on_the_desk(reviewer):
    engagement = EngagementFactory()
    clear(engagement, conditions=["Ask again."])
    SourceFactory(engagement=engagement)
    workflow.clear(engagement, reviewer, **SAFE_ANSWERS)

    assert not queues.open_conditions().exists()


# --- many at once ------------------------------------------------------------------------------


def test_a_sample_is_read_and_the_rest_cleared_with_it(reviewer, editor):
    records = [EngagementFactory(submitted=True) for _number in range(3)]
    ids = [record.pk for record in records]

    result = bulk.clear_together(ids, reviewer, reason="One list of one year.", sample_size=2)

    assert (result.published, result.skipped) == (3, {})
    reviews = EthicalReview.objects.all()
    assert {(review.kind, review.sample_size) for review in reviews} == {("bulk_sampled", 2)}
    for record in records:
        record.refresh_from_db()
        assert record.state == State.CLEARED
        publish(record, by=editor)
    page = Client().get(f"/engagements/{records[0].reference}/").content.decode()
    assert "not individually reviewed" in page


def test_what_has_to_be_read_is_left_by_a_bulk_clearance_with_the_reason(reviewer):
    def named(**kwargs):
        record = EngagementFactory(**kwargs)
        person = StakeholderFactory(person=True)
        ParticipationFactory(engagement=record, stakeholder=person, with_consent=True)
        submit(record)
        return record

    flag("SDN")
    read_before = EngagementFactory(published=True)
    submit(read_before)
    left = {
        "It would name a person": named(),
        "Track 2 is only guessed": EngagementFactory(
            track_id="2", track_basis="dataset_guess", submitted=True
        ),
        "It is not marked as open": EngagementFactory(
            chatham_house=True, source__chatham_safe=True, submitted=True
        ),
        "Its country is flagged": EngagementFactory(
            gives_support=True, place__country_id="SDN", submitted=True
        ),
        "It was reviewed individually before": read_before,
        "It is not waiting for review": EngagementFactory(),
        "Nobody reviews what they wrote": EngagementFactory(created_by=reviewer),
    }
    own = left["Nobody reviews what they wrote"]
    Engagement.objects.filter(pk=own.pk).update(state=State.SUBMITTED)

    result = bulk.clear_together(
        [record.pk for record in left.values()], reviewer, reason="One list."
    )

    assert result.published == 0
    for why, record in left.items():
        told = [references for reason, references in result.skipped.items() if why in reason]
        assert [record.reference] in told, why


def test_a_sample_larger_than_the_whole_is_refused(reviewer):
    engagement = EngagementFactory(submitted=True)

    with pytest.raises(NotAllowed, match="between 1 and 1"):
        bulk.clear_together([engagement.pk], reviewer, reason="One list.", sample_size=2)


# --- what is compared, and when ----------------------------------------------------------------


def is_stale(engagement: Engagement) -> bool:
    return Drift.objects.get(pk=engagement.pk).stale


def test_raw_sql_is_noticed_too(editor):
    engagement = EngagementFactory(published=True)
    drift.refresh()
    assert not queues.unpublished().exists()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE engagements_source SET title = 'Another title'")

    assert is_stale(engagement)
    assert drift.refresh() == 0
    assert queues.unpublished().get() == engagement


@pytest.mark.parametrize(
    "change",
    [
        lambda record: PlaceFactory(engagement=record),
        lambda record: record.participations.all().delete(),
        lambda record: record.themes.set(["cyber"]),
        lambda record: record.objectives.set(["trust_building"]),
        lambda record: record.participations.get().sources.set(record.sources.all()),
        lambda record: type(record.participations.get().stakeholder).objects.update(
            level="national"
        ),
        lambda record: assess(record),
        lambda record: Protection.objects.create(
            stakeholder=record.participations.get().stakeholder,
            protected_by=UserFactory(),
            reason="Asked.",
        ),
    ],
)
def test_whatever_the_public_page_may_show_is_compared_when_it_changes(change):
    record = EngagementFactory(parties=[StakeholderFactory()], published=True)
    drift.refresh()
    change(record)

    assert is_stale(record)


def test_moving_from_desk_to_desk_and_a_hold_compare_nothing():
    record = EngagementFactory(published=True)
    drift.refresh()
    Engagement.objects.filter(pk=record.pk).update(state=State.SUBMITTED)
    Hold.objects.create(engagement=record, kind="names", reason="Risk.")

    assert not is_stale(record)


def test_a_comparison_agrees_with_the_record_itself():
    changed, same = EngagementFactory(published=True), EngagementFactory(published=True)
    Engagement.objects.filter(pk=changed.pk).update(lessons="Ask earlier.")
    found = drift.compare([changed.pk, same.pk])

    for record in (changed, same):
        record.refresh_from_db()
        assert found[record.pk][1] == workflow.has_unpublished_changes(record)
    assert found[changed.pk] == (True, True)


def test_the_queues_take_as_many_queries_for_many_records_as_for_few(
    reviewer, django_assert_max_num_queries
):
    """Nothing is disclosed for a page of the desk: what changed was compared before."""
    for _number in range(4):
        EngagementFactory(submitted=True)
        EngagementFactory(published=True)
    client = Client()
    client.force_login(reviewer)
    client.get("/admin/engagements/engagement/desk/")
    with django_assert_max_num_queries(32):
        assert client.get("/admin/engagements/engagement/desk/").status_code == 200
