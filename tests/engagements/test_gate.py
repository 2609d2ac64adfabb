"""The gate: what it refuses, what it freezes, and what reaches the public side."""

import pytest
from django.db import connection

from engagements import protection, publication, workflow
from engagements.models import Publication
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from milidip.codebook.choices import ConsentBasis, Marking, ParticipantDisclosure, State
from milidip.roles import owner_role
from stakeholders.models import OtherName
from tests.factories import (
    SAFE_ANSWERS,
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

pytestmark = pytest.mark.django_db


def problems_of(call, *args, **kwargs) -> str:
    with pytest.raises(NotAllowed) as caught:
        call(*args, **kwargs)
    return " ".join(map(str, caught.value.problems))


def public_text() -> str:
    """Every byte of every public table, its rows in one order whatever the database's is."""
    tables = [
        table for table in connection.introspection.table_names() if table.startswith("catalogue_")
    ]
    with connection.cursor() as cursor:
        text = ""
        for table in tables:
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} t"
            )
            text += cursor.fetchone()[0]
    return text


# --- who may do what ---------------------------------------------------------------------------


def test_a_published_record_is_in_the_public_tables():
    engagement = EngagementFactory(published=True, parties=[StakeholderFactory(name="Kenya Army")])

    entry = public.Entry.objects.get(reference=engagement.reference)
    assert engagement.state == State.PUBLISHED
    assert entry.place_countries == ["KEN"]
    assert {"014", "202", "002", "sub-saharan-africa"} <= set(entry.region_codes)
    assert "001" not in entry.region_codes
    assert entry.document.title == engagement.title
    assert public.Actor.objects.get().name == "Kenya Army"


def test_nothing_of_a_draft_or_a_cleared_record_is_public():
    EngagementFactory(title="Marker draft")
    EngagementFactory(title="Marker cleared", cleared=True)

    assert "Marker" not in public_text()


def test_the_author_does_not_review_what_they_wrote_even_as_superuser():
    author = UserFactory(administrator=True)
    engagement = EngagementFactory(created_by=author, submitted=True)

    assert "Nobody reviews what they wrote" in problems_of(
        workflow.clear, engagement, author, **SAFE_ANSWERS
    )


def test_whoever_changed_a_record_last_does_not_review_it():
    engagement = EngagementFactory(submitted=True)
    reviewer = UserFactory(reviewer=True)
    engagement.updated_by = reviewer
    engagement.save()

    assert "Nobody reviews" in problems_of(workflow.clear, engagement, reviewer, **SAFE_ANSWERS)


def test_the_author_does_not_publish_what_they_logged_even_as_superuser():
    author = UserFactory(administrator=True)
    engagement = EngagementFactory(created_by=author, cleared=True)

    assert "Nobody publishes" in problems_of(workflow.publish, engagement, author)


@pytest.mark.parametrize("role", ["contributor", "reviewer"])
def test_only_an_editor_publishes(role):
    engagement = EngagementFactory(cleared=True)

    assert "may not publish" in problems_of(
        workflow.publish, engagement, UserFactory(**{role: True})
    )


def test_a_contributor_does_not_clear():
    engagement = EngagementFactory(submitted=True)

    assert "may not review" in problems_of(
        workflow.clear, engagement, UserFactory(contributor=True), **SAFE_ANSWERS
    )


def test_a_contributor_does_not_submit_the_record_of_somebody_else():
    engagement = EngagementFactory()

    assert "author or an editor" in problems_of(
        workflow.submit, engagement, UserFactory(contributor=True)
    )


# --- what must be true -------------------------------------------------------------------------


def test_without_clearance_nothing_is_published():
    engagement = EngagementFactory(submitted=True)

    assert "not cleared" in problems_of(workflow.publish, engagement, UserFactory(editor=True))


def test_the_gate_says_everything_that_is_missing_at_once():
    engagement = EngagementFactory(
        source=False, marking=Marking.RESTRICTED, track_id="2", track_basis="dataset_guess"
    )

    said = problems_of(workflow.publish, engagement, UserFactory(editor=True))

    for missing in ("not cleared", "source", "restricted", "Track 2"):
        assert missing in said


