"""Mappings in TOML: what ships reads the published files, and a wrong one says everything."""

import io
import tomllib
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from engagements.importing.mapping import FOLDER, from_dict, load, names
from engagements.importing.reading import header_of, lines
from engagements.importing.spec import MappingError
from engagements.importing.targets import TARGETS
from engagements.models import Engagement

pytestmark = pytest.mark.django_db

MME = "MMEID,Ex_Name,Series_Name,Location,lat,lon,StartDate,EndDate,AdditionalParticipantInfo,"
MME += "CPX,Air,Land,Sea,Amphibious,Cyber,Warfighting,Peacekeeping,Humanitarian,"
MME += "StateA,StateB,StateAA"
SMALL = {
    "dataset": {"name": "Desk", "citation": "Our list"},
    "columns": {"source_id": "no", "title": "name", "date_start": "from", "status": "state"},
    "constants": {"activity": "staff_talks"},
    "dates": {"order": "dmy"},
    "values": {"status": {"Over": "completed"}},
}


def read(mapping, row, desk):
    return mapping.read(row, desk)


def row_of(header, **cells):
    return dict.fromkeys(header.split(","), "") | cells


class TestWhatShips:
    def test_every_mapping_loads(self):
        assert {"curated", "engagements", "mme_v7", "register", "template", "un_missions"} <= set(
            names()
        )
        for name in names():
            assert load(name).columns

    def test_exercises_as_published_need_no_code(self, desk):
        mapping = load("mme_v7")
        assert mapping.spec is not None
        row = row_of(
            MME,
            MMEID="mme91",
            Location="Baltic Sea",
            StartDate="1980-02-xx",
            EndDate="2/30/80",
            StateA="Poland",
            StateB="Soviet Union",
            StateAA="Côte d’Ivoire",
            AdditionalParticipantInfo="and observers of NATO",
        )
        assert mapping.key(row) == ("MME v7", "mme91")
        with pytest.raises(Exception, match="EndDate “2/30/80” has the day 30"):
            mapping.read(row, desk)
        record = mapping.read(row | {"EndDate": "2/20/80"}, desk)
        assert (record.start, record.end, record.track) == ("1980-02", "1980-02-20", "1")
        assert record.title == (
            "Unnamed exercise: Poland, Soviet Union, Côte d'Ivoire, "
            "North Atlantic Treaty Organization"
        ) or record.title.startswith("Unnamed exercise: Poland, Soviet Union")
        assert record.title_supplied
        assert {p.actor.country for p in record.participants if p.actor.type == "state"} == {
            "POL",
            "SUN",
            "CIV",
        }
        assert "Baltic Sea" in record.summary
        assert record.sources[0].locator == "mme91"

    def test_missions_as_published_need_no_code(self, desk):
        mapping = load("un_missions")
        row = dict.fromkeys(mapping.columns, "") | {
            "id": "11",
            "mission_name": "United Nations Protection Force",
            "mission_acronym": "UNPROFOR",
            "mission_isactive": "No",
            "start_date": "1992-02-01",
            "end_date": "1995-03-01",
            "mission_location": "Zagreb",
            "mission_latitude": "45,8167",
            "mission_longitude": "15,9833",
        }
        record = mapping.read(row, desk)
        assert record.title == "United Nations Protection Force (UNPROFOR)"
        assert not record.title_supplied
        assert (record.status, record.series) == ("completed", "UNPROFOR")
        assert [(place.name, place.country) for place in record.places] == [("Zagreb", "HRV")]
        assert [p.actor.name for p in record.participants] == ["United Nations"]
        with pytest.raises(Exception, match="mission_isactive “Perhaps” is not covered"):
            mapping.read(row | {"mission_isactive": "Perhaps"}, desk)

    def test_the_template_has_everything_that_can_be_imported(self, desk):
        text = (FOLDER / "template.toml").read_text(encoding="utf-8")
        said = tomllib.loads(text)
        assert set(said["columns"]) == {target.name for target in TARGETS}
        assert header_of(FOLDER / "template.csv") == list(said["columns"].values())
        for section in ("[flags.", "[[participants]]", "[compose]", "[values.participants]"):
            assert section in text
        row = dict.fromkeys(said["columns"].values(), "") | {
            "source_id": "1",
            "title": "[Talks at the bridge]",
            "activity": "local_mediation",
            "date_start": "14/05/2024",
            "track": "3",
            "touches": "1.5",
            "place_name": "Mitrovica",
            "place_country": "XKX",
            "participants": "Elders|community||party|non_official|a|5|9;Kosovo",
            "outcomes": "agreement_reached|community|They reopened it.",
            "source_title": "A newspaper",
            "source_kind": "news",
            "gives_support": "no",
            "narrative": "Two paragraphs.\n\nOf text.",
        }
        with pytest.raises(Exception, match="has no actor type"):
            load("template").read(row, desk)
        row["participants"] = "Elders|community||party|non_official|a|5|9"
        record = load("template").read(row, desk)
        assert (record.title, record.title_supplied) == ("Talks at the bridge", True)
        assert (record.track, record.touches) == ("3", ("3", "1.5"))
        assert (record.start, record.gives_support) == ("2024-05-14", False)
        assert record.narrative.endswith("Of text.")
        assert record.participants[0].people_max == 9
        assert record.outcomes[0].statement == "They reopened it."
        assert record.marking == "open"


