"""What each state requires: said beside the form, and refused by the workflow in the same words."""

import pytest
from django.http import QueryDict

from engagements import workflow
from engagements.checklist import (
    Facts,
    facts_of,
    facts_typed,
    is_copied,
    of_draft,
    of_submission,
    submit_problems,
)
from engagements.models import DialogueDetails, Engagement
from tests.engagements.screens import fields_of, send
from tests.engagements.test_admin import ADD, as_, change, step
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

FIVE = ["What it was", "When", "Where", "Who took part", "How we know"]
MORE = [
    "Track and its basis",
    "Two participants",
    "Summary in your own words",
    "What each source supports",
    "Marking",
    "Consent of each person who is named",
    "Nothing classified",
]


@pytest.fixture
def contributor():
    return UserFactory(contributor=True)


@pytest.fixture
def complete(contributor):
    """A record that says everything, with nothing ticked as not stated."""
    return EngagementFactory(
        created_by=contributor,
        not_stated=[],
        parties=[StakeholderFactory(), StakeholderFactory()],
    )


def missing(facts: Facts) -> set[str]:
    return {item.label for item in (*of_draft(facts), *of_submission(facts)) if item.missing}


def test_an_empty_form_lacks_the_five_and_what_a_submission_needs():
    assert [item.label for item in of_draft(Facts())] == FIVE
    assert [item.label for item in of_submission(Facts())] == MORE
    assert missing(Facts(marking="open")) == {*FIVE, *MORE} - {
        "Marking",
        "Consent of each person who is named",
    }


def test_a_complete_record_lacks_nothing_and_is_submitted(complete, contributor):
    assert missing(facts_of(complete)) == set()
    workflow.submit(complete, contributor)


def leave_out_the_date(record):
    record.start = record.end = ""


def leave_out_the_places(record):
    record.places.all().delete()


def leave_one_participant(record):
    record.participations.first().delete()


def leave_no_participant(record):
    record.participations.all().delete()


def leave_out_the_sources(record):
    record.sources.all().delete()


def leave_out_what_the_source_supports(record):
    record.sources.update(supports=[])


def leave_out_the_track(record):
    record.track = None


def leave_out_the_summary(record):
    record.summary = " "


def copy_the_summary(record):
    record.source_text = (
        "On Monday the two armies of the north and the south trained together in the hills of "
        "the border for a week, said the ministry."
    )
    record.summary = (
        "The two armies of the north and the south trained together in the hills of the border."
    )


def hold_it_under_the_rule(record):
    DialogueDetails.objects.create(engagement=record, confidentiality="chatham_house")


def name_a_person_without_consent(record):
    person = StakeholderFactory(person=True, default_disclosure="named")
    ParticipationFactory(engagement=record, stakeholder=person, disclosure="named")


def confirm_nothing(record):
    record.nothing_classified = False


LACKS = [
    (leave_out_the_date, {"When"}, "Give the start"),
    (leave_out_the_places, {"Where"}, "Give a place"),
    (leave_one_participant, {"Two participants"}, "Give at least two who took part"),
    (leave_no_participant, {"Two participants", "Who took part"}, "Say who took part"),
    (leave_out_the_sources, {"How we know", "What each source supports"}, "at least one source"),
    (leave_out_what_the_source_supports, {"What each source supports"}, "what it supports"),
    (leave_out_the_track, {"Track and its basis"}, "Choose the track"),
    (leave_out_the_summary, {"Summary in your own words"}, "Write a summary"),
    (copy_the_summary, {"Summary in your own words"}, "repeats the text of the source"),
    (hold_it_under_the_rule, {"Marking"}, "held under the Chatham House Rule"),
    (
        name_a_person_without_consent,
        {"Consent of each person who is named"},
        "why that is right, or withhold",
    ),
    (confirm_nothing, {"Nothing classified"}, "Confirm that nothing in it is classified"),
]


@pytest.mark.parametrize(("leave", "lacks", "told"), LACKS, ids=[told for *_others, told in LACKS])
def test_the_workflow_refuses_exactly_what_the_list_calls_missing(
    complete, contributor, leave, lacks, told
):
    leave(complete)
    complete.save()
    complete = Engagement.objects.get(pk=complete.pk)
    assert missing(facts_of(complete)) == lacks
    with pytest.raises(workflow.NotAllowed, match=told) as refusal:
        workflow.submit(complete, contributor)
    assert refusal.value.problems == submit_problems(complete)
    assert len(refusal.value.problems) == len(lacks)


@pytest.mark.parametrize(
    ("leave", "gap"),
    [
        (leave_out_the_date, "date"),
        (leave_out_the_places, "place"),
        (leave_no_participant, "participants"),
        (leave_out_the_track, "track"),
    ],
)
def test_what_no_source_states_is_ticked_and_asked_no_longer(complete, contributor, leave, gap):
    leave(complete)
    complete.not_stated = [gap]
    complete.save()
    workflow.submit(Engagement.objects.get(pk=complete.pk), contributor)


