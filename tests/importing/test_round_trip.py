"""The export of the register, with cells changed, comes back as exactly these changes."""

import csv

import pytest

from engagements import protection
from engagements.importing.details import read_details, row_of
from engagements.importing.register import COLUMNS, exported, plain
from engagements.importing.run import run
from engagements.importing.theirs import MARK
from engagements.models import DETAILS, Engagement, ExerciseDetails, Series
from milidip.catalogue.models import Entry, Register
from milidip.codebook.choices import PlacePrecision
from tests.factories import (
    EngagementFactory,
    ParticipationFactory,
    PlaceFactory,
    StakeholderFactory,
    UserFactory,
    clear,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return UserFactory(editor=True)


def export():
    """The public file, row by row, made of the same expressions as the download."""
    revision = Register.objects.get().revision
    rows = exported(
        Entry.objects.order_by("ordinal").values_list("reference", flat=True), revision
    )
    return {
        reference: {name: "" if value is None else str(value) for name, value in row.items()}
        for reference, row in rows.items()
    }


@pytest.fixture
def bring(tmp_path, editor):
    def brought(rows, user=None, columns=None, **options):
        rows = list(rows.values())
        path = tmp_path / "engagements.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, columns or list(rows[0]), extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
        verdicts = []
        run(path, user or editor, mapping="register", on_verdict=verdicts.append, **options)
        return verdicts

    return brought


def put_out(*records):
    for record in records:
        clear(record)
        publish(record)


def events():
    return Engagement.pgh_event_model.objects.filter(pgh_label="update")


def test_an_export_that_nobody_changed_changes_nothing(bring):
    for _ in range(3):
        EngagementFactory(published=True)
    before = list(Engagement.objects.values().order_by("pk"))
    assert [v.verdict for v in bring(export())] == ["unchanged"] * 3
    assert list(Engagement.objects.values().order_by("pk")) == before


def test_five_cells_changed_are_exactly_five_changes(bring, editor):
    records = [EngagementFactory(published=True) for _ in range(7)]
    rows = export()
    written = events().count()
    cells = {
        0: {"title": "Exercise Brighter Path"},
        1: {"date_end": "2019-05"},
        2: {"objectives": "trust_building;interoperability"},
        3: {"place_names": "Nakuru"},
        4: {"status": "unknown"},
    }
    for at, changes in cells.items():
        rows[records[at].reference] |= changes
    found = {v.reference: v for v in bring(rows)}
    changed = [record.reference for record in records[:5]]
    assert {ref for ref, v in found.items() if v.verdict == "updated"} == set(changed)
    assert [len(found[reference].changes) for reference in changed] == [1] * 5
    assert found[changed[1]].changes == (("date_end", "2019-05-17", "2019-05"),)
    for record in records:
        record.refresh_from_db()
    assert records[0].title == "Exercise Brighter Path"
    assert records[1].end == "2019-05"
    assert sorted(records[2].objectives.values_list("pk", flat=True)) == [
        "interoperability",
        "trust_building",
    ]
    assert [place.name for place in records[3].places.all()] == ["Nakuru"]
    assert records[4].status == "unknown"
    assert [record.updated_by for record in records] == [editor] * 5 + [None] * 2
    # Every change is in the history, as the work of this editor and not of an import of data.
    new = events().order_by("-pgh_id")[: events().count() - written]
    assert len(new) == 5
    for event in new:
        assert event.pgh_context.metadata["user"] == editor.pk
        assert event.pgh_context.metadata["reason"] == "Import of engagements.csv"
        assert MARK not in event.pgh_context.metadata
    # A second time there is nothing left to do.
    assert {v.verdict for v in bring(rows)} == {"unchanged"}


def test_what_is_withheld_is_not_blanked_by_the_round_trip(bring):
    person = StakeholderFactory(person=True)
    record = EngagementFactory(place=False)
    PlaceFactory(engagement=record, name="Hidden Valley", precision=PlacePrecision.WITHHELD)
    ParticipationFactory(engagement=record, stakeholder=person, withheld=True)
    put_out(record)
    protection.protect(person, UserFactory(reviewer=True), "Afraid.")
    rows = export()
    assert rows[record.reference]["place_names"] == ""
    rows[record.reference]["summary"] = "Two armies trained."
    (found,) = bring(rows)
    assert found.verdict == "updated"
    assert [change.what for change in found.changes] == ["summary"]
    assert [place.name for place in record.places.all()] == ["Hidden Valley"]
    assert record.participations.get().stakeholder == person


def test_a_cell_in_which_something_is_withheld_cannot_be_filled(bring):
    record = EngagementFactory(place=False)
    PlaceFactory(engagement=record, name="Hidden Valley", precision=PlacePrecision.WITHHELD)
    put_out(record)
    rows = export()
    rows[record.reference]["place_names"] = "Nairobi"
    (found,) = bring(rows)
    assert (found.verdict, "place_names cannot be changed" in found.reason) == ("refused", True)
    assert record.places.get().name == "Hidden Valley"


def test_an_edit_that_is_not_published_yet_is_not_overwritten(bring):
    record = EngagementFactory(published=True)
    rows = export()
    Engagement.objects.update(summary="A newer summary.")
    assert [v.verdict for v in bring(rows)] == ["unchanged"]
    rows[record.reference]["summary"] = "Another summary."
    (found,) = bring(rows)
    assert (found.verdict, "edited and is not published yet" in found.reason) == ("refused", True)
    assert Engagement.objects.get().summary == "A newer summary."


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("source_count", "7", "source_count is worked out by the register"),
        ("family", "dialogue", "family is worked out"),
        ("withheld", "protected", "withheld is worked out"),
        ("latitude", "12", "latitude is worked out"),
        ("version", "9", "export it again"),
        ("register_revision", "999999", "register_revision is worked out"),
        ("url", "https://other.example/engagements/MD-000000/", "url is worked out"),
        ("activity", "dancing", "activity “dancing” is no code"),
        ("objectives", "fun", "objectives “fun” is no code"),
        ("date_start", "2020-01-01", "It cannot end before it starts"),
        ("date_start", "soon", "is not a date"),
        ("title", "", "cannot be blank"),
        ("title_supplied", "maybe", "neither true nor false"),
        ("place_countries", "XXX", "no country of the codebook"),
        ("reference", "MD-000000", "no record that is public"),
        ("reference", "", "reference is empty"),
    ],
)
def test_what_cannot_be_changed_is_refused_by_name(bring, column, value, reason):
    record = EngagementFactory(published=True)
    before = Engagement.objects.values().get()
    rows = export()
    rows[record.reference] |= {column: value, "summary": "And this."}
    (found,) = bring(rows)
    assert found.verdict == "refused"
    assert reason in found.reason
    assert Engagement.objects.values().get() == before