class TestAWrongMapping:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"colums": {}}, "“colums”, which is not known. Did you mean “columns”"),
            (
                {"columns": {"source_id": "no", "titel": "x"}},
                "“titel”, which is nothing to import",
            ),
            ({"columns": {"title": "name"}}, "no source_id"),
            ({"constants": {}}, "activity is given neither"),
            ({"dataset": {}}, "[dataset] has no name"),
            ({"dates": {"order": "ymx"}}, "none of dmy, mdy"),
            ({"dates": {"years": [2000]}}, "first and the last year"),
            ({"participants": [{"role": "host"}]}, "needs columns"),
            ({"participants": [{"columns": ["a"], "are": "state"}]}, "Did you mean “states”"),
            ({"participants": [{"columns": ["a"], "are": "actors"}]}, "needs the type"),
            ({"values": {"status": {"Over": 1}}}, "a table of texts"),
            ({"compose": {"track": "1"}}, "can be composed"),
            ({"missing": {"marks": "x"}}, "written in the wrong way"),
        ],
    )
    def test_is_told_in_words(self, change, reason):
        with pytest.raises(MappingError) as error:
            from_dict("mine", SMALL | change)
        assert reason in str(error.value)

    def test_everything_is_told_at_once(self):
        with pytest.raises(MappingError) as error:
            from_dict("mine", {"columns": {"titel": "x"}})
        assert len(error.value.problems) == 4

    def test_an_unknown_name_lists_the_known(self):
        with pytest.raises(MappingError, match="Known: curated, engagements"):
            load("mme_v8")


@pytest.fixture
def desk_file(tmp_path):
    def written(*rows, header="no,name,from,state"):
        path = tmp_path / "desk.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        toml = tmp_path / "desk.toml"
        toml.write_text(
            """
[dataset]
name = "Desk"
citation = "Our list"
[columns]
source_id = "no"
title = "name"
date_start = "from"
status = "state"
[constants]
activity = "staff_talks"
[dates]
order = "dmy"
[values.status]
Over = "completed"
""",
            encoding="utf-8",
        )
        return path, toml

    return written


def checked(path, toml):
    said = io.StringIO()
    try:
        call_command("check_mapping", str(path), str(toml), stdout=said)
    except CommandError as error:
        return f"{said.getvalue()}{error}"
    return said.getvalue()


