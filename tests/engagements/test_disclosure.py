"""What may be public, over records made up by Hypothesis: the rules hold in every one of them."""

import copy
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagements.disclosure import (
    ANNOUNCING_ROLES,
    Disclosed,
    Protections,
    disclose,
    material_digest,
)
from engagements.entries import entry_values, search_texts
from engagements.texts import leaks, searchable
from engagements.versions import blurred, stricter, tightened
from milidip.codebook.choices import Marking, PlacePrecision
from tests.engagements.snapshots import (
    UNDER_RULE,
    actor,
    actors_of,
    names_of,
    protecting,
    snapshots,
    versions,
    worlds,
)


def everything(disclosed: Disclosed) -> str:
    """All that the public side may hold of a record, as one text."""
    return json.dumps(
        [
            disclosed.document,
            entry_values(disclosed),
            search_texts(disclosed),
            disclosed.actors,
            disclosed.withheld,
        ],
        default=str,
        ensure_ascii=False,
    )


def facts_of(one: dict[str, Any]) -> list[str]:
    """Everything that would tell who an actor is."""
    identifiers = [value for _scheme, value in one["identifiers"]]
    return [one["reference"], *names_of(one), f'"{one["country"]}"', *identifiers]


def lines(disclosed: Disclosed) -> list[dict[str, Any]]:
    return disclosed.document["participants"]


# --- nothing that is withheld is anywhere -------------------------------------------------------


@given(worlds())
def test_nothing_of_an_actor_that_is_not_named_is_in_the_output(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)
    text = everything(disclosed)

    for reference, one in actors_of(snapshot).items():
        if reference not in disclosed.actors:
            for fact in facts_of(one):
                assert fact not in text
        assert one["parent"] not in json.dumps(
            [disclosed.document, entry_values(disclosed)], default=str
        )


@given(worlds())
def test_nobody_under_protection_or_on_hold_is_named(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)

    assert not disclosed.actors.keys() & protections.names.keys()
    if protections.held:
        assert not disclosed.actors


@given(worlds())
def test_a_person_is_named_only_with_consent_after_an_individual_review(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)

    for reference, one in disclosed.actors.items():
        if one["type"] == "person":
            assert snapshot["review"]["kind"] == "individual"
            assert any(
                row["consent_basis"] != "none" and row["disclosure"] == "named"
                for row in snapshot["participations"]
                if row["actor"] and row["actor"]["reference"] == reference
            )
            assert one["other_names"] == []


@given(snapshots())
def test_nothing_of_a_withheld_place_and_no_finer_pin_than_the_precision(snapshot):
    text = everything(disclose(snapshot))

    for place in snapshot["places"]:
        if place["precision"] == PlacePrecision.WITHHELD:
            assert place["name"] not in text
            assert f'"{place["country"]}"' not in text
        if place["latitude"] is not None and place["precision"] != PlacePrecision.EXACT:
            assert str(place["latitude"]) not in text
            if place["precision"] != PlacePrecision.PLACE:
                assert str(round(place["latitude"], 2)) not in text


@given(snapshots())
def test_nothing_of_a_withheld_source_but_its_kind(snapshot):
    disclosed = disclose(snapshot)
    text = everything(disclosed)
    shown = {source["reference"]: source for source in disclosed.document["sources"]}

    for number, source in enumerate(snapshot["sources"]):
        safe = snapshot["marking"] == Marking.OPEN or source["chatham_safe"]
        if source["withheld"] or not safe:
            assert f"{number}ws" not in text
            assert source["published"] not in text
            assert shown[source["reference"]]["kind"] == source["kind"]
            for line in lines(disclosed):
                assert source["reference"] not in line["sources"]