def test_what_a_spreadsheet_does_to_a_file_is_no_change(bring):
    record = EngagementFactory(published=True, title="=Bright Path", unnamed=True)
    rows = export()
    row = rows[record.reference]
    assert row["title"] == "'=Bright Path"
    row |= {
        "title_supplied": "TRUE",
        "latitude": row["latitude"].rstrip("0") + "00",
        "url": f"https://register.example/engagements/{record.reference}/",
        "register_revision": "0",
    }
    assert [v.verdict for v in bring(rows)] == ["unchanged"]
    assert [v.verdict for v in bring(rows, columns=["reference", "title"])] == ["unchanged"]


def test_a_title_is_written_without_the_guard(bring):
    record = EngagementFactory(published=True)
    rows = export()
    rows[record.reference]["title"] = "'+44 Squadron"
    bring(rows)
    assert Engagement.objects.get().title == "+44 Squadron"


def test_a_track_that_changes_is_among_those_it_touches(bring):
    record = EngagementFactory(published=True)
    rows = export()
    rows[record.reference] |= {"track": "1.5", "touches": "1.5;3", "series": "Bright Path"}
    bring(rows)
    record.refresh_from_db()
    assert record.track_id == "1.5"
    assert sorted(record.touches.values_list("pk", flat=True)) == ["1.5", "3"]
    assert record.series == Series.objects.get(code="bright-path")


CHANGED = {
    "joint_exercise": {
        "exercise_form": ("live", "mixed"),
        "exercise_environments": ("land;sea", "air;land"),
        "exercise_focus": ("peacekeeping", "other"),
        "exercise_live_fire": ("true", "FALSE"),
        "exercise_multi_service": ("true", ""),
    },
    "education_programme": {
        "training_course": ("Staff course", "War college"),
        "sending_side": ("Kenya", "Uganda"),
        "receiving_side": ("Ghana", ""),
        "training_people": ("40", "41"),
        "training_days": ("12", ""),
    },
    "peacekeeping_operation": {
        "mandating_body": ("united_nations", "african_union;united_nations"),
        "mandate_document": ("S/RES/690 (1991)", "S/RES/743 (1992)"),
        "authorised_strength": ("900", "1200"),
        "mandate_tasks": ("elections", ""),
    },
    "workshop_seminar": {
        "dialogue_format": ("bilateral", "shuttle"),
        "dialogue_rounds": ("3", "4"),
        "dialogue_facilitation": ("insider", "unknown"),
        "dialogue_sides": ("2", ""),
        "dialogue_confidentiality": ("closed", "public"),
    },
}


@pytest.mark.parametrize("activity", CHANGED)
def test_details_of_a_family_come_back_changed(bring, activity):
    """A record that had details, and one that had none: one change for each cell."""
    cells = CHANGED[activity]
    told, silent = (EngagementFactory(activity_id=activity) for _ in range(2))
    before = read_details({column: before for column, (before, _after) in cells.items()})
    for block, model in DETAILS.items():
        if row := row_of(block, before):
            model.objects.create(engagement=told, **row)
    put_out(told, silent)
    rows = export()
    for record in (told, silent):
        rows[record.reference] |= {column: after for column, (_before, after) in cells.items()}
    found = {v.reference: v for v in bring(rows)}
    assert {change.what for change in found[told.reference].changes} == set(cells)
    put_out(told, silent)
    now = export()
    for record in (told, silent):
        for column, (_before, after) in cells.items():
            is_now = plain(COLUMNS[column], now[record.reference][column])
            assert is_now == plain(COLUMNS[column], after), column
    assert {v.verdict for v in bring(rows, columns=["reference", *cells])} == {"unchanged"}


def test_details_of_another_family_are_refused_by_name(bring):
    record = EngagementFactory(published=True, activity_id="workshop_seminar")
    rows = {record.reference: {"reference": record.reference, "exercise_form": "live"}}
    (found,) = bring(rows)
    assert found.verdict == "refused"
    assert "exercise_form is told of other kinds of activity" in found.reason
    assert not ExerciseDetails.objects.exists()


def test_one_reference_twice_with_two_wishes_is_refused(bring):
    record = EngagementFactory(published=True)
    rows = export()
    other = rows[record.reference] | {"title": "Another"}
    assert [v.verdict for v in bring(rows | {"again": other})] == ["unchanged", "refused"]


def test_only_the_reference_has_to_be_in_the_file(bring):
    record = EngagementFactory(published=True)
    rows = {record.reference: {"reference": record.reference, "status": "cancelled"}}
    assert [v.verdict for v in bring(rows)] == ["updated"]
    assert Engagement.objects.get().status == "cancelled"
