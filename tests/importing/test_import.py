"""Every row gets a verdict, and nothing is lost, doubled or half written."""

from collections import Counter

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from engagements.importing import duplicates
from engagements.importing import run as running
from engagements.importing.run import BusyError, run
from engagements.importing.verdicts import created
from engagements.importing.write import Writer
from engagements.models import (
    Engagement,
    ExerciseDetails,
    Participation,
    Place,
    PossibleDuplicate,
    Series,
    Source,
)
from milidip.codebook.choices import State
from stakeholders.models import Stakeholder
from tests.factories import EngagementFactory

from .conftest import DATA, EXERCISE, TODAY


def verdicts(found):
    return [verdict.verdict for verdict in found]


@pytest.mark.django_db
class TestAFile:
    def test_a_new_row_becomes_a_whole_record(self, write, load, author):
        load(write({"series": "Spring Meeting", "lat": "59.9", "lon": "10.7"}))
        engagement = Engagement.objects.get()
        assert engagement.title == "Spring Meeting 90"
        assert (engagement.start, engagement.end) == ("1990-05-14", "1990-05-16")
        assert engagement.state == State.DRAFT
        assert engagement.created_by == author
        assert engagement.series.code == "spring-meeting"
        assert (engagement.track_id, engagement.track_basis) == ("1", "dataset_guess")
        assert list(engagement.touches.values_list("code", flat=True)) == ["1"]
        assert list(engagement.military_roles.values_list("code", flat=True)) == ["participant"]
        (place,) = engagement.places.all()
        assert (place.country_id, place.name) == ("NOR", "Norway")
        names = {str(line) for line in engagement.participations.all()}
        assert names == {"Norway", "Denmark"}
        assert all(line.disclosure == "named" for line in engagement.participations.all())
        (source,) = engagement.sources.all()
        assert source.kind == "dataset"
        assert source.reference.startswith("MS-")

    def test_a_second_run_changes_nothing(self, write, load):
        path = write({}, {"source_id": "mme2"})
        load(path)
        before = list(Engagement.objects.values().order_by("pk"))
        tally, found = load(path)
        assert tally.verdicts == Counter(unchanged=2)
        assert [verdict.reference for verdict in found] == [row["reference"] for row in before]
        assert list(Engagement.objects.values().order_by("pk")) == before

    def test_the_four_numbers_add_up(self, write, load):
        load(write({}, {"source_id": "mme2"}))
        rows = [{}, {"source_id": "mme2", "title": "New"}, {"source_id": "mme3"}]
        tally, found = load(write(*rows, {"source_id": "mme4", "start_date_raw": "soon"}))
        assert verdicts(found) == ["unchanged", "updated", "created", "refused"]
        assert tally.rows == 4

    def test_a_refusal_gives_the_line_and_the_reason(self, write, load):
        _tally, found = load(
            write({"summary": "two\nlines"}, {"source_id": "2", "start_date_raw": "3/32/90"})
        )
        assert (found[1].line, found[1].number) == (4, 2)
        assert "start_date_raw “3/32/90” has the day 32" in found[1].reason

    def test_the_same_row_twice_is_one_record(self, write, load):
        _tally, found = load(write({}, {}))
        assert verdicts(found) == ["created", "unchanged"]
        assert "the same row as line 2" in found[1].reason

    def test_one_identifier_for_two_different_rows_is_refused(self, write, load):
        path = write({}, {"title": "Another"})
        _tally, found = load(path)
        assert verdicts(found) == ["created", "refused"]
        assert "line 2 has the same identifier" in found[1].reason
        assert verdicts(load(path)[1]) == ["unchanged", "refused"]
        assert Engagement.objects.get().title == "Spring Meeting 90"

    def test_rows_alike_but_for_the_identifier_are_two_records(self, write, load):
        load(write({}, {"source_id": "mme1#2"}))
        assert Engagement.objects.count() == 2

    def test_a_row_without_an_identifier_is_refused(self, write, load):
        assert "no identifier" in load(write({"source_id": " "}))[1][0].reason

    def test_actors_and_series_are_made_once(self, write, load):
        row = {"series": "Spring Meeting", "participants_text": "Norway | NATO"}
        load(write(*(row | {"source_id": f"mme{number}"} for number in range(5))))
        assert Series.objects.count() == 1
        assert Counter(Stakeholder.objects.values_list("type_id", flat=True)) == Counter(
            state=2, international_organisation=1
        )
        alliance = Stakeholder.objects.get(type="international_organisation")
        assert alliance.reference.startswith("MA-")
        assert [name.name for name in alliance.other_names.all()] == ["NATO"]

    def test_a_body_has_the_larger_body_above_it(self, write, load):
        load(
            write(
                {
                    "source_dataset": "MEND (mediation events)",
                    "title": "[Mediation: UNSMIL - Libya]",
                    "activity_type_guess": "mediation_dialogue",
                    "start_date_raw": "2023-5-24",
                    "end_date_raw": "",
                    "participants_text": "Third parties: UNSMIL",
                }
            )
        )
        support = Stakeholder.objects.get(other_names__name="UNSMIL")
        assert support.parent.name == "United Nations"

    def test_a_file_may_have_more_columns(self, write, load):
        path = write({"why": "a trap"}, columns=[*EXERCISE, "why"])
        assert verdicts(load(path)[1]) == ["created"]
        assert verdicts(load(write({}))[1]) == ["unchanged"]

    def test_the_history_says_who_imported_what(self, write, load, author):
        load(write({}))
        (event,) = Engagement.pgh_event_model.objects.all()
        assert event.pgh_context.metadata == {
            "user": author.pk,
            "reason": "Import of rows.csv",
            "import": "rows.csv",
        }

    def test_the_nasty_rows_import_and_a_second_time_nothing_changes(self, load):
        tally, found = load(DATA / "nasty_rows.csv")
        assert tally.verdicts == Counter(created=75, unchanged=2, refused=25)
        assert [verdict.number + 1 for verdict in found if verdict.verdict == "unchanged"] == [
            89,
            90,
        ]
        assert load(DATA / "nasty_rows.csv")[0].verdicts == Counter(unchanged=77, refused=25)


