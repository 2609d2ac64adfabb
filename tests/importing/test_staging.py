"""An import in the admin, below its pages: in steps, exactly once, and all or nothing."""

import csv
from collections import Counter
from pathlib import Path

import pghistory
import pytest
from django.db import connection

from engagements import erasure
from engagements.importing import duplicates, staging
from engagements.importing.run import LOCK
from engagements.models import (
    Engagement,
    Import,
    ImportName,
    ImportRow,
    PossibleDuplicate,
    RememberedMapping,
    Stage,
)
from stakeholders.models import Stakeholder
from tests.factories import EngagementFactory, StakeholderFactory, UserFactory

from .conftest import EXERCISE


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(staging, "BATCH", 3)


@pytest.fixture
def put(tmp_path):
    """Put rows on the desk, matched as what they are."""

    def done(*rows, owner=None, mapping="engagements"):
        path = Path(tmp_path) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(EXERCISE))
            table.writeheader()
            table.writerows([EXERCISE | row for row in rows])
        batch = staging.put_on_desk(path, "rows.csv", owner or UserFactory(contributor=True))
        assert staging.match(batch, {"name": mapping}) == []
        return batch

    return done


def finish(batch):
    while True:
        batch = staging.step(batch.pk)
        if batch.stage not in (Stage.CHECKING, Stage.WRITING, Stage.UNDOING):
            return batch


def numbered(many, **more):
    return [{"source_id": f"mme{number}", **more} for number in range(many)]


def verdicts(batch):
    rows = ImportRow.objects.filter(batch=batch).order_by("number")
    return list(rows.values_list("verdict", flat=True))


@pytest.mark.django_db
class TestTheCheck:
    def test_says_what_would_happen_and_writes_nothing(self, put):
        editor = UserFactory(editor=True)
        done = finish(put(*numbered(2), owner=editor))
        staging.start(done, whole=False)
        finish(done)
        before = list(Engagement.objects.values().order_by("pk"))
        events = Engagement.pgh_event_model.objects.count()
        rows = [
            {"source_id": "mme0"},
            {"source_id": "mme1", "end_date_raw": "5/20/90", "countries": "NOR;SWE"},
            {"source_id": "mme2"},
            {"source_id": "mme3", "start_date_raw": "soon"},
            {"source_id": "mme2"},
            {"source_id": "mme2", "title": "Another"},
        ]
        batch = finish(put(*rows, owner=editor))
        assert batch.stage == Stage.CHECKED
        assert verdicts(batch) == [
            "unchanged", "updated", "created", "refused", "unchanged", "refused",
        ]  # fmt: skip
        changed, refused, twice = (ImportRow.objects.get(batch=batch, number=n) for n in (2, 4, 6))
        assert ["end", "1990-05-16", "1990-05-20"] in changed.changes
        assert ["participants", "", "1 taken out, 1 added"] in changed.changes
        assert "start_date_raw “soon”" in refused.reason
        assert "line 4 has the same identifier" in twice.reason
        assert list(Engagement.objects.values().order_by("pk")) == before
        assert Engagement.pgh_event_model.objects.count() == events

    def test_remembers_how_the_columns_were_matched(self, put):
        first = put({})
        assert staging.remembered(first) == {"name": "engagements"}
        again = put({}, owner=UserFactory(contributor=True))
        assert staging.remembered(again) == {"name": "engagements"}
        assert RememberedMapping.objects.count() == 2

    def test_says_which_column_is_missing(self, put):
        batch = put({})
        assert (
            "The file has no column “sample_id”." in staging.match(batch, {"name": "curated"})[0]
        )

    def test_a_contributor_changes_own_drafts_and_an_editor_others(self, put):
        author, colleague = UserFactory(contributor=True), UserFactory(contributor=True)
        done = finish(put({}, owner=author))
        staging.start(done, whole=True)
        finish(done)
        changed = {"title": "Another"}
        assert verdicts(finish(put(changed, owner=author))) == ["updated"]
        batch = finish(put(changed, owner=colleague))
        assert verdicts(batch) == ["refused"]
        assert "is not yours to change" in ImportRow.objects.get(batch=batch).reason
        assert verdicts(finish(put(changed, owner=UserFactory(editor=True)))) == ["updated"]
        Engagement.objects.update(state="submitted")
        assert verdicts(finish(put(changed, owner=author))) == ["refused"]

    def test_flags_possible_duplicates_and_drops_none(self, put):
        there = EngagementFactory(
            title="Spring meeting '90", start="1990-05", end="", place__country_id="NOR"
        )
        batch = finish(
            put({}, {"source_id": "mme2", "start_date_raw": "5/14/95", "end_date_raw": ""})
        )
        assert verdicts(batch) == ["created", "created"]
        assert [row.twins for row in batch.lines.order_by("number")] == [[there.reference], []]
        staging.start(batch, whole=False)
        finish(batch)
        pair = PossibleDuplicate.objects.get()
        assert there in (pair.first, pair.second)
        assert Engagement.objects.count() == 3
        assert duplicates.standing(there.pk).get() == pair
        duplicates.settle(there.pk, str(pair.pk), UserFactory(editor=True))
        assert not duplicates.standing(there.pk).exists()

    def test_a_name_that_is_like_an_actor_s_waits_for_a_person(self, put):
        actor = StakeholderFactory(
            name="Kosova Force Mission", type_id="international_organisation"
        )
        other = StakeholderFactory(name="Something else", type_id="armed_force")
        other.other_names.create(name="Kosova Guard")
        columns = {"source_id": "source_id", "title": "title", "date_start": "start_date_raw"}
        mapping = {
            "dataset": {"name": "Desk", "citation": "Our list"},
            "columns": columns,
            "constants": {"activity": "staff_talks"},
            "dates": {"order": "mdy", "years": [1980, 2011]},
            "participants": [
                {
                    "columns": ["participants_text"],
                    "are": "written",
                }
            ],
        }
        who = "Kosovo Force Mission|international_organisation||party;"
        who += "Kosova Guard|armed_force||party"
        batch = put({"participants_text": who, "source_id": "1"})
        assert staging.match(batch, mapping) == []
        batch = finish(batch)
        assert verdicts(batch) == ["created"]
        name = ImportName.objects.get(batch=batch)
        assert (name.name, name.candidates) == ("Kosovo Force Mission", [actor.pk])
        name.chosen = actor
        name.save()
        staging.start(batch, whole=True)
        finish(batch)
        lines = Engagement.objects.get().participations.all()
        assert {line.stakeholder for line in lines} == {actor, other}
        assert Stakeholder.objects.count() == 2


