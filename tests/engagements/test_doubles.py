"""Do not log twice: look-alikes, the next edition, templates, and merging two records."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from engagements import doubles, editions, protection, workflow
from engagements.look_alikes import Given, given_of, keep_answer, look_alikes
from engagements.models import (
    DialogueDetails,
    Engagement,
    ExchangeDetails,
    LookAlike,
    MergedRecord,
    Participation,
    RelatedEngagement,
    Source,
    Template,
)
from engagements.publication import rebuild
from engagements.render import render
from milidip.catalogue.models import Entry, EntryRedirect, Register, Relation
from milidip.codebook.choices import Marking, ParticipantDisclosure, State
from tests.engagements.screens import send
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    SeriesFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
    submit,
)

pytestmark = pytest.mark.django_db
WHY = "The same dates, place and parties in both sources."


@pytest.fixture
def editor():
    return UserFactory(editor=True)


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, record) -> str:
    return reverse(f"admin:engagements_engagement_{name}", args=[record.pk])


# --- the next edition ---------------------------------------------------------------------------


def test_the_next_edition_keeps_what_it_is_and_drops_what_was_of_one_edition(contributor):
    army = StakeholderFactory()
    last = EngagementFactory(
        title="Bright Path 2019",
        series=SeriesFactory(name="Bright Path"),
        edition="2019",
        lessons="Share frequencies.",
        parties=[army],
    )
    person = StakeholderFactory(person=True)
    ParticipationFactory(engagement=last, stakeholder=person, with_consent=True)
    Participation.objects.filter(stakeholder=army).update(
        people_min=40, announced=True, role_id="host"
    )
    last.objectives.set(["trust_building"])
    OutcomeFactory(engagement=last)

    draft = editions.next_edition(last, contributor)

    assert (draft.title, draft.series, draft.activity_id) == (
        "Bright Path",
        last.series,
        last.activity_id,
    )
    assert (draft.start, draft.end, draft.edition, draft.summary, draft.lessons) == ("",) * 5
    assert (draft.state, draft.status, draft.created_by) == ("draft", "unknown", contributor)
    assert [term.pk for term in draft.objectives.all()] == ["trust_building"]
    line = draft.participations.get()
    assert (line.stakeholder, line.role_id, line.people_min) == (army, "host", None)
    assert (line.announced, line.consent_basis) == (False, "none")
    for part in ("places", "sources", "outcomes", "reviews"):
        assert not getattr(draft, part).exists(), part
    assert RelatedEngagement.objects.get(engagement=draft).target == last


def test_a_body_that_was_not_named_is_not_named_in_the_next_edition(contributor):
    body = StakeholderFactory()
    last = EngagementFactory(marking=Marking.CHATHAM_HOUSE_PART)
    ParticipationFactory(engagement=last, stakeholder=body, withheld=True, under_rule=True)

    line = editions.next_edition(last, contributor).participations.get()

    assert (line.disclosure, line.under_rule) == (ParticipantDisclosure.WITHHELD, True)
    assert line.engagement.marking == Marking.CHATHAM_HOUSE_PART


def test_details_are_carried_over_without_their_counts(contributor):
    last = EngagementFactory(activity_id="training_course")
    ExchangeDetails.objects.create(engagement=last, course="Logistics", people=20, days=5)

    details = editions.next_edition(last, contributor).exchange_details

    assert (details.course, details.people, details.days) == ("Logistics", None, None)


def test_who_may_not_log_makes_no_edition(editor):
    with pytest.raises(workflow.NotAllowed):
        editions.next_edition(EngagementFactory(), UserFactory(reviewer=True))


def test_a_template_outlives_actors_that_were_merged_or_have_gone(contributor):
    army, gone = StakeholderFactory(), StakeholderFactory()
    template = editions.keep_template(EngagementFactory(parties=[army, gone]), contributor)
    template.values["participants"][1]["actor"] = "MA-000000"
    template.values["objectives"] = ["no_such_objective"]

    draft = editions.draft_from(template.values, contributor)

    assert [line.stakeholder for line in draft.participations.all()] == [army]
    assert not draft.objectives.exists()


def test_two_templates_of_one_record_have_two_names(contributor):
    record = EngagementFactory(title="Port visit")
    names = [editions.keep_template(record, contributor).name for _ in range(2)]
    assert names == ["Port visit", "Port visit (2)"]


@pytest.mark.parametrize(
    ("years", "missing"),
    [
        ([2001, 2002, 2003, 2006, 2007], {3: 2}),
        ([2000, 2002, 2004, 2008], {3: 1}),
        ([2001, 2002, 2003], {}),
        ([2001, 2005], {}),
        ([2001, 2001, 2001], {}),
        ([], {}),
    ],
)
def test_gaps_are_told_by_the_usual_rhythm(years, missing):
    found = editions.gaps([date(year, 5, 1) for year in years])
    assert {number: gap.missing for number, gap in found.items()} == missing


def test_the_page_of_a_series_logs_its_next_edition(contributor):
    series = SeriesFactory(name="Bright Path")
    for year in ("2001", "2002", "2003", "2006"):
        EngagementFactory(series=series, start=year, end="", title=f"Bright Path {year}")
    client = as_(contributor)

    seen = client.get(reverse("admin:engagements_series_change", args=[series.pk]))
    text = seen.content.decode()
    assert text.index("Bright Path 2006") < text.index("2 editions may be missing")
    response = client.post(page("next", seen.context["last"]), follow=True)

    draft = Engagement.objects.latest("pk")
    assert response.request["PATH_INFO"] == page("change", draft)
    assert draft.series == series


def test_a_draft_is_made_by_pressing_and_not_by_looking(contributor):
    record = EngagementFactory()
    client = as_(contributor)
    for name in ("next", "template"):
        assert client.get(page(name, record)).status_code == 302
    assert Engagement.objects.count() == 1
    assert not Template.objects.exists()


def test_a_template_is_kept_and_used_in_the_admin(contributor):
    record = EngagementFactory(title="Port visit", activity_id="port_visit")
    client = as_(contributor)
    client.post(page("template", record))
    template = Template.objects.get()

    response = client.post(reverse("admin:engagements_template_log", args=[template.pk]))

    draft = Engagement.objects.latest("pk")
    assert response.url == page("change", draft)
    assert (draft.activity_id, draft.created_by) == ("port_visit", contributor)
    assert as_(UserFactory(reviewer=True)).post(response.url).status_code in (403, 302)


def test_only_who_may_log_makes_drafts_in_the_admin():
    reviewer = as_(UserFactory(reviewer=True))
    assert reviewer.post(page("next", EngagementFactory())).status_code == 403
    assert Engagement.objects.count() == 1


# --- look-alikes --------------------------------------------------------------------------------


def test_the_same_place_at_overlapping_dates_looks_alike():
    there = EngagementFactory(title="Joint manoeuvres", start="2019-05-06", end="2019-05-17")
    EngagementFactory(title="Another time", start="2018-05-06", end="2018-05-17")
    EngagementFactory(title="Another place", place=False)

    found = look_alikes(Given(title="Quite unlike", start="2019-05", countries=("KEN",)))

    assert [one.engagement for one in found] == [there]
    assert found[0].reasons == ["same place", "overlapping dates"]


def test_a_year_alone_needs_more_than_a_place():
    EngagementFactory(title="Joint manoeuvres", start="2019", end="")
    given = Given(title="Quite unlike", start="2019", countries=("KEN",))
    assert look_alikes(given) == []
    assert look_alikes(Given(title="Joint manoeuvre", start="2019", countries=("KEN",)))


def test_the_last_edition_of_a_series_is_shown_whatever_its_dates():
    series = SeriesFactory()
    EngagementFactory(series=series, start="2017", end="", title="First of it")
    last = EngagementFactory(series=series, start="2018", end="", title="Second of it")
    found = look_alikes(Given(title="Unlike", start="2021", series=series.pk))
    assert [one.engagement for one in found] == [last]


def test_what_was_answered_is_not_asked_again(contributor):
    one, other = EngagementFactory(title="Sea Breeze"), EngagementFactory(title="Sea Breeze")
    assert [found.engagement for found in look_alikes(given_of(one))] == [other]
    keep_answer(one, other, "different", contributor)
    assert look_alikes(given_of(one)) == look_alikes(given_of(other)) == []


def test_another_edition_is_linked_and_joins_the_series(contributor):
    series = SeriesFactory()
    earlier = EngagementFactory(title="Sea Breeze", series=series, start="2018", end="")
    later = EngagementFactory(title="Sea Breeze", start="2019", end="")
    keep_answer(later, earlier, "next", contributor)
    assert RelatedEngagement.objects.get(engagement=later, kind="follows").target == earlier
    assert later.series == series


def test_the_form_shows_look_alikes_and_keeps_the_answer(contributor):
    other = EngagementFactory(title="Sea Breeze")
    record = EngagementFactory(title="Sea Breeze", created_by=contributor)
    client = as_(contributor)
    typed = {"title": "Sea Breeze", "start": "2019-05-06", "places-0-country": "KEN"}
    shown = client.post(reverse("admin:engagements_engagement_look_alikes"), typed)
    assert other.reference in shown.content.decode()
    assert "similar title" in shown.content.decode()

    name = f"look_alike_{other.pk}"
    send(client, page("change", record), **{name: "different"})
    assert LookAlike.objects.get().answer == "different"
    assert other.reference not in client.get(page("change", record)).content.decode()


def test_who_logs_a_look_alike_without_script_is_told(contributor):
    EngagementFactory(title="Sea Breeze")
    add = reverse("admin:engagements_engagement_add")
    said = send(
        as_(contributor), add, button="_save", title="Sea Breeze", activity="joint_exercise"
    )
    assert "#look-alikes" in said.content.decode()
    assert "Say whether they are the same" in said.content.decode()


def test_an_editor_who_says_the_same_is_led_to_the_merge(editor):
    other, record = EngagementFactory(title="Sea Breeze"), EngagementFactory(title="Sea Breeze")

    response = send(as_(editor), page("change", record), **{f"look_alike_{other.pk}": "same"})
    assert response.request["PATH_INFO"] == page("merge", other)
    assert response.context["preview"].absorbed == record


@pytest.mark.parametrize("typed", [{}, {"start": "soon"}, {"series": "x", "own": "-1"}])
def test_half_typed_values_are_no_error(contributor, typed):
    answer = as_(contributor).post(reverse("admin:engagements_engagement_look_alikes"), typed)
    assert answer.status_code == 200


# --- merging ------------------------------------------------------------------------------------


def test_a_merge_moves_what_is_new_and_fills_what_is_empty(editor):
    army, navy = StakeholderFactory(), StakeholderFactory()
    kept = EngagementFactory(parties=[army], end="", summary="")
    other = EngagementFactory(parties=[army, navy], summary="What the other says.")
    OutcomeFactory(engagement=other, source=other.sources.get())
    seen = doubles.preview(kept, other)
    assert [row.stakeholder for row in seen.participants] == [navy]
    assert [row.stakeholder for row in seen.joined] == [army]

    doubles.merge(kept, other, editor, WHY)

    kept.refresh_from_db()
    assert (kept.end, kept.summary) == ("2019-05-17", "What the other says.")
    assert {row.stakeholder for row in kept.participations.all()} == {army, navy}
    assert kept.sources.count() == 2
    assert kept.outcomes.get().source in kept.sources.all()
    assert kept.places.count() == 1
    assert MergedRecord.objects.get().kept == kept


def test_the_stricter_promise_of_the_two_counts(editor):
    body = StakeholderFactory()
    kept = EngagementFactory(parties=[body], published=True)
    assert Entry.objects.get(reference=kept.reference).actors == [body.reference]
    other = EngagementFactory(embargo_until="2099-01-01")
    ParticipationFactory(engagement=other, stakeholder=body, withheld=True)
    source = kept.sources.get()
    SourceFactory(engagement=other, title=source.title, url=source.url, withheld=True)
    Engagement.objects.filter(pk=other.pk).update(marking=Marking.CHATHAM_HOUSE)

    doubles.merge(kept, other, editor, WHY)

    kept.refresh_from_db()
    assert kept.marking == Marking.CHATHAM_HOUSE
    assert str(kept.embargo_until) == "2099-01-01"
    assert kept.participations.get().disclosure == ParticipantDisclosure.WITHHELD
    assert Source.objects.get(pk=source.pk).withheld
    # Not after the next publication: at once.
    assert Entry.objects.get(reference=kept.reference).actors == []


def test_the_address_of_the_merged_record_leads_to_the_kept_one(editor):
    kept, other = EngagementFactory(published=True), EngagementFactory(published=True)
    client = Client()

    doubles.merge(kept, other, editor, WHY)

    for address in (other.get_absolute_url(), f"{other.get_absolute_url()}v1/"):
        response = client.get(address)
        assert (response.status_code, response.url) == (301, kept.get_absolute_url())
    for form in (
        "/engagements/%s.json",
        "/engagements/%s.bib",
        "/engagements/%s/history/",
        "/api/engagements/%s/?fields=title",
    ):
        response = client.get(form % other.reference)
        assert (response.status_code, response.url) == (301, form % kept.reference)
    assert not Entry.objects.filter(reference=other.reference).exists()
    assert rebuild() == 0

    workflow.withdraw(kept, editor, "A mistake.")

    assert client.get(other.get_absolute_url()).status_code == 410
    assert not EntryRedirect.objects.exists()


def test_a_redirect_comes_when_the_kept_record_is_published(editor):
    kept, other = EngagementFactory(), EngagementFactory(published=True)
    doubles.merge(kept, other, editor, WHY)
    assert not EntryRedirect.objects.exists()
    kept.refresh_from_db()
    clear(kept)
    publish(kept)
    assert EntryRedirect.objects.get().pk == other.reference


def test_a_draft_that_was_merged_leaves_no_trace_in_public(editor):
    kept, other = EngagementFactory(published=True), EngagementFactory()
    revision = Register.objects.get().revision
    doubles.merge(kept, other, editor, WHY)
    assert not EntryRedirect.objects.exists()
    assert Register.objects.get().revision == revision
    other.refresh_from_db()
    assert other.state == State.REFUSED


def test_links_to_the_merged_record_lead_to_the_kept_one(editor):
    kept, other = EngagementFactory(published=True), EngagementFactory(published=True)
    pointing = EngagementFactory()
    RelatedEngagement.objects.create(engagement=pointing, kind="follows", target=other)
    clear(pointing)
    publish(pointing)

    doubles.merge(kept, other, editor, WHY)

    assert RelatedEngagement.objects.get(engagement=pointing).target == kept
    for _again in range(2):
        relation = Relation.objects.get(entry__reference=pointing.reference)
        assert relation.target.reference == kept.reference
        render([pointing.pk], anew=True)


def test_what_was_merged_before_leads_on_too(editor):
    first, second, third = (EngagementFactory(published=True) for _ in range(3))
    doubles.merge(second, first, editor, WHY)
    second.refresh_from_db()
    doubles.merge(third, second, editor, WHY)
    targets = set(EntryRedirect.objects.values_list("target__reference", flat=True))
    assert (EntryRedirect.objects.count(), targets) == (2, {third.reference})


def test_names_hidden_in_either_are_hidden_in_the_one_that_is_left(editor):
    body = StakeholderFactory()
    kept = EngagementFactory(published=True)
    other = EngagementFactory(parties=[body], published=True)
    protection.hold_names(other, "Asked for.", editor)
    doubles.merge(kept, other, editor, WHY)
    assert kept.holds.standing().get().kind == "names"


def test_what_stands_in_the_way_of_a_merge_is_said(editor, contributor):
    kept, other = EngagementFactory(), EngagementFactory()
    submit(other)
    with pytest.raises(workflow.NotAllowed, match="somebody is deciding"):
        doubles.merge(kept, other, editor, WHY)
    with pytest.raises(workflow.NotAllowed, match="two different"):
        doubles.merge(kept, kept, editor, WHY)
    with pytest.raises(workflow.NotAllowed, match="may not merge"):
        doubles.merge(kept, EngagementFactory(), contributor, WHY)
    with pytest.raises(workflow.NotAllowed, match="how you know"):
        doubles.merge(kept, EngagementFactory(), editor, " ")


def test_a_merged_record_is_not_edited_submitted_or_merged_again(editor):
    kept, other = EngagementFactory(published=True), EngagementFactory(published=True)
    doubles.merge(kept, other, editor, WHY)
    other.refresh_from_db()
    with pytest.raises(workflow.NotAllowed, match="merged into another"):
        workflow.submit(other, editor)
    with pytest.raises(workflow.NotAllowed, match="merged already"):
        doubles.merge(kept, other, editor, WHY)
    text = as_(editor).get(page("change", other)).content.decode()
    assert f"merged into {kept.reference}" in text
    assert 'name="_save"' not in text


def test_details_move_where_the_kept_record_has_none(editor):
    kept, other = EngagementFactory(), EngagementFactory(activity_id="conference")
    DialogueDetails.objects.create(engagement=other, format="bilateral")
    assert doubles.preview(kept, other).details == ["dialogue"]
    doubles.merge(kept, other, editor, WHY)
    assert kept.dialogue_details.format == "bilateral"


def test_a_merge_is_previewed_and_done_in_the_admin(editor, contributor):
    kept, other = EngagementFactory(title="Kept one"), EngagementFactory(title="Other one")
    client = as_(editor)
    assert as_(contributor).get(page("merge", kept)).status_code == 403
    assert (
        "no record with this" in client.get(page("merge", kept) + "?other=MD-1").content.decode()
    )
    address = f"{page('merge', kept)}?other={other.reference}"
    text = client.get(address).content.decode()
    assert "Other one" in text
    assert Engagement.objects.filter(merged=None).count() == 2

    assert "Merge" in client.post(address, {"reason": ""}).content.decode()
    assert not MergedRecord.objects.exists()
    response = client.post(address, {"reason": WHY}, follow=True)
    assert response.request["PATH_INFO"] == page("change", kept)
    assert MergedRecord.objects.get().engagement == other