def test_a_change_after_the_clearance_asks_for_another_review():
    engagement = EngagementFactory(cleared=True)
    engagement.summary = "Something else happened."
    engagement.save()

    assert "changed after it was cleared" in problems_of(
        workflow.publish, engagement, UserFactory(editor=True)
    )


def test_renaming_an_actor_does_not_lapse_a_clearance():
    alliance = StakeholderFactory(name="Old Alliance")
    engagement = EngagementFactory(parties=[alliance], cleared=True)
    alliance.name = "New Alliance"
    alliance.save()

    publish(engagement)

    assert public.Actor.objects.get().name == "New Alliance"


def test_what_is_not_over_needs_a_day_until_which_it_is_cleared():
    engagement = EngagementFactory(status="planned", start="2099", end="", submitted=True)

    assert "until when" in problems_of(
        workflow.clear, engagement, UserFactory(reviewer=True), **SAFE_ANSWERS
    )


def test_an_expired_clearance_does_not_publish():
    engagement = EngagementFactory(status="planned", start="2099", end="")
    clear(engagement, valid_until="2099-01-01")
    with owner_role():  # the application cannot change a review
        engagement.reviews.update(valid_until="2001-01-01")

    assert "clearance ended" in problems_of(workflow.publish, engagement, UserFactory(editor=True))


def test_a_possible_harm_is_not_cleared_without_conditions():
    engagement = EngagementFactory(submitted=True)
    reviewer = UserFactory(reviewer=True)
    answers = SAFE_ANSWERS | {"harm_risk": "unknown"}

    assert "only be cleared with conditions" in problems_of(
        workflow.clear, engagement, reviewer, **answers
    )
    review = workflow.clear(engagement, reviewer, conditions=["Leave out the village."], **answers)
    assert review.decision == "cleared_with_conditions"


def test_an_embargo_holds_at_the_gate():
    engagement = EngagementFactory(embargo_until="2099-01-01", cleared=True)

    assert "before 2099-01-01" in problems_of(
        workflow.publish, engagement, UserFactory(editor=True)
    )


def test_support_to_security_forces_needs_a_conduct_assessment():
    engagement = EngagementFactory(gives_support=True, cleared=True)

    assert "conduct assessment" in problems_of(
        workflow.publish, engagement, UserFactory(editor=True)
    )


def test_contradicting_dates_do_not_pass():
    engagement = EngagementFactory(status="completed", start="2099-05", end="", cleared=True)

    assert "future" in problems_of(workflow.publish, engagement, UserFactory(editor=True))


@pytest.mark.parametrize(
    ("where", "set_text"),
    [
        ("title", lambda e, name: setattr(e, "title", f"Talks with {name}")),
        ("summary", lambda e, name: setattr(e, "summary", f"{name.upper()} spoke.")),
        ("narrative", lambda e, name: setattr(e, "narrative", f"As {name}, said")),
        ("lessons", lambda e, name: setattr(e, "lessons", f"({name})")),
        ("place", lambda e, name: PlaceFactory(engagement=e, name=f"House of {name}")),
        ("outcome", lambda e, name: OutcomeFactory(engagement=e, statement=f"{name} agreed")),
        ("source", lambda e, name: SourceFactory(engagement=e, title=f"Interview: {name}")),
        (
            "source",
            lambda e, name: SourceFactory(
                engagement=e, url="https://x.example/" + name.lower().replace(" ", "-")
            ),
        ),
        (
            "source",
            lambda e, name: SourceFactory(
                engagement=e, url="https://x.example/" + name.lower().replace(" ", "")
            ),
        ),
    ],
)
@pytest.mark.parametrize("spelling", ["Amina Wanjiru", "Mama Amani"])
def test_a_withheld_name_in_any_public_text_blocks_publication(where, set_text, spelling):
    person = StakeholderFactory(person=True, name="Amina Wanjiru")
    OtherName.objects.create(stakeholder=person, name="Mama Amani")
    engagement = EngagementFactory(parties=[person])
    set_text(engagement, spelling)
    engagement.save()
    clear(engagement)

    said = problems_of(workflow.publish, engagement, UserFactory(editor=True))

    assert f"stands in: {where}" in said
    assert "Amina" not in said


