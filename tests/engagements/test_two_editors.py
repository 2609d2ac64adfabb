"""Two people edit one record: both are told, and neither overwrites the other."""

import pytest

from engagements import editing, workflow
from engagements.models import Engagement, Outcome, Participation, Place, Source
from tests.engagements.screens import fields_of
from tests.engagements.test_admin import as_, change, messages_of
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    PlaceFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def record():
    return EngagementFactory(title="As it was", place=False)


@pytest.fixture
def ann():
    return UserFactory(editor=True, first_name="Ann", last_name="First")


@pytest.fixture
def ben():
    return UserFactory(editor=True, first_name="Ben", last_name="Second")


class At:
    """Somebody at the form of a record: it is opened once, and sent when told."""

    def __init__(self, user, record):
        self.client, self.address = as_(user), change(record)
        self.data = fields_of(self.client.get(self.address))

    def save(self, **changes):
        for name, value in changes.items():
            self.data[name.replace("__", "-")] = value
        data = {name: value for name, value in self.data.items() if value is not None}
        response = self.client.post(self.address, data | {"_continue": "1"}, follow=True)
        if response.redirect_chain:
            return response
        again = fields_of(response)
        # Nothing is chosen yet, whatever the page lists.
        self.data = {name: value for name, value in again.items() if not name.startswith("keep-")}
        self.choices = {name for name in response.content.decode().split('"') if "keep-" in name}
        return response

    def choose(self, which, **changes):
        return self.save(**dict.fromkeys(self.choices, which), **changes)


def now(record) -> Engagement:
    return Engagement.objects.get(pk=record.pk)


# --- the version -----------------------------------------------------------------------------------


def add_a_place(record):
    PlaceFactory(engagement=record)


def link_a_source(record):
    record.participations.get().sources.add(record.sources.get())


def take_a_source_out(record):
    record.sources.all().delete()


@pytest.mark.parametrize(
    "alter",
    [
        add_a_place,
        link_a_source,
        take_a_source_out,
        lambda record: record.objectives.add("reconciliation"),
        lambda record: Engagement.objects.filter(pk=record.pk).update(working_note="x"),
        lambda record: submit(record),
    ],
)
def test_every_change_of_any_part_makes_another_version(record, alter):
    ParticipationFactory(engagement=record)
    before = editing.version_of(record.pk)
    assert editing.version_of(record.pk) == before
    alter(record)
    assert editing.version_of(record.pk) != before


def test_a_change_of_another_record_does_not(record):
    before = editing.version_of(record.pk)
    add_a_place(EngagementFactory())
    assert editing.version_of(record.pk) == before


def test_the_version_is_read_by_one_query(record, django_assert_num_queries):
    with django_assert_num_queries(1):
        editing.version_of(record.pk)


def test_a_record_is_read_as_it_was_at_a_version(record):
    place = PlaceFactory(engagement=record, name="Vukovar")
    version = editing.version_of(record.pk)
    place.delete()
    Engagement.objects.filter(pk=record.pk).update(title="Later")
    record.objectives.add("reconciliation")
    seen = editing.as_seen(record.pk, version)
    assert seen.record.title == "As it was"
    assert [str(row) for row in seen.rows[Place].values()] == ["Vukovar"]
    assert seen.lists["objectives"] == set()
    assert editing.as_seen(record.pk, "1.2") is None
    assert editing.as_seen(record.pk, "x") is None


# --- fields of the record --------------------------------------------------------------------------


def test_one_editor_alone_is_asked_nothing(record, ann):
    At(ann, record).save(title="Mine")
    assert now(record).title == "Mine"