class TestTheLinter:
    def test_says_where_each_fault_is_and_how_often(self, desk_file):
        said = checked(
            *desk_file(
                "1,Talks,31/11/2024,Over",
                "2,Talks,31/11/2024,Over",
                "3,Talks,1/12/2024,Ended",
                "4,Talks,1/12/2024,over",
                "4,Talks,soon,Over",
                ",Talks,2024,Over",
            )
        )
        assert (
            "from “31/11/2024” has the day 31, and that month has 30. (2 rows: lines 2, 3)" in said
        )
        assert (
            "state “Ended” is not covered by [values.status] of the mapping. (1 row: line 4)"
            in said
        )
        assert "The identifier “4” is that of line 5 too. (1 row: line 6)" in said
        assert "from “soon” is not a date" in said
        assert "The row has no identifier. (1 row: line 7)" in said
        assert "6 rows: 1 can be imported, 5 cannot." in said

    def test_names_a_wrong_column(self, desk_file):
        said = checked(*desk_file("1,a,2024,Over", header="no,name,form,state"))
        assert "The file has no column “from”. Did you mean “form”?" in said

    def test_names_what_is_not_used(self, desk_file):
        said = checked(*desk_file("1,a,2024,Over,x", header="no,name,from,state,more"))
        assert "Not used: more." in said
        assert "1 rows: 1 can be imported, 0 cannot." in said

    def test_writes_nothing(self, desk_file):
        checked(*desk_file("1,a,2024,Over"))
        assert not Engagement.objects.exists()


def test_a_mapping_of_one_s_own_imports_and_a_second_time_nothing_changes(desk_file):
    path, toml = desk_file("1,Talks,1/12/2024,Over", "2,More talks,2024,Over")
    for told in ("2 created, 0 updated, 0 unchanged", "0 created, 0 updated, 2 unchanged"):
        said = io.StringIO()
        call_command(
            "import_engagements",
            str(path),
            mapping=str(toml),
            stdout=said,
            stderr=io.StringIO(),
        )
        assert told in said.getvalue()
    assert set(Engagement.objects.values_list("start", flat=True)) == {"2024-12-01", "2024"}


class TestFiles:
    def test_a_workbook_says_no_more_of_a_date_than_its_cell_shows(self, tmp_path):
        from datetime import date

        book = Workbook()
        sheet = book.active
        sheet.append(["no ", "day", "month", "year", "number", "truth", "text", "empty"])
        sheet.append([1, *[date(1980, 5, 1)] * 3, 12.5, True, "'=1+1", None])
        for column, shown in (("B", "yyyy-mm-dd"), ("C", "mmm yyyy"), ("D", "yyyy")):
            sheet[f"{column}2"].number_format = shown
        sheet.append([])
        sheet.append([2])
        path = tmp_path / "book.xlsx"
        book.save(path)
        first, second = lines(path, ["no", "day"])
        assert first.cells == {
            "no": "1",
            "day": "1980-05-01",
            "month": "1980-05",
            "year": "1980",
            "number": "12.5",
            "truth": "true",
            "text": "=1+1",
            "empty": "",
        }
        assert (second.line, second.number, second.cells["no"], second.problem) == (4, 2, "2", "")

    @pytest.mark.parametrize(
        ("content", "encoding"),
        [
            ("no;name\n1;Übung, gemeinsam\n".encode(), ""),
            ("no\tname\r1\tÜbung, gemeinsam\r".encode("utf-8-sig"), ""),
            ('no,name\n1,"Übung, gemeinsam"\n'.encode("cp1252"), "cp1252"),
            ('no,name\n1,"Übung, gemeinsam"\n'.encode("utf-16"), "utf-16"),
        ],
    )
    def test_separators_line_ends_and_encodings(self, tmp_path: Path, content, encoding):
        path = tmp_path / "rows.csv"
        path.write_bytes(content)
        (row,) = lines(path, ["no", "name"], encoding)
        assert row.cells == {"no": "1", "name": "Übung, gemeinsam"}
