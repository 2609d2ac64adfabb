"""What changed in public: versions compared in words, the list of changes, and its feed."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from engagements import protection, workflow
from engagements.models import ExerciseDetails
from milidip.catalogue import changes
from milidip.catalogue.differences import LISTS, PARTS, TEXTS, VALUES, differences
from milidip.catalogue.models import Tombstone, Version
from milidip.roles import public_role
from tests.factories import (
    EngagementFactory,
    OutcomeFactory,
    ParticipationFactory,
    SourceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def said(before, after) -> dict:
    """Label -> what is said of it, in the shape it has on the page."""
    found = {}
    for one in differences(before, after):
        runs = [(run.kind, run.words) for run in one.runs]
        value = runs or one.note or (one.removed, one.added)
        found[str(one.label)] = (one.before, one.after) if value == ([], []) else value
    return found


def again(engagement, note: str = "", **fields) -> None:
    """Change a record, and publish it as its next version."""
    for name, value in fields.items():
        setattr(engagement, name, value)
    engagement.save()
    clear(engagement)
    publish(engagement, change_note=note)


def documents(engagement) -> list:
    rows = Version.objects.filter(entry__reference=engagement.reference).order_by("number")
    return [version.data for version in rows]


def document() -> dict:
    return documents(EngagementFactory(reference="MD-D0CMNT", published=True))[0]


def page(path: str, **query) -> str:
    response = Client().get(path, query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- two versions --------------------------------------------------------------------------------


def test_details_of_a_family_that_differ_are_told():
    engagement = EngagementFactory(published=True)
    ExerciseDetails.objects.create(engagement=engagement, form="live", environments=["sea"])
    again(engagement, lessons="Share the maps.", lessons_reported_by="organiser")

    found = said(*documents(engagement))

    assert found["Form"] == ([], ["Live"])
    assert found["Environment"] == ([], ["Sea"])
    assert found["Whose word the lessons are"] == ([], ["Organiser"])


def test_what_differs_is_told_with_labels_and_not_with_codes():
    army = StakeholderFactory(name="Kenya Army", country_id="KEN")
    engagement = EngagementFactory(status="completed", parties=[army])
    clear(engagement)
    publish(engagement)
    engagement.objectives.set(["reconciliation"])
    engagement.participations.update(role_id="host")
    OutcomeFactory(engagement=engagement)
    SourceFactory(engagement=engagement, title="A second report")
    again(engagement, title="Exercise Renamed", track_id="3", end="2019-05")

    found = said(*documents(engagement))

    assert found["Title"][1] == "Exercise Renamed"
    assert found["Track"] == ("Track I", "Track III")
    assert found["End"] == ("17 May 2019", "May 2019")
    assert found["Objectives"] == ([], ["Reconciliation"])
    assert found["Who took part"] == (
        ["Kenya Army (Participant, Official)"],
        ["Kenya Army (Host, Official)"],
    )
    assert found["Sources"] == ([], ["A second report"])
    assert found["Outcomes"][1][0].startswith("The two staffs agreed to meet again. (Relationship")


def test_a_text_is_compared_word_by_word_and_what_stayed_is_cut_short():
    engagement = EngagementFactory(summary="One two three four five six seven eight nine ten.")
    clear(engagement)
    publish(engagement)
    again(engagement, summary="One two three four five six seven eight eleven ten.")

    assert said(*documents(engagement))["Summary"] == [
        ("same", "… three four five six seven eight"),
        ("removed", "nine"),
        ("added", "eleven"),
        ("same", "ten."),
    ]


def test_a_text_that_came_or_went_and_one_too_long_to_compare_are_only_named():
    before = document() | {"summary": "Here.", "narrative": "", "lessons": "a " * 4000}
    after = before | {"summary": "", "narrative": "Now here.", "lessons": "b " * 4000}
    found = said(before, after)
    assert found["Summary"] == "Taken out."
    assert found["Fuller account"] == "Written."
    assert found["Lessons"] == "Rewritten."


def test_a_document_does_not_differ_from_itself():
    told = document()
    assert differences(told, told) == []


def test_every_field_of_a_public_document_is_compared_or_left_out_on_purpose():
    """A new field is decided on here, or its changes would go untold."""
    compared = {row[0] for row in (*VALUES, *LISTS, *PARTS, *TEXTS)}
    compared |= {"sources", "conduct", "review"}
    left_out = {
        "reference",  # never changes
        "title_supplied",  # goes with the title
        "family",  # goes with the activity
        "source_independence",  # goes with the sources
        "withheld",  # a promise is not a change of the record
    }
    assert set(document()) == compared | left_out


def test_an_assessment_and_another_kind_of_review_are_told():
    before = document()
    after = before | {
        "conduct": {
            "status": "assessed",
            "on": "2020-01-01",
            "findings": [{"criterion": "human_rights", "rating": "met", "note": ""}],
        },
        "review": before["review"] | {"kind": "bulk"},
    }
    found = said(before, after)
    assert found["Conduct assessment"][1] == "Conduct assessed"
    assert found["Human rights"][1] == "Met"
    assert "Kind of review" in found


# --- the history of a record ---------------------------------------------------------------------


def test_the_history_lists_versions_newest_first_with_note_and_difference():
    engagement = EngagementFactory(title="Exercise First")
    clear(engagement)
    publish(engagement)
    again(engagement, "A letter corrected us.", title="Exercise Second")
    again(engagement, "Reviewed again.")

    shown = page(f"/engagements/{engagement.reference}/history/")

    assert shown.index("Version 3") < shown.index("Version 2") < shown.index("Version 1")
    assert "A letter corrected us." in shown
    assert "Exercise First" in shown
    assert "it says the same as version 2" in shown
    assert "First published." in shown
    for number in (1, 2, 3):
        assert f'href="/engagements/{engagement.reference}/v{number}/"' in shown
    for address in ("", "v1/"):
        record = page(f"/engagements/{engagement.reference}/{address}")
        assert f'href="/engagements/{engagement.reference}/history/"' in record


def test_a_long_history_is_read_page_by_page_and_compared_across_pages():
    engagement = EngagementFactory(published=True)
    for number in range(2, 28):
        again(engagement, title=f"Exercise {number}")
    path = f"/engagements/{engagement.reference}/history/"
    first, second = page(path), page(path, page=2)
    assert "Compared with version 2:" in first
    assert "Version 2<" not in first
    assert "Compared with version 1:" in second
    assert Client().get(path, {"page": 3}).status_code == 404


@pytest.mark.parametrize("address", ["history/", "v1/", ""])
def test_what_was_withdrawn_or_has_expired_answers_410_everywhere(address):
    withdrawn = EngagementFactory(published=True)
    workflow.withdraw(withdrawn, UserFactory(editor=True), "Asked.")
    Tombstone.objects.create(reference="MD-0EXP1R", kind="expired", left_on="2020-01-01")
    for reference in (withdrawn.reference, "MD-0EXP1R"):
        assert Client().get(f"/engagements/{reference}/{address}").status_code == 410
    assert Client().get(f"/engagements/MD-000000/{address}").status_code == 404


def test_a_reference_in_small_letters_leads_to_its_history():
    reference = EngagementFactory(published=True).reference
    response = Client().get(f"/engagements/{reference.lower()}/history/")
    assert response.status_code == 301
    assert response["Location"] == f"/engagements/{reference}/history/"


def test_a_history_says_nothing_of_a_person_who_was_protected_since():
    person = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    engagement = EngagementFactory()
    line = ParticipationFactory(engagement=engagement, stakeholder=person, with_consent=True)
    clear(engagement)
    publish(engagement)
    line.delete()
    again(engagement, "One participant less.")
    again(engagement, "Again.", title="Exercise Renamed")
    path = f"/engagements/{engagement.reference}/history/"
    protection.protect(person, UserFactory(editor=True), "Asked.")
    assert "Quillvorn" not in page(path)


# --- the changes of the register -----------------------------------------------------------------


def listed(**query) -> list[tuple]:
    with public_role():
        found = changes.newest(query.get("kinds", []), 0, 100)
    return [(one.kind, one.reference, one.number) for one in found]


def test_changes_are_listed_newest_first_and_by_kind():
    first, second = EngagementFactory(published=True), EngagementFactory(published=True)
    again(first, "Corrected.")
    third = EngagementFactory(published=True)
    Tombstone.objects.create(reference="MD-0EXP1R", kind="expired", left_on="2020-01-01")
    assert listed() == [
        ("published", third.reference, 1),
        ("corrected", first.reference, 2),
        ("published", second.reference, 1),
        ("published", first.reference, 1),
        ("expired", "MD-0EXP1R", 0),
    ]
    for kind in changes.KINDS:
        assert listed(kinds=[kind]) == [one for one in listed() if one[0] == kind]
        with public_role():
            assert changes.count([kind]) == len(listed(kinds=[kind]))
    assert len(listed(kinds=["published", "corrected"])) == 4
    response = Client().get("/changes/", {"kind": ["corrected", "expired"]})
    assert response["X-Total-Count"] == "2"


def test_of_what_left_only_the_reference_and_the_day_are_told():
    engagement = EngagementFactory(title="Exercise Gone", published=True)
    again(engagement, "A note that goes too.")
    workflow.withdraw(engagement, UserFactory(editor=True), "A reason that nobody reads.")
    today = date.today()  # noqa: DTZ011 - the database says the same
    assert listed() == [("withdrawn", engagement.reference, 0)]
    for path in ("/changes/", "/changes.atom"):
        shown = page(path)
        assert engagement.reference in shown
        for word in ("Gone", "note that goes", "nobody reads"):
            assert word not in shown
        assert today.isoformat() in shown


def test_a_promise_is_no_change_and_leaves_no_trace_in_the_list():
    """Before and after it, apart from what is withheld, the list is the same."""
    person = StakeholderFactory(person=True, name="Aurelix Quillvorn")
    records = [EngagementFactory(title=f"Exercise {number}") for number in range(3)]
    ParticipationFactory(engagement=records[1], stakeholder=person, with_consent=True)
    for record in records:
        clear(record)
        publish(record)
    again(records[1], "Dates.")
    # As in a bulk load: one moment, and the order must not tell who was rendered anew.
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    type(records[0].publications.get()).objects.update(published_at=moment)
    protection.keep_promise(person)
    before = {path: page(path) for path in ("/changes/", "/changes.atom")}
    feed_before = before["/changes.atom"]

    protection.protect(person, UserFactory(editor=True), "Asked.")

    assert page("/changes.atom") == feed_before
    # The foot of the page counts revisions, of whatever kind.
    shown, footer, _rest = before["/changes/"].partition('<footer class="foot">')
    assert footer
    assert page("/changes/").startswith(shown)
    protection.hold_names(records[1], "A reader reports a risk.")
    assert page("/changes.atom") == feed_before


def test_what_comes_back_stands_where_it_stood():
    first, second = EngagementFactory(published=True), EngagementFactory(published=True)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    type(first.publications.get()).objects.update(published_at=moment)
    editor = UserFactory(editor=True)
    for record in (first, second):
        protection.hold_names(record, "Look.", editor)
        protection.release_names(record, editor)
    before = listed()
    protection.hold_record(first, editor, "Look.")
    assert ("withdrawn", first.reference, 0) in listed()
    protection.release_record(first, editor)
    assert listed() == before


def test_the_feed_is_atom_with_an_address_an_identity_and_a_time_for_each_change():
    engagement = EngagementFactory(title="Exercise <Open> & Door", published=True)
    again(engagement, "Dates <b>and</b> places\x1f.")
    Tombstone.objects.create(reference="MD-0EXP1R", kind="expired", left_on="2020-01-01")
    response = Client().get("/changes.atom")
    assert response["Content-Type"] == "application/atom+xml"
    feed = ElementTree.fromstring(response.content)
    entries = feed.findall(f"{ATOM}entry")
    base = "http://testserver"
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"{base}/engagements/{engagement.reference}/v2/",
        f"{base}/engagements/{engagement.reference}/v1/",
        f"{base}/engagements/MD-0EXP1R/#expired-2020-01-01",
    ]
    assert entries[0].findtext(f"{ATOM}summary") == "Dates &lt;b&gt;and&lt;/b&gt; places�."
    assert entries[1].find(f"{ATOM}summary") is None
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
    alternate = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert alternate == {"alternate": f"{base}/changes/", "self": f"{base}/changes.atom"}
    assert 'href="/changes.atom"' in page("/changes/")


def test_a_bad_kind_is_refused_by_name_and_an_unknown_parameter_is_noticed():
    for path in ("/changes/", "/changes.atom"):
        response = Client().get(path, {"kind": "secret"})
        assert response.status_code == 400
        assert "secret" in response.content.decode()
    assert Client().get("/changes.atom", {"kid": "published"}).status_code == 400
    assert "“kid” is not a filter." in page("/changes/", kid="published")


def test_pages_of_changes_are_read_through_an_index_and_stop_where_lists_stop():
    """A million versions: the newest are found without putting all of them in order."""
    EngagementFactory(published=True)
    with public_role(), CaptureQueriesContext(connection) as asked:
        changes.newest([], 9975, 25)
    ordered = [query["sql"] for query in asked if "LIMIT" in query["sql"]]
    assert len(ordered) == 2
    assert all("LIMIT 10000" in sql and "JOIN" not in sql for sql in ordered)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plans = []
        for sql in ordered:
            cursor.execute(f"EXPLAIN {sql}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    assert "version_newest" in plans[0]
    assert "tombstone_newest" in plans[1]
    assert Client().get("/changes/", {"page": 401}).status_code in (400, 404)


def test_more_than_can_be_paged_is_said_and_not_counted(monkeypatch):
    monkeypatch.setattr(changes, "LAST_OFFSET", 3)
    Tombstone.objects.bulk_create(
        Tombstone(
            reference=f"MD-0000{number:02}",
            kind="withdrawn",
            left_on=date(2020, 1, 1) + timedelta(days=number),
        )
        for number in range(10, 15)
    )
    response = Client().get("/changes/")
    assert "More than 3 changes" in response.content.decode()
    assert "X-Total-Count" not in response
