"""What is particular to each dataset, and what holds for all of them."""

import pytest

from engagements.importing.datasets import COLUMNS, READERS, read
from engagements.importing.datasets.base import excluded, status_of
from engagements.importing.datasets.citing import split_citation
from engagements.importing.datasets.missions import mandate_details
from engagements.importing.records import RowError
from engagements.importing.series import series_code

from .conftest import EXERCISE, TODAY


@pytest.fixture
def record(desk):
    return lambda **cells: read(EXERCISE | cells, desk)


def actors(record, role):
    return [p.actor.country or p.actor.name for p in record.participants if p.role == role]


def test_an_exercise_is_summed_up_from_its_codes_only(record):
    exercise = record(
        summary="Somebody else's words [coded: CPX, Sea, Humanitarian]",
        location_text="Baltic Sea",
        countries="DNK;DEU;USA",
    )
    assert exercise.summary == (
        "Joint exercise of Denmark, Germany and the United States, in the Baltic Sea. "
        "Coded in the dataset as: command post exercise, sea, humanitarian aid."
    )
    assert "Somebody else's words" in exercise.source_text


def test_the_codes_of_an_exercise_are_its_details(record):
    exercise = record(summary="[coded: CPX, Sea, Air, Humanitarian]")
    assert exercise.details == {
        "exercise_form": "command_post",
        "exercise_environments": ["air", "sea"],
        "exercise_focus": ["humanitarian"],
    }
    assert {"exercise_form", "exercise_focus"} <= set(exercise.sources[0].supports)
    # Not to be a command post exercise is not to be a live one.
    assert "exercise_form" not in record(summary="[coded: Land, Warfighting]").details
    assert record(summary="[type: CPX, FTX]").details == {"exercise_form": "mixed"}


def test_a_column_of_details_wins_over_the_words_of_a_dataset(record):
    exercise = record(
        summary="[coded: Sea]", details="exercise_environments=cyber;air | exercise_live_fire=yes"
    )
    assert exercise.details == {
        "exercise_environments": ["air", "cyber"],
        "exercise_live_fire": True,
    }


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ("exercise_form=loud", "exercise_form “loud” is no code"),
        ("form=live", "“form=live” is not a column of details"),
        ("training_people=0", "training_people “0” is no number"),
        ("training_people=many", "training_people “many” is no number"),
        ("exercise_live_fire=perhaps", "neither yes nor no"),
        ("training_course=" + "x" * 301, "301 characters"),
    ],
)
def test_details_that_cannot_be_are_refused_with_the_reason(record, details, reason):
    with pytest.raises(RowError, match=reason):
        record(details=details)


@pytest.mark.parametrize(
    ("document", "body"),
    [
        ("UNSC Res. 1244 (June 10, 1999)", ["united_nations"]),
        ("OSCE Permanent Council Decision No. 239 (June 25, 1998)", ["osce"]),
        ("AU Peace & Security Council decision (October 20, 2004)", ["african_union"]),
        ("North Atlantic Council decision (April 16, 1999)", ["nato"]),
        ("Decision of somebody (May 1, 1999)", None),
    ],
)
def test_who_gave_a_mandate_is_read_off_its_document(document, body):
    details = mandate_details(document)
    assert details["mandate_document"] == document
    assert details.get("mandating_body") == body


def test_many_states_are_counted(record):
    exercise = record(countries="NOR;DNK;SWE;FIN;ISL;POL;NLD;DEU;GBR")
    assert "9 states, among them Norway, Denmark, Sweden, Finland and Iceland" in exercise.summary


def test_one_state_alone_took_part_in_something(record):
    assert record(countries="NOR").summary == (
        "Joint exercise in which Norway took part, in Norway."
    )


def test_our_own_summary_is_used_as_it_is(record):
    assert record(public_summary="Ours.").summary == "Ours."


def test_a_supplied_title_loses_its_brackets_and_says_that_it_is_ours(record):
    exercise = record(title="[Unnamed exercise: Norway, Denmark]")
    assert (exercise.title, exercise.title_supplied) == ("Unnamed exercise: Norway, Denmark", True)
    assert not record(title="Air Brake “03”").title_supplied