@pytest.mark.django_db
class TestAChangedRow:
    def test_it_updates_its_record_in_place(self, write, load, author):
        load(write({}))
        before = Engagement.objects.get()
        kept = set(before.participations.values_list("pk", "stakeholder__country"))
        _tally, found = load(write({"title": "Spring Meeting 91", "countries": "NOR;SWE"}))
        after = Engagement.objects.get()
        assert verdicts(found) == ["updated"]
        assert (after.pk, after.reference) == (before.pk, before.reference)
        assert after.title == "Spring Meeting 91"
        assert after.updated_by == author
        now = set(after.participations.values_list("pk", "stakeholder__country"))
        assert {country for _pk, country in now} == {"NOR", "SWE"}
        assert len(now & kept) == 1  # Norway's line is the same one

    def test_its_source_keeps_its_reference(self, write, load):
        load(write({}))
        reference = Source.objects.get().reference
        load(write({"title": "[Unnamed exercise: Norway, Denmark]"}))
        source = Source.objects.get()
        assert source.reference == reference
        assert "title" not in source.supports

    def test_lists_of_codes_follow(self, write, load):
        load(write({}))
        load(write({"track_level_guess": "III"}))
        engagement = Engagement.objects.get()
        assert engagement.track_id == "3"
        assert [track.code for track in engagement.touches.all()] == ["3"]

    def test_what_staff_have_changed_is_theirs(self, write, load, author):
        load(write({}))
        with pghistory.context(user=author.pk):
            Engagement.objects.update(title="The staff's title", track="1.5")
            engagement = Engagement.objects.get()
            Place.objects.create(engagement=engagement, name="Oslo", country_id="NOR")
            Participation.objects.filter(stakeholder__country="DNK").update(disclosure="withheld")
        _tally, found = load(
            write({"title": "New", "end_date_raw": "5/20/90", "countries": "NOR;SWE"})
        )
        engagement = Engagement.objects.get()
        assert (engagement.title, engagement.end) == ("The staff's title", "1990-05-20")
        assert {place.name for place in engagement.places.all()} == {"Norway", "Oslo"}
        assert dict(
            engagement.participations.values_list("stakeholder__country", "disclosure")
        ) == {"NOR": "named", "SWE": "named", "DNK": "withheld"}
        assert found[0].verdict == "updated"
        assert "left as staff have it: title" in found[0].reason

    def test_what_staff_changed_stays_theirs_after_another_import(self, write, load, author):
        load(write({}))
        with pghistory.context(user=author.pk):
            Engagement.objects.update(title="The staff's title")
        for end in ("5/20/90", "5/21/90"):
            load(write({"title": "New", "end_date_raw": end}))
        assert Engagement.objects.get().title == "The staff's title"

    def test_our_own_summary_survives_a_file_without_one(self, write, load):
        columns = [*EXERCISE, "public_summary"]
        load(write({"public_summary": "Ours."}, columns=columns))
        assert verdicts(load(write({}))[1]) == ["unchanged"]
        load(write({"title": "Another"}))
        engagement = Engagement.objects.get()
        assert (engagement.title, engagement.summary) == ("Another", "Ours.")

    def test_details_follow_and_silence_changes_nothing(self, write, load):
        columns = [*EXERCISE, "details"]
        load(write({"details": "exercise_form=live"}, columns=columns))
        details = ExerciseDetails.objects.get()
        assert details.form == "live"
        load(write({"details": "exercise_focus=other|exercise_form=mixed"}, columns=columns))
        details.refresh_from_db()
        assert (details.form, details.focus) == ("mixed", ["other"])
        load(write({"title": "Another"}))
        assert ExerciseDetails.objects.get().form == "mixed"

    def test_details_that_staff_have_written_are_theirs(self, write, load, author):
        columns = [*EXERCISE, "details"]
        load(write({"details": "exercise_form=live"}, columns=columns))
        with pghistory.context(user=author.pk):
            ExerciseDetails.objects.update(form="table_top")
        _tally, found = load(write({"details": "exercise_form=mixed"}, columns=columns))
        assert ExerciseDetails.objects.get().form == "table_top"
        assert "left as staff have it" in found[0].reason

    def test_it_keeps_its_state(self, write, load):
        load(write({}))
        Engagement.objects.update(state=State.SUBMITTED)
        load(write({"title": "Another"}))
        assert Engagement.objects.get().state == State.SUBMITTED

    def test_only_new_rows_can_be_asked_for(self, write, load):
        load(write({}))
        _tally, found = load(write({"title": "Another"}, {"source_id": "mme2"}), only_new=True)
        assert verdicts(found) == ["unchanged", "created"]
        assert not Engagement.objects.filter(title="Another").exists()