@given(worlds(), st.data())
def test_who_is_not_named_makes_no_difference(world, data):
    """The same record with other people in its withheld lines reads the same, to the byte."""
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)
    others = copy.deepcopy(snapshot)
    for row in others["participations"]:
        if row["actor"] and row["actor"]["reference"] not in disclosed.actors:
            number = int(row["actor"]["reference"][-4:])
            row["actor"] = actor(number, row["actor"]["type"], tag="yy")
    replaced = [
        actor(int(reference[-4:]), one["type"], tag="yy")
        for reference, one in actors_of(snapshot).items()
        if reference in protections.names
    ]

    assert everything(disclose(others, protecting(replaced, held=protections.held))) == everything(
        disclosed
    )


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_tells_nothing_of_who_is_not_named(world, random):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)
    named = [line["reference"] for line in lines(disclosed) if line["reference"]]
    shuffled = copy.deepcopy(snapshot)
    random.shuffle(shuffled["participations"])
    again = disclose(shuffled, protections)

    unnamed = [line for line in lines(disclosed) if not line["reference"]]
    assert [line for line in lines(again) if not line["reference"]] == unnamed
    assert lines(disclosed)[len(named) :] == unnamed


@given(worlds())
def test_disclosing_leaves_the_snapshot_as_it_is(world):
    snapshot, protections = world
    before = copy.deepcopy(snapshot)
    disclose(snapshot, protections)

    assert snapshot == before


# --- promises only ever take away ----------------------------------------------------------------


def atoms(value: Any) -> Counter:
    """Every value somewhere in ``value``, counted; what says that nothing is known is nothing."""
    if isinstance(value, dict):
        return sum((atoms(item) for item in value.values()), Counter())
    if isinstance(value, list):
        return sum((atoms(item) for item in value), Counter())
    return Counter() if value in (None, "", "unknown") else Counter([str(value)])