def test_a_guess_of_the_track_stays_a_guess(record):
    guessed = record(track_level_guess="III")
    assert (guessed.track, guessed.touches) == ("3", ("3",))
    assert guessed.track_basis == "dataset_guess"
    assert "not checked" in guessed.track_note
    unknown = record(track_level_guess="")
    assert (unknown.track, unknown.touches, unknown.track_note) == (None, (), "")


def test_partners_of_an_alliance_are_not_the_alliance(record):
    alone = record(countries="", participants_text="| 371 people of NATO's Partnership for Peace")
    assert [p.actor for p in alone.participants] == []
    assert "in the source's words only" in alone.working_note


def test_territories_take_part_without_being_states(record):
    exercise = record(countries="AUS;HKG", location_text="Australia")
    assert [p.actor.type for p in exercise.participants] == ["state", "local_government"]


def test_the_source_supports_what_the_row_states_and_not_what_was_derived(record):
    stated = record(location_text="Norway").sources[0]
    assert {"title", "date_start", "date_end", "place_countries"} <= set(stated.supports)
    derived = record(location_text="Klomino range", lat="53.4869", lon="16.5552", title="[X: Y]")
    assert {"title", "place_countries"}.isdisjoint(derived.sources[0].supports)
    assert (stated.url, stated.locator) == ("https://doi.org/10.7910/DVN/KHFODX", "mme1")


def test_the_licence_of_the_row_is_kept(record):
    assert record().licence == "Facts from MME v7; its licence: CC0"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"source_dataset": "Somewhere"}, "source_dataset “Somewhere” is not known here"),
        ({"activity_type_guess": "war"}, "activity_type_guess “war” is no activity type"),
        ({"track_level_guess": "IV"}, "track_level_guess “IV” is none of"),
        ({"countries": "NOR;XXX"}, "“XXX”, which is no country code"),
        ({"title": " "}, "title is empty"),
        ({"title": "x" * 501}, "title has 501 characters"),
        ({"citation": ""}, "citation is empty"),
        ({"lat": "95", "lon": "10"}, "lat “95” is not between"),
        ({"start_date_raw": "5/14/90", "end_date_raw": "5/16/97"}, "lie 7.0 years apart"),
    ],
)
def test_a_row_that_cannot_be_a_record_is_refused_with_the_cell_named(record, cells, reason):
    with pytest.raises(RowError) as refusal:
        record(**cells)
    assert reason in refusal.value.reason


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2020-05-01", "2020-05-03", "completed"),
        ("2020-05-01", "", "completed"),
        ("2020", "2030", "ongoing"),
        ("2027-01", "", "planned"),
        ("2020", "2026", "unknown"),
        ("2026", "", "unknown"),
        ("", "2019", "completed"),
        ("", "", "unknown"),
    ],
)
def test_the_status_is_what_the_dates_say_on_the_day_of_the_import(start, end, status):
    assert status_of(start, end, TODAY) == status


def un(record, **cells):
    mission = {
        "source_dataset": "UN DPPA-DPO peacekeeping missions",
        "activity_type_guess": "peacekeeping_operation",
        "start_date_raw": "1978-03-19",
        "end_date_raw": "",
        "location_text": "Naqoura",
        "lat": "33.12",
        "lon": "35.1342",
        "countries": "LBN;FRA;RUS",
        "participants_text": "Host: LBN | Contributors 2010-2021: France; Russian Federation",
        "summary": "Lead department DPO; active: Yes",
    }
    return record(**(mission | cells))


def test_a_mission_has_a_host_contributors_of_their_day_and_goes_on_when_the_source_says(record):
    mission = un(record)
    assert actors(mission, "organiser") == ["United Nations"]
    assert actors(mission, "host") == ["LBN"]
    assert actors(mission, "contributor") == ["FRA", "RUS"]  # in 2010, not in 1978
    assert mission.status == "ongoing"
    assert un(record, summary="active: No").status == "completed"


def test_a_mission_of_an_unknown_end_may_or_may_not_go_on(record):
    mission = record(
        source_dataset="Third-Party Peacekeeping Missions 3.1",
        title="NATO Kosovo Force (NATO KFOR)",
        activity_type_guess="peacekeeping_operation",
        start_date_raw="1999-6-12",
        end_date_raw="",
        location_text="Serbia/Kosovo",
        countries="SRB;GBR",
        participants_text="Lead state: United Kingdom | number of states: 39",
        summary="Regional-organisation mission. UN mandate: UNSC Res. 1244 (June 10, 1999). "
        "Ongoing when coded.",
    )
    assert mission.status == "unknown"
    assert actors(mission, "organiser") == ["North Atlantic Treaty Organization", "GBR"]
    assert [place.country for place in mission.places] == ["YUG", "XKX"]
    assert "Mandate as the dataset gives it: UNSC Res. 1244 (June 10, 1999)" in mission.summary


