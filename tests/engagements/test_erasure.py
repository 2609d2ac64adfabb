"""The erasure of a person: two people decide, and no table keeps the name."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from engagements import erasure, merging, publication, workflow
from engagements.models import Engagement, Participation, Publication
from milidip.catalogue import models as public
from stakeholders.models import (
    Erasure,
    Identifier,
    OtherName,
    PersonRequest,
    Protection,
    Stakeholder,
)
from tests.engagements.test_gate import problems_of, public_text
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(editor=True, username="asks")


@pytest.fixture
def reviewer():
    return UserFactory(reviewer=True, username="confirms")


@pytest.fixture
def person():
    person = StakeholderFactory(
        person=True, name="Aurelix Quillvorn", country_id="KEN", note="Calls himself Quillvorn"
    )
    OtherName.objects.create(stakeholder=person, name="Zorbel Quillvorn")
    Identifier.objects.create(stakeholder=person, scheme="wikidata", value="Q987654321")
    return person


def text_of_everything() -> str:
    """Every byte of every table."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        text = ""
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM \"{table}\" t")
            text += cursor.fetchone()[0]
    return text.casefold()


def erased(person, editor, reviewer) -> str:
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, reviewer)
    out = StringIO()
    call_command("erase_person", person.reference, no_input=True, stdout=out, stderr=StringIO())
    return out.getvalue()


# --- who decides ---------------------------------------------------------------------------------


def test_it_takes_two_people_with_the_permission(person, editor, reviewer):
    contributor = UserFactory(contributor=True)
    assert "may not erase" in problems_of(erasure.request_erasure, person, contributor)
    asked = erasure.request_erasure(person, editor)
    assert "Somebody else" in problems_of(erasure.confirm_erasure, asked, editor)
    assert "may not erase" in problems_of(erasure.confirm_erasure, asked, contributor)

    with pytest.raises(CommandError, match="Nobody has confirmed it"):
        call_command("erase_person", person.reference, no_input=True)
    erasure.confirm_erasure(asked, reviewer)
    reviewer.groups.clear()
    with pytest.raises(CommandError, match="confirms may not erase anybody"):
        call_command("erase_person", person.reference, no_input=True)

    person.refresh_from_db()
    assert person.name == "Aurelix Quillvorn"


def test_nobody_is_erased_whom_nobody_asked_for(person):
    with pytest.raises(CommandError, match="Nobody has asked"):
        call_command("erase_person", person.reference, no_input=True)


def test_the_public_side_is_clean_from_the_moment_it_is_asked_for(person, editor):
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    assert "Quillvorn" in public_text()

    asked = erasure.request_erasure(person, editor)
    assert "Quillvorn" not in public_text()

    erasure.cancel_erasure(asked, editor)
    assert Protection.objects.filter(stakeholder=person).exists()


def test_only_persons_are_erased_and_only_once(person, editor, reviewer):
    assert "Only persons" in problems_of(erasure.request_erasure, StakeholderFactory(), editor)
    erased(person, editor, reviewer)

    with pytest.raises(CommandError, match="done already"):
        call_command("erase_person", person.reference, no_input=True)
    assert "done already" in problems_of(erasure.cancel_erasure, Erasure.objects.get(), editor)


# --- what goes, and what stays ---------------------------------------------------------------------


def known_everywhere(person) -> Engagement:
    """A record that knows the person by every way in, published and changed since."""
    engagement = EngagementFactory(
        title="Talks with Aurelix Quillvorn",
        summary="Colonel QUILLVORN opened it; Quillvorn, Aurelix closed it.",
        source__url="https://news.example/aurelix-quillvorn/1",
        working_note="Zorbel Quillvorn is his other name",
        source_text="said A\u00adurelix Quillvorn",
    )
    ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(
        engagement, reason="Aurelix Quillvorn agrees.", conditions=["Aurelix Quillvorn reads it"]
    )
    publish(engagement, change_note="First")
    engagement.title = "Talks"
    engagement.save()
    clear(engagement)
    publish(engagement, change_note="Without Aurelix Quillvorn in the title")
    return engagement


def test_no_table_keeps_a_name_an_other_name_or_an_identifier(person, editor, reviewer):
    known_everywhere(person)
    EngagementFactory(title="Unrelated", working_note="Ask Aurelix Quillvorn about it")
    PersonRequest.objects.create(
        kind="erase", stakeholder=person, who="A. Quillvorn", contact="quillvorn@x.example"
    )
    PersonRequest.objects.create(kind="correct", who="Aurelix Quillvorn")
    person.name = "Aurelix Quillvorn-Brask"
    person.save()
    assert text_of_everything().count("quillvorn") > 20

    erased(person, editor, reviewer)

    text = text_of_everything()
    assert "quillvorn" not in text
    assert "aurelix" not in text
    assert "zorbel" not in text
    assert "q987654321" not in text