def without_rules(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the words that say that something is missing."""
    return {key: value for key, value in document.items() if key != "withheld"}


@given(snapshots(), st.data())
def test_one_more_promise_never_adds_anything(snapshot, data):
    known = list(actors_of(snapshot).values())
    chosen = data.draw(st.lists(st.sampled_from(known), unique_by=id)) if known else []
    more = data.draw(st.lists(st.sampled_from(known), unique_by=id)) if known else []
    before = disclose(snapshot, protecting(chosen))
    after = disclose(snapshot, protecting([*chosen, *more]))

    assert not atoms(without_rules(after.document)) - atoms(without_rules(before.document))
    assert after.actors.items() <= before.actors.items()
    assert set(leaks(before)) <= set(leaks(after))


@given(worlds())
def test_a_hold_on_names_never_adds_anything(world):
    snapshot, protections = world
    before = disclose(snapshot, Protections(names=protections.names))
    held = Protections(names=protections.names, held={snapshot["reference"]})
    after = disclose(snapshot, held)

    assert not after.actors
    assert not atoms(without_rules(after.document)) - atoms(without_rules(before.document))


@given(worlds())
def test_cells_do_not_change_with_a_promise(world):
    """A number that fell on the day of a promise would point at whom it was made to."""
    snapshot, protections = world

    def cells(disclosed):
        return [line for line in lines(disclosed) if line["rule"] == "chatham_house"]

    assert cells(disclose(snapshot, protections)) == cells(disclose(snapshot))


# --- under the Chatham House Rule ----------------------------------------------------------------


@given(worlds([Marking.CHATHAM_HOUSE]))
def test_under_the_rule_only_those_who_announced_it_are_named(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)
    announced = {
        row["actor"]["reference"]
        for row in snapshot["participations"]
        if row["actor"] and row["announced"] and row["role"] in ANNOUNCING_ROLES
    }

    assert disclosed.actors.keys() <= announced
    entry = entry_values(disclosed)
    countries = {actors_of(snapshot)[reference]["country"] for reference in disclosed.actors}
    assert set(entry["participant_countries"]) <= countries | {"unknown"}
    for line in lines(disclosed):
        if line["rule"] == "chatham_house":
            told = (line["role"], line["capacity"], line["side"], line["country"], line["level"])
            assert told == ("participant", "unknown", "", "", "")
        else:
            assert line["role"] in ANNOUNCING_ROLES


@given(snapshots(UNDER_RULE), st.integers(3, 9))
def test_no_number_under_the_rule_is_of_fewer_than_the_smallest_cell(snapshot, smallest):
    disclosed = disclose(snapshot, Protections(smallest_cell=smallest))
    cells = [line for line in lines(disclosed) if line["rule"] == "chatham_house"]
    numbers = [line["people_min"] for line in cells if line["people_min"] is not None]

    assert all(number >= smallest for number in numbers)
    assert all(line["women_min"] is None and line["people_max"] is None for line in cells)
    if len(numbers) < len(cells):  # "some": then there is nothing to take it from
        assert len(cells) == 1


@given(snapshots([Marking.CHATHAM_HOUSE]))
def test_a_cell_counts_those_who_were_surely_there(snapshot):
    disclosed = disclose(snapshot)
    surely: Counter = Counter()
    for row in snapshot["participations"]:
        if not (row["announced"] and row["role"] in ANNOUNCING_ROLES):
            kind = row["actor"]["type"] if row["actor"] else row["actor_type"]
            surely[kind] += row["people_min"] or 1

    for line in lines(disclosed):
        if line["rule"] == "chatham_house" and line["disclosure"] == "type_only":
            assert line["people_min"] == surely[line["type"]]


@given(snapshots(UNDER_RULE))
def test_no_difference_of_two_tables_tells_of_one_person_under_the_rule(snapshot):
    """Counts by kind, with and without a filter, in both grains, and the total."""
    disclosed = disclose(snapshot)
    entry = entry_values(disclosed)
    cells = [line for line in lines(disclosed) if line["rule"] == "chatham_house"]
    if not cells:
        return

    # No total, in either grain: what is merged cannot be found by taking away the rest.
    assert entry["people_min"] is entry["people_max"] is None
    assert disclosed.document["people"] == {"min": None, "max": None}
    # Kinds that were merged are in no list of kinds, unless a line shows them by itself.
    merged = any(line["disclosure"] == "merged" for line in cells)
    shown = {line["type"] for line in lines(disclosed) if line["disclosure"] != "merged"}
    assert set(entry["actor_types"]) == shown | ({"unknown"} if merged else set())
    # Whoever announced it is named, and not counted: heads are told by kind only.
    for line in lines(disclosed):
        if line["reference"] and line["role"] in ANNOUNCING_ROLES:
            assert line["people_min"] is line["people_max"] is line["women_min"] is None


@given(snapshots(UNDER_RULE))
def test_under_the_rule_links_roles_and_the_convener_tell_of_no_kind_that_is_not_shown(snapshot):
    disclosed = disclose(snapshot)
    document = disclosed.document
    named = {line["type"] for line in lines(disclosed) if line["reference"]}
    shown = {line["type"] for line in lines(disclosed) if line["disclosure"] != "merged"}

    assert document["initiated_by"] in named | {"unknown"}
    assert "retired_officers" not in document["track3_link"]
    if "ngo_co_organised" in document["track3_link"]:
        assert "ngo" in shown
    if "host" in document["military_role"]:
        assert any(
            line["role"] == "host" and line["type"] in {"armed_force", "state"}
            for line in lines(disclosed)
            if line["reference"]
        )


@given(snapshots([Marking.RESTRICTED]))
def test_what_is_restricted_would_name_no_more_than_under_the_rule(snapshot):
    as_closed = snapshot | {"marking": Marking.CHATHAM_HOUSE}

    assert lines(disclose(snapshot)) == lines(disclose(as_closed))


# --- small numbers elsewhere ---------------------------------------------------------------------


@given(worlds())
def test_a_line_without_a_name_has_no_small_number(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)

    for line in lines(disclosed):
        if line["rule"] == "type_only":
            assert all(
                line[name] is None or line[name] >= 5 for name in ("people_min", "people_max")
            )
            assert line["sources"] == []
        if not line["reference"] and line["women_min"] is not None:
            people = line["people_max"] or line["people_min"]
            assert line["women_min"] >= 5
            assert people is None or people - line["women_min"] not in range(1, 5)


@given(worlds())
def test_a_total_is_told_only_when_every_number_in_it_is_told(world):
    snapshot, protections = world
    disclosed = disclose(snapshot, protections)
    total = disclosed.document["people"]
    told = [line["people_min"] or 0 for line in lines(disclosed)]
    kept = [row["people_min"] or 0 for row in snapshot["participations"]]

    if total["min"]:
        assert total["min"] == sum(told) == sum(kept)


# --- earlier versions ------------------------------------------------------------------------------


@given(versions())
def test_an_earlier_version_names_no_person_that_the_newest_does_not(pair):
    earlier, newest = pair
    now = disclose(newest)
    then = disclose(tightened(earlier, newest))

    for reference, one in then.actors.items():
        known = reference in actors_of(newest)
        if one["type"] == "person" or known:
            # Named in another role, it may stand under the Rule in the newest.
            assert reference in now.actors or newest["marking"] != Marking.OPEN
        if one["type"] == "person" and newest["marking"] == Marking.OPEN:
            assert reference in now.actors
    assert then.document["marking"] == stricter(earlier["marking"], newest["marking"])


@given(versions())
def test_an_earlier_version_shows_no_place_or_source_that_the_newest_withholds(pair):
    earlier, newest = pair
    then = disclose(tightened(earlier, newest))
    order = PlacePrecision.values.index
    kept = {place["name"]: place["precision"] for place in newest["places"]}

    for place in then.document["places"]:
        assert kept[place["name"]] != PlacePrecision.WITHHELD
        if PlacePrecision.UNKNOWN not in (place["precision"], kept[place["name"]]):
            assert order(place["precision"]) >= order(kept[place["name"]])
    hidden = {source["reference"] for source in newest["sources"] if source["withheld"]}
    for source in then.document["sources"]:
        if source["reference"] in hidden:
            assert source["title"] == source["url"] == ""


@given(versions())
def test_no_difference_of_two_versions_tells_of_one_person_under_the_rule(pair):
    earlier, newest = pair
    now = disclose(newest)
    then = blurred(disclose(tightened(earlier, newest)), now)

    def numbers(disclosed):
        cells = [line for line in lines(disclosed) if line["rule"] == "chatham_house"]
        return [(line["type"], line["people_min"]) for line in cells]

    assert numbers(then) in ([], [("unknown", None)], numbers(now))


@given(snapshots())
def test_a_version_is_not_changed_by_itself(snapshot):
    same = tightened(snapshot, snapshot)

    assert everything(disclose(same)) == everything(disclose(snapshot))


# --- texts -----------------------------------------------------------------------------------------

TEXTS = ["title", "edition", "summary", "narrative", "lessons", "track_note"]
WRITTEN = st.sampled_from(
    [str, str.upper, str.swapcase, lambda name: name.replace(" ", "-"), lambda name: f"({name})'s"]
)


@given(worlds(), st.sampled_from([*TEXTS, "source", "url", "outcome", "series", "note"]), WRITTEN)
def test_a_withheld_name_in_any_text_is_found_however_it_is_written(world, where, written):
    snapshot, protections = world
    protections = Protections(names=protections.names)
    hidden = [
        one
        for reference, one in actors_of(snapshot).items()
        if reference not in disclose(snapshot, protections).actors
    ]
    for one in hidden:
        for name in names_of(one):
            spoiled = copy.deepcopy(snapshot)
            text, note = f"With {written(name)}.", ""
            if where == "note":
                note = text
            elif where == "outcome":
                spoiled["outcomes"][0]["statement"] = text
            elif where == "series":
                spoiled["series"] = {"code": "x", "name": text}
            elif where in ("source", "url"):
                spoiled["sources"][0] |= {"withheld": False, "chatham_safe": True}
                spoiled["sources"][0]["title" if where == "source" else "url"] = (
                    text if where == "source" else "https://x.example/" + name.replace(" ", "%20")
                )
            else:
                spoiled[where] = text
            found = leaks(disclose(spoiled, protections), note)
            assert one["reference"] in {reference for _place, reference in found}
            # The search that comes before rendering finds at least as much.
            assert any(
                spelling in searchable(spoiled, note)
                for spelling in protecting([one]).names[one["reference"]]
            )


@given(snapshots([Marking.OPEN]), st.sampled_from([*TEXTS, "source", "outcome"]), WRITTEN)
def test_names_on_hold_are_in_no_text_either(snapshot, where, written):
    named = [one for one in disclose(snapshot).actors.values() if one["type"] != "state"]
    for one in named:
        spoiled = copy.deepcopy(snapshot)
        text = f"With {written(one['name'])}."
        if where == "outcome":
            spoiled["outcomes"][0]["statement"] = text
        elif where == "source":
            spoiled["sources"][0] |= {"withheld": False, "title": text}
        else:
            spoiled[where] = text
        held = disclose(spoiled, Protections(held={snapshot["reference"]}))

        assert written(one["name"]) not in everything(held)
        assert "text_withheld" in held.withheld
        assert held.document["title"]
        assert leaks(held) == []


def test_the_name_of_a_withheld_place_in_a_text_is_found():
    snapshot = plain(
        title="Talks at Lokichoggio",
        places=[place(name="Lokichoggio", precision=PlacePrecision.WITHHELD)],
    )

    assert leaks(disclose(snapshot)) == [("title", "")]


def test_a_text_may_say_the_country_that_a_shown_place_has():
    snapshot = plain(
        title="Talks in Kenya",
        places=[place(name="Hidden", precision=PlacePrecision.WITHHELD), place(name="Nanyuki")],
    )

    assert leaks(disclose(snapshot)) == []


def test_the_name_of_a_protected_person_in_the_name_of_a_body_is_found():
    person = actor(1, "person") | {"name": "Amina Wanjiru", "other_names": []}
    body = actor(2, "ngo") | {"name": "Amina Wanjiru Foundation", "other_names": []}
    snapshot = plain(participations=[row(body)])

    found = leaks(disclose(snapshot, protecting([person])))

    assert found == [("participations 1", person["reference"])]


def test_a_namesake_that_is_named_is_no_excuse_for_a_protected_person():
    person = actor(1, "person") | {"name": "Amina Wanjiru", "other_names": []}
    twin = actor(2, "person") | {"name": "Amina Wanjiru", "other_names": []}
    snapshot = plain(participations=[row(twin)])

    assert leaks(disclose(snapshot, protecting([person])))


def test_a_body_of_the_same_name_that_is_named_is_an_excuse_for_a_withheld_one():
    one = actor(1, "ngo") | {"name": "Peace Bridge", "other_names": []}
    other = actor(2, "ngo") | {"name": "Peace Bridge", "other_names": []}
    snapshot = plain(
        title="Peace Bridge meets", participations=[row(one), row(other, disclosure="withheld")]
    )

    assert leaks(disclose(snapshot)) == []


def test_on_hold_the_title_gives_way_to_the_reference_and_a_state_stays_in_the_text():
    person = actor(1, "person") | {"name": "Amina Wanjiru", "other_names": []}
    state = actor(2, "state") | {"name": "Ruritania", "other_names": []}
    snapshot = plain(
        title="Talks with Amina Wanjiru",
        summary="Ruritania took part.",
        participations=[row(person), row(state)],
    )

    document = disclose(snapshot, Protections(held={"MD-000001"})).document

    assert document["title"] == "MD-000001"
    assert document["summary"] == "Ruritania took part."
    assert document["participants"] == []
    assert document["withheld"] == ["participant_withheld", "person_withheld", "text_withheld"]


def test_a_convener_that_is_withheld_is_not_told_by_its_kind():
    group = actor(1, "armed_group")
    snapshot = plain(
        initiated_by="armed_group", participations=[row(group, disclosure="withheld")]
    )
    beside = plain(
        initiated_by="armed_group",
        participations=[row(group, disclosure="withheld"), row(actor(2, "armed_group"))],
    )

    assert disclose(snapshot).document["initiated_by"] == "unknown"
    assert disclose(beside).document["initiated_by"] == "armed_group"


def test_two_lines_of_one_actor_merged_since_are_one():
    body = actor(1, "ngo")
    snapshot = plain(
        participations=[row(body, sources=["MS-000000"]), row(body, people_min=7, sources=[])]
    )

    (line,) = lines(disclose(snapshot))
    assert (line["people_min"], line["sources"]) == (7, ["MS-000000"])


def test_the_row_of_a_dataset_is_withheld_with_its_source():
    source = plain()["sources"][0] | {"kind": "dataset", "withheld": True}
    snapshot = plain(sources=[source], source_dataset="Dataset", source_id="17")

    document = disclose(snapshot).document
    assert (document["dataset"], document["dataset_id"]) == ("", "")


def test_how_actors_are_spelled_is_not_part_of_what_a_clearance_covers():
    one, other = (
        plain(participations=[row(actor(1, "ngo"))]),
        plain(participations=[row(actor(1, "ngo") | {"name": "Another spelling"})]),
    )

    assert material_digest(disclose(one)) == material_digest(disclose(other))


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (Marking.OPEN, Marking.CHATHAM_HOUSE_PART, Marking.CHATHAM_HOUSE_PART),
        (Marking.CHATHAM_HOUSE, Marking.CHATHAM_HOUSE_PART, Marking.CHATHAM_HOUSE),
        (Marking.RESTRICTED, Marking.OPEN, Marking.RESTRICTED),
    ],
)
def test_of_two_markings_the_stricter_counts(one, other, found):
    assert stricter(one, other) == found


# --- records by hand -------------------------------------------------------------------------------


def plain(**changes: Any) -> dict[str, Any]:
    """An open record of which everything is known and nothing is withheld."""
    return {
        "reference": "MD-000001",
        "title": "Title",
        "title_supplied": False,
        "series": None,
        "edition": "",
        "summary": "",
        "narrative": "",
        "lessons": "",
        "track": "1",
        "track_basis": "derived",
        "track_note": "",
        "touches": ["1"],
        "track3_links": [],
        "military_roles": [],
        "initiated_by": None,
        "activity": "conference",
        "family": "dialogue",
        "objectives": [],
        "themes": [],
        "status": "completed",
        "start": "2019",
        "end": "",
        "marking": Marking.OPEN,
        "claim_status": "accepted",
        "gives_support": None,
        "content_licence": "CC BY 4.0",
        "source_dataset": "",
        "source_id": "",
        "places": [],
        "participations": [],
        "sources": [
            {
                "reference": "MS-000000",
                "kind": "news",
                "independence": "independent",
                **dict.fromkeys(
                    (
                        *("title", "author", "publisher", "url", "archive_url", "published"),
                        *("locator_type", "locator", "language"),
                    ),
                    "",
                ),
                "accessed": None,
                "supports": [],
                "withheld": False,
                "chatham_safe": True,
            }
        ],
        "outcomes": [],
        "related": [],
        "conduct": None,
        "review": {
            "decision": "cleared",
            "kind": "individual",
            "decided_on": "2020-01-01",
            "valid_until": None,
            "sample_size": None,
            "conditions": [],
        },
        **changes,
    }


def row(who: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "actor": who,
        "actor_type": None,
        "role": "participant",
        "capacity": "official",
        "side": "",
        "people_min": None,
        "people_max": None,
        "women_min": None,
        "disclosure": "named",
        "consent_basis": "public_role",
        "announced": False,
        "under_rule": False,
        "sources": [],
        **changes,
    }


def place(**changes: Any) -> dict[str, Any]:
    return {
        "name": "",
        "country": "KEN",
        "country_label": "Kenya",
        "country_derived": False,
        "region": None,
        "precision": PlacePrecision.PLACE,
        "latitude": None,
        "longitude": None,
        **changes,
    }


@given(snapshots())
def test_that_a_record_is_no_case_study_lapses_no_clearance_and_that_it_is_one_does(plain):
    before = {key: value for key, value in plain.items() if key != "case_study"}
    study = plain | {"case_study": True}
    assert material_digest(disclose(plain)) == material_digest(disclose(before))
    assert material_digest(disclose(plain)) != material_digest(disclose(study))
    assert disclose(before).document["case_study"] is False