def mediation(record, **cells):
    event = {
        "source_dataset": "MEND (mediation events)",
        "title": "[Mediation: UNSMIL, Turkey - Libya]",
        "series": "UNSMIL process; 5+5",
        "activity_type_guess": "mediation_dialogue",
        "start_date_raw": "2023-5-24",
        "end_date_raw": "",
        "location_text": "Tripoli, Libya",
        "countries": "TUR;LBY",
        "participants_text": "Third parties: UNSMIL; Turkey | Local parties: Libyan National Army; "
        "Youth Group (Default); Somebody Unheard Of | Named: Jane Roe",
        "citation": "MEND, doi:10.7910/DVN/PYRHS6 | https://news.example/a;https://x.com/b",
    }
    return record(**(event | cells))


def test_a_mediation_has_third_parties_local_parties_and_no_persons(record):
    event = mediation(record)
    assert event.activity == "mediation_facilitation"
    assert actors(event, "mediator") == ["United Nations Support Mission in Libya", "TUR"]
    parties = [p for p in event.participants if p.role == "party"]
    assert [p.actor.name if p.actor else p.actor_type for p in parties] == [
        "Libyan National Army",
        "youth_organisation",
    ]
    assert "Somebody Unheard Of" in event.working_note
    assert "Jane Roe" not in event.summary + event.title + event.working_note
    assert event.series == "UNSMIL process"


def test_a_meeting_about_mediation_has_participants_and_no_mediators(record):
    meeting = mediation(record, title="[Mediation-related meeting: Turkey - Libya]")
    assert actors(meeting, "mediator") == []


def test_links_become_sources_of_their_kind(record):
    kinds = [(source.kind, source.url) for source in mediation(record).sources]
    assert kinds == [
        ("dataset", "https://doi.org/10.7910/DVN/PYRHS6"),
        ("news", "https://news.example/a"),
        ("social_media", "https://x.com/b"),
    ]


def test_of_many_links_the_first_five_are_sources_and_all_are_kept(record):
    links = ";".join(f"https://news.example/{number}" for number in range(40))
    event = mediation(record, citation=f"MEND | {links}")
    assert len(event.sources) == 6
    assert "https://news.example/39" in event.source_text


def test_a_citation_is_split_into_words_and_links():
    assert split_citation("PeaceRep (2022); https://a.example/x?y=1 ;;; https://b.example/z.") == (
        "PeaceRep (2022)",
        ["https://a.example/x?y=1", "https://b.example/z"],
    )


@pytest.mark.parametrize(
    ("text", "lat", "lon", "place"),
    [
        ("Tripoli, Lebanon", "", "", ("Tripoli", None, None)),
        ("Entebbe, Sudan", "0.05", "32.46", ("Entebbe", None, None)),
        ("Ramallah, Israel", "31.9", "35.2", ("Ramallah", None, "145")),
        ("Tripoli, Libya", "32.87", "13.18", ("Tripoli, Libya", "LBY", None)),
        ("Virtual", "", "", ("Online", None, "001")),
        ("Seoul, Korea, South", "37.56", "126.97", ("Seoul, Korea, South", "KOR", None)),
    ],
)
def test_a_town_in_the_wrong_country_is_left_without_one(record, text, lat, lon, place):
    (where,) = mediation(record, location_text=text, lat=lat, lon=lon).places
    assert (where.name, where.country, where.region) == place


def visit(record, **cells):
    trip = {
        "source_dataset": "US service secretaries and commanders visits",
        "title": "[Visit of Secretary of the Navy Jane Roe to Cuba]",
        "activity_type_guess": "official_visit",
        "start_date_raw": "2009-3-1",
        "end_date_raw": "2009-3-2",
        "location_text": "Guantanamo, Cuba",
        "countries": "USA;CUB",
        "participants_text": "Jane Roe (Secretary of the Navy)",
    }
    return record(**(trip | cells))