def test_a_row_of_a_dataset_is_asked_for_a_source_only(contributor):
    row = EngagementFactory(
        created_by=contributor,
        import_digest="0" * 64,
        summary="",
        start="",
        end="",
        track_id=None,
        not_stated=[],
        nothing_classified=False,
        place=False,
        source=False,
    )
    assert missing(facts_of(row)) == {"How we know"}


def test_a_person_who_is_withheld_needs_no_consent_and_one_with_a_basis_has_it(complete):
    ParticipationFactory(engagement=complete, stakeholder=StakeholderFactory(person=True))
    ParticipationFactory(
        engagement=complete, stakeholder=StakeholderFactory(person=True), with_consent=True
    )
    assert missing(facts_of(complete)) == set()


def test_a_few_words_in_common_are_no_copy():
    text = "The minister of defence of the country opened the exercise on Monday in the capital."
    assert not is_copied("The minister of defence opened it.", text)
    assert not is_copied("", text)
    assert is_copied("the country opened the exercise on Monday", text)


# --- what is typed and not saved -------------------------------------------------------------------


def test_a_form_that_is_filled_in_is_judged_like_the_record_it_would_make(complete, contributor):
    page = as_(contributor).get(change(complete))
    data = QueryDict(mutable=True)
    for name, values in fields_of(page).items():
        data.setlist(name, values)
    assert facts_typed(data, complete) == facts_of(complete)


def test_rows_that_are_empty_or_taken_out_count_for_nothing():
    data = QueryDict(mutable=True)
    data.update(
        {
            "places-TOTAL_FORMS": "2",
            "places-0-id": "",
            "places-0-name": "",
            "places-0-precision": "place",
            "places-1-id": "7",
            "places-1-name": "Vukovar",
            "places-1-DELETE": "on",
            "sources-0-kind": "news",
            "sources-0-title": " ",
            "participations-0-role": "participant",
        }
    )
    facts = facts_typed(data)
    assert (facts.places, facts.sources, facts.participants) == (0, [], [])


def test_a_person_typed_as_named_needs_consent_and_the_link_leads_to_the_row():
    person = StakeholderFactory(person=True)
    data = QueryDict(mutable=True)
    data.update(
        {
            "participations-0-actor_type": "armed_force",
            "participations-1-stakeholder": str(person.pk),
            "participations-1-disclosure": "named",
            "participations-1-consent_basis": "none",
        }
    )
    consent = next(
        item for item in of_submission(facts_typed(data)) if item.label.startswith("Consent")
    )
    assert (consent.done, consent.anchor) == (False, "id_participations-1-consent_basis")
    data["participations-1-consent_basis"] = "consent_recorded"
    assert "Consent of each person who is named" not in missing(facts_typed(data))


def test_a_date_that_is_none_is_missing():
    data = QueryDict("start=2019-13")
    assert "When" in missing(facts_typed(data))


# --- on the page -----------------------------------------------------------------------------------


def test_the_list_stands_beside_the_form_with_words_and_links(contributor):
    page = as_(contributor).get(ADD).content.decode()
    assert 'href="#id_title"' in page
    assert 'href="#sources-group"' in page
    assert 'href="#id_not_stated"' in page
    assert "10 things are missing before you can submit it" in page
    assert '<span class="check-word">Done:</span> Marking' in page


def test_every_link_of_the_list_leads_to_something_on_the_page(contributor):
    response = as_(contributor).get(ADD)
    page = response.content.decode()
    anchors = {
        item.anchor for group in response.context["checklist_groups"] for item in group.items
    }
    assert len(anchors) > 8
    for anchor in anchors:
        assert f'id="{anchor}"' in page, anchor


def test_an_error_beside_a_field_leaves_the_list_at_what_was_typed(contributor):
    response = send(
        as_(contributor), ADD, title="Meeting", activity="workshop_seminar", start="2019-13"
    )
    assert "“2019-13” is not a date." in response.content.decode()
    draft = response.context["checklist_groups"][0]
    assert [item.label for item in draft.items if item.done] == ["What it was"]


def test_the_list_goes_on_to_what_others_decide(complete):
    editor = UserFactory(editor=True)
    page = as_(editor).get(change(complete)).content.decode()
    assert "Nothing is missing: you can submit it" in page
    assert "Read and cleared by somebody who did not write it" in page
    assert "Published by an editor who did not log it" in page


def test_who_may_change_nothing_is_given_no_list(complete):
    page = as_(UserFactory(reviewer=True)).get(change(complete)).content.decode()
    assert 'class="checklist"' not in page
    assert "between it and publication" in page


def test_the_page_of_submitting_says_beforehand_what_it_would_refuse(complete, contributor):
    leave_out_the_summary(complete)
    complete.save()
    page = as_(contributor).get(step(complete, "submit")).content.decode()
    assert "Write a summary, in your own words." in page
    assert f"{change(complete)}#id_summary" in page