def test_a_withheld_name_is_found_without_its_accents_and_by_its_last_word():
    person = StakeholderFactory(person=True, name="José Núñez")
    engagement = EngagementFactory(parties=[person], summary="Colonel NUNEZ opened it.")
    clear(engagement)

    assert "stands in: summary" in problems_of(
        workflow.publish, engagement, UserFactory(editor=True)
    )


# --- disclosure --------------------------------------------------------------------------------


def test_a_person_is_withheld_by_default_and_the_record_says_that_somebody_is():
    engagement = EngagementFactory(
        parties=[StakeholderFactory(person=True, name="Marker Person")], published=True
    )

    entry = public.Entry.objects.get(reference=engagement.reference)
    assert "Marker" not in public_text()
    assert entry.withheld == ["person_withheld"]
    assert entry.participations.count() == 0


def test_a_person_with_consent_is_named_after_an_individual_review():
    engagement = EngagementFactory()
    ParticipationFactory(
        engagement=engagement,
        stakeholder=StakeholderFactory(person=True, name="Willing Person"),
        with_consent=True,
    )
    clear(engagement)
    publish(engagement)

    assert "Willing Person" in public_text()


def test_a_person_without_a_basis_of_consent_is_not_named_whatever_the_line_says():
    engagement = EngagementFactory(import_digest="0" * 64)  # by hand it could not be submitted
    ParticipationFactory(
        engagement=engagement,
        stakeholder=StakeholderFactory(person=True, name="Marker Person"),
        disclosure=ParticipantDisclosure.NAMED,
        consent_basis=ConsentBasis.NONE,
    )
    clear(engagement)
    publish(engagement)

    assert "Marker" not in public_text()


def test_a_body_shown_by_kind_leaves_its_kind_and_not_its_name_or_country():
    body = StakeholderFactory(name="Marker Battalion", country_id="UGA")
    engagement = EngagementFactory()
    ParticipationFactory(
        engagement=engagement, stakeholder=body, disclosure=ParticipantDisclosure.TYPE_ONLY
    )
    clear(engagement)
    publish(engagement)

    line = public.Participation.objects.get()
    assert (line.actor_type, line.disclosure) == ("armed_force", "type_only")
    assert "Marker" not in public_text()
    assert "UGA" not in public_text()


class TestUnderTheChathamHouseRule:
    @pytest.fixture
    def meeting(self):
        engagement = EngagementFactory(chatham_house=True, source__chatham_safe=True)
        ParticipationFactory(
            engagement=engagement,
            stakeholder=StakeholderFactory(name="Open Institute", type_id="academic"),
            role_id="organiser",
            announced=True,
        )
        return engagement

    def add(self, meeting, type_id, people, name="Marker Body"):
        ParticipationFactory(
            engagement=meeting,
            stakeholder=StakeholderFactory(name=name, type_id=type_id, country_id="RWA"),
            people_min=people,
        )

    def lines(self, meeting):
        clear(meeting)
        publish(meeting)
        return {
            (line.actor_type, line.disclosure): line.people_min
            for line in public.Participation.objects.exclude(disclosure="named")
        }

    def test_only_those_who_announced_it_are_named(self, meeting):
        self.add(meeting, "armed_force", 12)

        assert self.lines(meeting) == {("armed_force", "type_only"): 12}
        entry = public.Entry.objects.get()
        assert list(public.Actor.objects.values_list("name", flat=True)) == ["Open Institute"]
        assert entry.participant_countries == ["unknown"]
        assert "Marker" not in public_text()
        assert "RWA" not in public_text()

    def test_cells_under_five_are_merged_until_none_can_be_told_from_the_rest(self, meeting):
        self.add(meeting, "armed_force", 12, "Body A")
        self.add(meeting, "ngo", 3, "Body B")
        self.add(meeting, "academic", 2, "Body C")

        assert self.lines(meeting) == {
            ("armed_force", "type_only"): 12,
            ("unknown", "merged"): 5,
        }
        assert public.Entry.objects.get().people_min is None

    def test_a_single_small_cell_takes_the_next_one_with_it(self, meeting):
        self.add(meeting, "armed_force", 12, "Body A")
        self.add(meeting, "ngo", 3, "Body B")

        assert self.lines(meeting) == {("unknown", "merged"): 15}

    def test_fewer_than_five_in_all_are_only_some(self, meeting):
        self.add(meeting, "armed_force", 2)

        assert self.lines(meeting) == {("unknown", "merged"): None}

    def test_only_sources_marked_safe_are_shown(self, meeting):
        SourceFactory(engagement=meeting, title="Marker list of participants")
        self.add(meeting, "armed_force", 12)
        self.lines(meeting)

        assert "Marker" not in public_text()
        entry = public.Entry.objects.get()
        assert entry.source_count == 1
        assert "source_withheld" in entry.withheld

    def test_a_withheld_body_in_the_title_blocks_publication(self, meeting):
        self.add(meeting, "ngo", 9, name="Peace Bridge")
        meeting.title = "Dialogue with Peace Bridge"
        meeting.save()
        clear(meeting)

        assert "stands in: title" in problems_of(
            workflow.publish, meeting, UserFactory(editor=True)
        )