@pytest.mark.django_db
class TestTheDatabase:
    def test_a_dry_run_gives_the_same_verdicts_and_writes_nothing(self, write, load):
        load(write({}))
        rows = [{"title": "New"}, {"source_id": "mme2"}, {"source_id": "mme2", "title": "Other"}]
        path = write(*rows, {"source_id": "mme3", "start_date_raw": "soon"})
        before = list(Engagement.objects.values())
        dry = load(path, dry_run=True)[1]
        assert list(Engagement.objects.values()) == before
        assert Engagement.pgh_event_model.objects.count() == 1
        assert [(v.line, v.verdict, v.reason) for v in dry] == [
            (v.line, v.verdict, v.reason) for v in load(path)[1]
        ]

    def test_what_the_database_refuses_is_one_row_s_refusal(self, write, load, monkeypatch):
        fields = Writer._fields

        def broken(writer, record):
            wrong = {"status": "over"} if record.source_id == "mme2" else {}
            return fields(writer, record) | wrong

        monkeypatch.setattr(Writer, "_fields", broken)
        _tally, found = load(write({}, {"source_id": "mme2"}, {"source_id": "mme3"}))
        assert verdicts(found) == ["created", "refused", "created"]
        assert found[1].reason == "Choose a status from the list."
        assert Engagement.objects.count() == 2

    def test_a_batch_takes_the_same_few_queries_however_many_rows_it_has(
        self, write, load, django_assert_max_num_queries
    ):
        """Lists of places, people and sources are written together: no query for each row."""
        load(write({"source_id": "first"}))
        path = write(*({"source_id": f"mme{number}"} for number in range(100)))
        with django_assert_max_num_queries(60):
            load(path)

    def test_every_transaction_checks_its_keys_at_once(self, write, load):
        """Deferred foreign keys beside history triggers are quadratic otherwise."""
        with CaptureQueriesContext(connection) as queries:
            load(write({}))
        asked = [query["sql"] for query in queries]
        checks = [at for at, sql in enumerate(asked) if "SET CONSTRAINTS ALL IMMEDIATE" in sql]
        inserts = [at for at, sql in enumerate(asked) if 'INSERT INTO "' in sql]
        assert len(checks) == 1
        assert checks[0] < inserts[0]

    def test_it_flags_what_a_look_at_every_record_would_find(self, write, load, monkeypatch):
        monkeypatch.setattr(running, "BATCH", 3)
        for start, country in (("1990", "NOR"), ("1990-05", "DNK"), ("1990-05-10", "SWE")):
            EngagementFactory(
                title="Spring meeting '90", start=start, end="", place__country_id=country
            )
        places, days = ["Norway", "Denmark"], ["5/14/90", "5/23/90", "6/2/90"]
        rows = [
            {
                "source_id": f"mme{number}",
                "title": "Spring Meeting 90" if number % 4 else "Something else",
                "location_text": places[number % 2],
                "start_date_raw": days[number % 3],
                "end_date_raw": "",
            }
            for number in range(14)
        ]
        tally, found = load(write(*rows), flag_duplicates=True)
        wanted = {
            (min(pk, other), max(pk, other))
            for pk, other, _reference, _likeness in duplicates.pairs(created(found))
        }
        assert set(PossibleDuplicate.objects.values_list("first", "second")) == wanted
        assert tally.pairs == len(wanted) > 10

        moved = rows[3] | {"location_text": "Sweden"}
        more = {"source_id": "mme99", "location_text": "Sweden"}
        _tally, found = load(write(moved, more), flag_duplicates=True)
        assert len(duplicates.pairs(created(found))) == 2

    def test_of_very_many_that_look_alike_the_nearest_are_flagged(self, write, load):
        rows = [{"source_id": f"mme{number}", "title": "Spring Meeting"} for number in range(12)]
        load(write(*rows))
        _tally, found = load(write({"source_id": "mme99"}), flag_duplicates=True)
        assert verdicts(found) == ["created"]
        assert PossibleDuplicate.objects.count() == duplicates.MOST

    def test_two_imports_at_once_are_refused(self, write, load):
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [running.LOCK])
            with pytest.raises(BusyError):
                load(write({}))
            with other.cursor() as cursor:  # closing alone would let go of it a moment later
                cursor.execute("SELECT pg_advisory_unlock(%s)", [running.LOCK])
        finally:
            other.close()
        assert verdicts(load(write({}))[1]) == ["created"]


def test_an_import_that_is_stopped_leaves_whole_records_and_goes_on(
    committed_db, write, monkeypatch
):
    from django.contrib.auth.models import User

    monkeypatch.setattr(running, "BATCH", 3)
    author = User.objects.create_user("author")
    path = write(*({"source_id": f"mme{number}"} for number in range(8)))
    create = Writer.create

    def stopped(writer, records):
        made = create(writer, records)
        if Engagement.objects.count() > 3:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(Writer, "create", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(path, author, today=TODAY)
    assert Engagement.objects.count() == 3
    assert Engagement.objects.filter(sources=None).count() == 0
    assert Engagement.objects.filter(participations=None).count() == 0

    monkeypatch.setattr(Writer, "create", create)
    tally = run(path, author, today=TODAY)
    assert tally.verdicts == Counter(unchanged=3, created=5)