def test_a_visit_names_the_office_and_not_the_person(record):
    trip = visit(record, countries="USA;MNG", location_text="Ulaanbaatar, Mongolia")
    assert trip.title == "Visit of the United States Secretary of the Navy to Mongolia"
    assert trip.title_supplied
    assert "Roe" not in trip.summary + trip.title
    assert actors(trip, "host") == ["MNG"]


def test_a_visit_to_a_base_of_one_s_own_has_no_host(record):
    assert actors(visit(record), "host") == []


def agreement(record, **cells):
    signed = {
        "source_dataset": "PA-X v10",
        "title": "Agreement between the Government of the Republic of Rwanda and the RPF",
        "activity_type_guess": "peace_agreement",
        "start_date_raw": "1993-08-03",
        "end_date_raw": "",
        "location_text": "",
        "countries": "RWA",
        "participants_text": "For the RPF: Jane Roe | Third parties: Government of Tanzania",
        "citation": "PA-X v10, https://www.peaceagreements.org/agreements/507/",
    }
    return record(**(signed | cells))


def test_an_agreement_is_signed_on_one_day_and_linked(record):
    signed = agreement(record)
    assert (signed.start, signed.end) == ("1993-08-03", "1993-08-03")
    assert signed.sources[0].url == "https://www.peaceagreements.org/agreements/507/"
    assert len(signed.sources) == 1


def test_an_agreement_is_what_the_dataset_counts_as_one(record):
    assert agreement(record, series="Arusha process").summary == (
        "Document of 3 August 1993 about Rwanda, which the dataset counts as a peace agreement, "
        "in the process that it calls “Arusha process”."
    )


def test_a_government_is_a_party_only_where_it_is_named(record):
    assert actors(agreement(record), "party") == ["RWA", "RWA"]  # the state, and the RPF
    unnamed = agreement(record, title="Arusha Accords", participants_text="Jane Roe")
    assert unnamed.participants == ()
    assert [place.country for place in unnamed.places] == ["RWA"]


@pytest.mark.parametrize(
    ("signed", "party"),
    [
        ("Chief Negotiator, Papua New Guinea Government", ["PNG"]),
        ("President of the Democratic Republic of Congo", ["COD"]),
        ("For the Sudan People's Unheard-of Movement", []),
        ("Republic of Croatia; Federal Republic of Yugoslavia", ["HRV", "YUG"]),
        ("Pour le Gouvernement du Mali", ["MLI"]),
        ("Former President of Tanzania", []),
    ],
)
def test_names_of_states_are_not_mistaken(record, signed, party):
    found = agreement(record, title="Accord", participants_text=signed, countries="").participants
    assert [participant.actor.country for participant in found] == party


def test_a_guessed_local_agreement_is_a_local_agreement(record):
    assert agreement(record, track_level_guess="III").activity == "local_agreement"
    assert agreement(record).activity == "peace_agreement"


@pytest.mark.parametrize("source_id", ["1644", "1468", "1983", "2063"])
def test_surrenders_and_forced_transfers_are_refused(record, source_id):
    with pytest.raises(RowError, match="it does not belong in the register"):
        agreement(record, source_id=source_id)


def test_each_exclusion_gives_its_reason():
    assert all(len(reason.split()) > 8 for reason in excluded().values())
    assert {dataset for dataset, _id in excluded()} <= set(READERS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Cobra Gold", "cobra-gold"),
        ("COBRA GÓLD", "cobra-gold"),
        ("Боевое братство", "boevoe-bratstvo"),
        ("Щит", "shchit"),
    ],
)
def test_a_series_gets_the_same_code_whatever_its_script(name, code):
    assert series_code(name) == code


def test_a_series_that_has_no_latin_letters_gets_a_stable_code():
    assert series_code("和平使命") == series_code("和平使命") != series_code("別の名前")
    assert len(series_code("long " * 60)) <= 80


def test_every_cell_of_a_row_is_kept_for_the_work(record):
    row = {column: f"{column} cell" for column in ("location_text", "participants_text")}
    text = record(**row).source_text
    assert all(f"{column}: {column} cell" in text for column in row)
    assert {line.partition(":")[0] for line in text.splitlines()} <= set(COLUMNS)