def test_a_stub_says_that_and_when_and_the_record_keeps_its_participant(person, editor, reviewer):
    engagement = known_everywhere(person)

    said = erased(person, editor, reviewer)

    person.refresh_from_db()
    done = Erasure.objects.get()
    assert person.name == f"Erased {done.erased_at.date().isoformat()}"
    assert (person.country, person.note, person.level) == (None, "", "unknown")
    assert engagement.participations.get().stakeholder == person
    assert (done.requested_by, done.confirmed_by) == (editor, reviewer)
    assert done.rows["stakeholders_stakeholderevent"] >= 1
    assert "asked for by asks, confirmed by confirms" in said
    assert "Quillvorn" not in said


def test_the_record_is_public_again_with_what_can_still_be_said(person, editor, reviewer):
    engagement = known_everywhere(person)
    erasure_asked = erasure.request_erasure(person, editor)
    assert not public.Entry.objects.exists()  # a text names the person
    erasure.confirm_erasure(erasure_asked, reviewer)
    call_command(
        "erase_person", person.reference, no_input=True, stdout=StringIO(), stderr=StringIO()
    )

    entry = public.Entry.objects.get()
    assert (entry.reference, entry.versions.count()) == (engagement.reference, 2)
    assert entry.document.summary == "Colonel [erased] opened it; [erased] closed it."
    assert entry.withheld == ["person_withheld"]
    assert not workflow.has_unpublished_changes(engagement)
    assert publication.rebuild() == 0


def test_a_namesake_stays(person, editor, reviewer):
    other = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    OtherName.objects.create(stakeholder=other, name="Zorbel Quillvorn")

    erased(person, editor, reviewer)

    other.refresh_from_db()
    assert other.name == "Aurelix Quillvorn"
    assert other.other_names.count() == 1


def test_a_last_name_alone_goes_from_the_records_that_know_the_person_only(
    person, editor, reviewer
):
    engagement = known_everywhere(person)
    village = EngagementFactory(title="Meeting in the village of Quillvorn")

    erased(person, editor, reviewer)

    engagement.refresh_from_db()
    village.refresh_from_db()
    assert "Colonel [erased]" in engagement.summary
    assert village.title == "Meeting in the village of Quillvorn"


def test_a_merged_entry_is_erased_with_the_names_it_had(person, editor, reviewer):
    twin = StakeholderFactory(person=True, name="Aurelyx Quillvorne")
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=twin, with_consent=True)
    clear(engagement)
    publish(engagement)
    merging.merge(person, twin, editor)

    erased(person, editor, reviewer)

    text = text_of_everything()
    assert "quillvorn" not in text
    assert "aurelyx" not in text


def test_codes_are_not_taken_for_names(editor, reviewer):
    """A person called Host is no reason to take hosts out of records."""
    person = StakeholderFactory(person=True, name="Named Host")
    engagement = EngagementFactory()
    ParticipationFactory(engagement=engagement, stakeholder=person, role_id="host")
    clear(engagement)
    publish(engagement)

    erased(person, editor, reviewer)

    row = Publication.objects.get().snapshot["participations"][0]
    assert (row["role"], Participation.objects.get().role_id) == ("host", "host")


# --- the wall ------------------------------------------------------------------------------------------


def test_the_working_side_cannot_erase_by_itself(person, editor, reviewer):
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, reviewer)

    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        erasure.erase(asked)

    assert "permission denied" in str(refused.value.__context__)
    person.refresh_from_db()
    assert person.name == "Aurelix Quillvorn"


def test_history_is_as_closed_after_an_erasure_as_before(person, editor, reviewer):
    erased(person, editor, reviewer)

    events = Stakeholder.pgh_event_model.objects
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        events.update(name="x")
    before = events.count()
    person.refresh_from_db()
    person.level = "national"
    person.save()
    assert events.count() == before + 1


def test_it_is_logged_without_the_name(person, editor, reviewer, caplog):
    erased(person, editor, reviewer)

    (told,) = [record for record in caplog.records if record.name == "engagements.erasure"]
    assert person.reference in told.getMessage()
    assert "Quillvorn" not in caplog.text


def test_when_a_name_would_be_left_nothing_is_erased(person, editor, reviewer, monkeypatch):
    asked = erasure.request_erasure(person, editor)
    erasure.confirm_erasure(asked, reviewer)
    monkeypatch.setattr(erasure, "remains", lambda traces: iter(["some_table"]))

    with pytest.raises(RuntimeError, match="some_table"):
        call_command("erase_person", person.reference, no_input=True, stderr=StringIO())

    person.refresh_from_db()
    assert person.name == "Aurelix Quillvorn"