@pytest.mark.django_db
class TestAllOrNothing:
    def test_is_not_begun_when_a_row_is_refused(self, put):
        batch = finish(put({}, {"source_id": "2", "start_date_raw": "soon"}))
        assert "some are refused" in staging.start(batch, whole=True)[0]
        assert staging.start(batch, whole=False) == []
        assert finish(batch).stage == Stage.DONE
        assert Engagement.objects.count() == 1

    def test_throws_its_new_records_away_when_a_row_is_refused_on_the_way(self, put):
        owner = UserFactory(editor=True)
        first = finish(put({"source_id": "old"}, owner=owner))
        staging.start(first, whole=True)
        finish(first)
        batch = finish(put({"source_id": "old", "title": "New"}, *numbered(8), owner=owner))
        staging.start(batch, whole=True)
        staging.step(batch.pk, seconds=0)
        assert Engagement.objects.count() == 4
        # Somebody throws the rest of it off its feet: its last new row is no longer readable.
        row = ImportRow.objects.get(batch=batch, number=9)
        row.cells[batch.header.index("start_date_raw")] = "soon"
        row.save()
        batch = finish(batch)
        assert batch.stage == Stage.UNDONE
        assert Engagement.objects.get().title == "Spring Meeting 90"
        assert staging.verdict_counts(batch)["refused"] == 1

    def test_changes_come_last_and_together(self, put):
        owner = UserFactory(editor=True)
        first = finish(put(*numbered(5), owner=owner))
        staging.start(first, whole=True)
        finish(first)
        rows = numbered(5, title="Changed")
        batch = finish(put(*rows, {"source_id": "new"}, owner=owner))
        staging.start(batch, whole=True)
        staging.step(batch.pk, seconds=0)
        assert Counter(Engagement.objects.values_list("title", flat=True))["Changed"] == 0
        assert finish(batch).stage == Stage.DONE
        assert Engagement.objects.filter(title="Changed").count() == 5
        assert ImportRow.objects.filter(batch=batch, written=True).count() == 6


def test_an_import_killed_in_the_middle_is_finished_exactly_once(committed_db, put, monkeypatch):
    batch = finish(put(*numbered(10)))
    before = list(pghistory.models.Context.objects.values_list("pk", flat=True))
    staging.start(batch, whole=False)
    write, calls = staging._import, []

    def killed(batch, rows):
        write(batch, rows)
        calls.append(rows)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(staging, "_import", killed)
    with pytest.raises(KeyboardInterrupt):
        finish(batch)
    assert Engagement.objects.count() == 3
    assert Import.objects.get().position == 3
    monkeypatch.setattr(staging, "_import", write)
    batch = finish(batch)
    assert batch.stage == Stage.DONE
    assert Engagement.objects.count() == 10
    assert Engagement.objects.filter(sources=None).count() == 0
    assert set(ImportRow.objects.values_list("verdict", "written")) == {("created", True)}
    contexts = pghistory.models.Context.objects.exclude(pk__in=before)
    contexts = contexts.filter(metadata__has_key="import")
    assert {context.metadata["user"] for context in contexts} == {batch.owner_id}


def test_two_tabs_do_no_row_twice(committed_db, put):
    batch = finish(put(*numbered(4)))
    staging.start(batch, whole=False)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT id FROM engagements_import FOR UPDATE")
            assert staging.step(batch.pk).position == 0
            assert not Engagement.objects.exists()
            cursor.execute("ROLLBACK")
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            assert staging.step(batch.pk).position == 0
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    finally:
        other.close()
    assert finish(batch).stage == Stage.DONE
    assert Engagement.objects.count() == 4


@pytest.mark.django_db
def test_the_desk_is_cleared_after_two_weeks(put):
    old, new = put({}), put({})
    Import.objects.filter(pk=old.pk).update(changed_at=old.changed_at - staging.KEPT * 2)
    assert staging.clear_desk() == 1
    assert Import.objects.get() == new
    assert ImportRow.objects.count() == 1


@pytest.mark.django_db
def test_an_uploaded_file_that_names_an_erased_person_goes_as_a_whole(put):
    person = StakeholderFactory(person=True, name="Zyxina Marker")
    named = put({"participants_text": "Norway; Named: ZYXINA  MARKER"})
    ImportName.objects.create(batch=named, kind="person", name="Zyxina Marker")
    other = put({})
    removed = Counter()
    erasure._erase_desk(erasure.Traces(person), removed)
    assert Import.objects.get() == other
    assert not ImportName.objects.exists()
    assert removed["engagements_importrow"] == 1