def test_a_withheld_place_leaves_nothing():
    engagement = EngagementFactory(place=False)
    PlaceFactory(engagement=engagement, name="Marker village", precision="withheld")
    clear(engagement)
    publish(engagement)

    entry = public.Entry.objects.get()
    assert "Marker" not in public_text()
    assert (entry.place_countries, entry.place_precision) == (["unknown"], "withheld")


# --- after publication -------------------------------------------------------------------------


def test_editing_a_published_record_changes_nothing_public_until_published_again():
    engagement = EngagementFactory(published=True)
    before = public_text()

    engagement.title = "Marker new title"
    engagement.save()
    assert public_text() == before
    assert workflow.has_unpublished_changes(engagement)

    clear(engagement)
    assert public_text() == before

    publish(engagement, change_note="New name")
    entry = public.Entry.objects.get()
    assert (entry.version, entry.document.title) == (2, "Marker new title")
    assert entry.versions.count() == 2
    assert not workflow.has_unpublished_changes(engagement)


def test_withdrawing_leaves_a_tombstone_and_nothing_else():
    engagement = EngagementFactory(
        title="Marker", parties=[StakeholderFactory(name="Marker Army")], published=True
    )
    workflow.withdraw(engagement, UserFactory(editor=True), "At the request of the host.")

    stone = public.Tombstone.objects.get()
    assert (stone.reference, stone.kind) == (engagement.reference, "withdrawn")
    assert "Marker" not in public_text()
    assert not public.Entry.objects.exists()


def test_a_withdrawn_record_can_be_published_again_under_its_reference():
    engagement = EngagementFactory(published=True)
    workflow.withdraw(engagement, UserFactory(editor=True), "Mistake.")
    engagement.refresh_from_db()
    clear(engagement)
    publish(engagement)

    entry = public.Entry.objects.get()
    assert (entry.reference, entry.version) == (engagement.reference, 2)
    assert list(entry.versions.values_list("number", flat=True)) == [2]
    assert not public.Tombstone.objects.exists()


def test_every_publication_raises_the_revision_of_the_register():
    first = public.Register.objects.get().revision
    EngagementFactory(published=True)

    assert public.Register.objects.get().revision == first + 1


def test_rebuilding_an_unchanged_register_changes_nothing():
    EngagementFactory(published=True, parties=[StakeholderFactory()])
    EngagementFactory(published=True, chatham_house=True)
    before = public_text()

    assert publication.rebuild() == 0
    assert public_text() == before


def test_rebuilding_restores_public_rows_from_the_snapshots_not_from_the_working_record():
    engagement = EngagementFactory(published=True, parties=[StakeholderFactory(name="The Army")])
    body = public.Entry.objects.get()
    engagement.title = "Marker unreviewed"
    engagement.save()
    public.Entry.objects.all().delete()
    public.Actor.objects.all().delete()

    assert publication.rebuild() == 1
    restored = public.Entry.objects.get()
    assert restored.digest == body.digest
    assert public.Actor.objects.get().name == "The Army"
    assert "Marker" not in public_text()