def test_changes_of_different_fields_are_both_kept_and_told(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(summary="Ben wrote this.")
    response = at_ann.save(title="Ann wrote this")
    told = messages_of(response)
    assert "Ben Second saved this record while you had it open" in told
    assert "Summary" in told
    assert (now(record).title, now(record).summary) == ("Ann wrote this", "Ben wrote this.")


def test_of_one_field_that_both_changed_nothing_is_written_and_both_are_shown(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(title="Ben’s title", edition="7")
    response = at_ann.save(title="Ann’s title", summary="Ann wrote this.", start="2020")
    page = response.content.decode()
    assert "Ben Second saved it on" in page
    assert "Ben’s title" in page
    assert fields_of(response)["title"] == ["Ann’s title"]
    assert fields_of(response)["summary"] == ["Ann wrote this."]
    assert fields_of(response)["edition"] == ["7"]
    assert (now(record).title, now(record).start) == ("Ben’s title", "2019-05-06")

    # Without a choice it stays so.
    at_ann.save()
    assert now(record).title == "Ben’s title"


@pytest.mark.parametrize(("which", "title"), [("mine", "Ann’s title"), ("theirs", "Ben’s title")])
def test_the_choice_decides_and_the_rest_is_saved_with_it(record, ann, ben, which, title):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(title="Ben’s title", edition="7")
    at_ann.save(title="Ann’s title", summary="Ann wrote this.")
    assert at_ann.choose(which).redirect_chain
    saved = now(record)
    assert (saved.title, saved.summary, saved.edition) == (title, "Ann wrote this.", "7")


def test_a_third_save_in_between_is_met_too_and_the_choice_is_asked_on(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(title="Ben’s title")
    at_ann.save(title="Ann’s title")
    At(ben, record).save(edition="7", track_note="By those who came.")
    at_ann.choose("mine", track_note="Ann knows.")
    assert now(record).title == "Ben’s title"
    at_ann.choose("mine")
    saved = now(record)
    assert (saved.title, saved.edition, saved.track_note) == ("Ann’s title", "7", "Ann knows.")


def test_the_same_text_by_both_is_no_clash(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(title="The right title")
    at_ann.save(title="The right title", edition="7")
    assert (now(record).title, now(record).edition) == ("The right title", "7")


def test_lists_are_joined(record, ann, ben):
    record.objectives.set(["reconciliation"])
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(objectives=["trust_building", "reconciliation"])
    at_ann.save(objectives=None, not_stated=["date"])
    assert {each.pk for each in now(record).objectives.all()} == {"trust_building"}
    assert now(record).not_stated == ["date"]


def test_a_box_that_one_ticked_stays_ticked(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(title_supplied="on")
    at_ann.save(edition="7")
    assert now(record).title_supplied


def test_a_state_that_moved_meanwhile_stands_in_nobodys_way(record, ann):
    at_ann = At(ann, record)
    submit(record)
    workflow.return_(now(record), UserFactory(reviewer=True), "Say more.")
    at_ann.save(title="More")
    assert (now(record).title, now(record).state) == ("More", "returned")


def test_a_form_of_no_known_version_is_not_written_unseen(record, ann):
    at_ann = At(ann, record)
    at_ann.save(seen="1.2.3", title="Mine")
    assert now(record).title == "As it was"
    at_ann.save()
    assert now(record).title == "Mine"


# --- rows --------------------------------------------------------------------------------------------


def test_rows_that_both_added_are_all_there(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    for at, name in ((at_ben, "Osijek"), (at_ann, "Vukovar")):
        at.save(
            places__TOTAL_FORMS="1",
            places__0__id="",
            places__0__name=name,
            places__0__precision="place",
        )
    assert {str(place) for place in now(record).places.all()} == {"Osijek", "Vukovar"}


def test_two_fields_of_one_row_are_both_kept_and_one_field_is_asked_for(record, ann, ben):
    place = PlaceFactory(engagement=record, name="Vukovar", country_id="HRV")
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(places__0__precision="region", places__0__name="Near Vukovar")
    response = at_ann.save(places__0__name="Vukovar port", places__0__latitude="45.35000")
    assert "Near Vukovar" in response.content.decode()
    assert fields_of(response)["places-0-precision"] == ["region"]
    assert at_ann.choose("theirs").redirect_chain
    place.refresh_from_db()
    assert (place.name, place.precision) == ("Near Vukovar", "region")
    assert str(place.latitude) == "45.35000"


def test_a_row_that_one_took_out_is_gone_if_the_other_left_it_alone(record, ann, ben):
    first, second = (PlaceFactory(engagement=record, name=name) for name in ("Osijek", "Vukovar"))
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(places__0__DELETE="on")
    response = at_ann.save(places__1__name="Vukovar port")
    assert "was taken out" in messages_of(response)
    assert {str(place) for place in now(record).places.all()} == {"Vukovar port"}
    assert not Place.objects.filter(pk=first.pk).exists()
    assert Place.objects.get().pk == second.pk


def test_a_row_that_one_took_out_and_the_other_changed_is_looked_at(record, ann, ben):
    PlaceFactory(engagement=record, name="Osijek")
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(places__0__DELETE="on")
    response = at_ann.save(places__0__name="Osijek airfield")
    assert "it stands here again" in response.content.decode()
    assert not now(record).places.exists()
    at_ann.save()
    assert str(now(record).places.get()) == "Osijek airfield"


def test_a_row_that_one_changed_and_the_other_takes_out_is_looked_at(record, ann, ben):
    PlaceFactory(engagement=record, name="Osijek")
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(places__0__name="Osijek airfield")
    response = at_ann.save(places__0__DELETE="on")
    assert "you took it out: it stands here again" in response.content.decode()
    assert str(now(record).places.get()) == "Osijek airfield"
    at_ann.save(places__0__DELETE="on")
    assert not now(record).places.exists()


def test_the_sources_that_rows_name_follow_them_wherever_they_stand(record, ann, ben):
    old = record.sources.get()
    named = SourceFactory(engagement=record, title="The one that is named")
    actor = ParticipationFactory(engagement=record)
    actor.sources.set([named])
    outcome = OutcomeFactory(engagement=record, source=named)
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(
        sources__TOTAL_FORMS="3",
        sources__0__DELETE="on",
        sources__2__id="",
        sources__2__kind="news",
        sources__2__independence="unknown",
        sources__2__title="One more",
        participations__0__source_rows=["1", "2"],
    )
    at_ann.save(
        participations__0__people_min="12", outcomes__0__statement="They agreed on something."
    )
    assert not Source.objects.filter(pk=old.pk).exists()
    actor.refresh_from_db()
    assert actor.people_min == 12
    assert {source.title for source in actor.sources.all()} == {named.title, "One more"}
    outcome.refresh_from_db()
    assert (outcome.statement, outcome.source) == ("They agreed on something.", named)


def test_details_that_both_filled_in_are_one_row(record, ann, ben):
    at_ann, at_ben = At(ann, record), At(ben, record)
    at_ben.save(exercise_details__0__form="live")
    response = at_ann.save(exercise_details__0__environments=["sea"])
    assert response.redirect_chain
    details = now(record).exercise_details
    assert (details.form, details.environments) == ("live", ["sea"])


def test_what_was_typed_on_an_earlier_version_meets_it_when_taken_up(record, ann, ben):
    at_ann = At(ann, record)
    slot = at_ann.data["unsaved_slot"][0]
    address = f"/admin/engagements/engagement/unsaved/?record={record.pk}"
    at_ann.client.post(address, at_ann.data | {"title": "Ann’s title", "edition": "7"})
    At(ben, record).save(title="Ben’s title")
    page = at_ann.client.get(f"{change(record)}?unsaved={slot}")
    assert "Ben Second saved it on" in page.content.decode()
    at_ann.data = fields_of(page)
    at_ann.choices = {name for name in page.content.decode().split('"') if "keep-" in name}
    at_ann.data = {k: v for k, v in at_ann.data.items() if not k.startswith("keep-")}
    at_ann.choose("mine")
    assert (now(record).title, now(record).edition) == ("Ann’s title", "7")


def test_who_only_has_it_open_is_told_that_it_was_saved(record, ann, ben):
    at_ann = At(ann, record)
    At(ben, record).save(title="Ben’s title")
    answer = at_ann.client.post(
        f"/admin/engagements/engagement/unsaved/?record={record.pk}",
        {"unsaved_beat": "1", "seen": at_ann.data["seen"][0]},
    ).json()
    assert "Ben Second saved this record at" in answer["others"]


def test_a_part_written_by_nobodys_form_counts_as_well(record, ann):
    at_ann = At(ann, record)
    Participation.objects.create(
        engagement=record, stakeholder=StakeholderFactory(name="Third Army"), role_id="host"
    )
    Outcome.objects.create(engagement=record, kind="negative", statement="Nothing came of it.")
    response = at_ann.save(edition="7")
    assert "Somebody saved this record while you had it open" in messages_of(response)
    assert "Third Army was added" in messages_of(response)
    assert now(record).participations.count() == 1