def test_related_records_are_shown_only_while_both_are_public():
    first = EngagementFactory(published=True)
    second = EngagementFactory()
    second.related.create(kind="follows", target=first)
    clear(second)
    publish(second)
    assert public.Relation.objects.count() == 1

    workflow.withdraw(first, UserFactory(editor=True), "Mistake.")
    assert public_text().count(first.reference) == 1  # its tombstone

    first.refresh_from_db()
    clear(first)
    publish(first)
    assert public.Relation.objects.get().target.reference == first.reference


def test_a_parent_is_told_only_while_it_is_public_itself():
    army = StakeholderFactory(name="The Army")
    regiment = StakeholderFactory(name="A Regiment", parent=army)
    EngagementFactory(published=True, parties=[regiment])
    assert public.Actor.objects.get().parent_reference == ""

    other = EngagementFactory(published=True, parties=[army])
    child = public.Actor.objects.get(reference=regiment.reference)
    assert child.parent_reference == army.reference

    workflow.withdraw(other, UserFactory(editor=True), "Mistake.")
    child.refresh_from_db()
    assert child.parent_reference == ""


def test_protecting_a_person_renders_every_version_anew_from_its_snapshot():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    engagement.summary = "Corrected."
    engagement.save()
    clear(engagement)
    publish(engagement)
    assert "Marker Person" in public_text()

    protection.protect(person, UserFactory(administrator=True), "Asked for it.")

    entry = public.Entry.objects.get()
    assert "Marker" not in public_text()
    assert (entry.version, entry.versions.count()) == (2, 2)
    assert entry.withheld == ["person_withheld"]


def test_a_record_whose_text_names_somebody_protected_later_leaves_until_edited():
    person = StakeholderFactory(person=True, name="Marker Person")
    engagement = EngagementFactory(summary="Marker Person opened it.", published=True)
    assert public.Entry.objects.exists()

    protection.protect(person, UserFactory(administrator=True), "Asked for it.")

    assert "Marker" not in public_text()
    assert public.Tombstone.objects.get().reference == engagement.reference


# --- the sweep ---------------------------------------------------------------------------------


def sweep() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_sweep()")
        return cursor.fetchone()[0]


@pytest.fixture
def planned():
    engagement = EngagementFactory(
        status="planned", start="2099", end="", parties=[StakeholderFactory(name="Marker Army")]
    )
    clear(engagement, valid_until="2099-01-01")
    publish(engagement)
    return engagement


def test_the_sweep_removes_what_is_no_longer_cleared_with_all_that_hangs_on_it(planned):
    kept = EngagementFactory(published=True, parties=[StakeholderFactory(name="Kept Army")])
    public.Entry.objects.filter(reference=planned.reference).update(leaves_on="2020-01-01")
    before = public.Register.objects.get().revision

    assert sweep() == 1
    assert "Marker" not in public_text()
    assert public.Entry.objects.get().reference == kept.reference
    assert public.Actor.objects.get().name == "Kept Army"
    assert public.Tombstone.objects.get().kind == "expired"
    assert public.Register.objects.get().revision == before + 1


def test_the_sweep_runs_once_a_day(planned):
    assert sweep() == 0
    public.Entry.objects.update(leaves_on="2020-01-01")

    assert sweep() == 0
    public.Register.objects.update(swept_on="2020-01-01")
    assert sweep() == 1


def test_the_public_role_may_cause_the_sweep_and_no_other_write(planned, as_public):
    assert sweep() == 0


def test_a_snapshot_is_private_and_knows_who_was_withheld():
    person = StakeholderFactory(person=True, name="Withheld Person")
    EngagementFactory(parties=[person], published=True)

    frozen = Publication.objects.get()
    assert frozen.actors == [person.reference]
    assert "Withheld Person" in str(frozen.snapshot)
