import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from milidip.catalogue.facets import FACETS, OF_A_FAMILY, facet_counts, facets_of
from milidip.catalogue.filters import EntryFilterSet, filtered

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db


def counts(query: str = "") -> dict[str, dict[str, int]]:
    return facet_counts(filtered(QueryDict(query)))


def _facets(query: str):
    filterset = filtered(QueryDict(query))
    return facets_of(filterset, facet_counts(filterset))


def facet(name: str, query: str = ""):
    return next(one for one in _facets(query) if one.name == name)


@pytest.fixture
def register():
    army, navy = ActorFactory(country="KEN"), ActorFactory(country="FRA")
    EntryFactory(
        title="a",
        track="1",
        touches=("1", "3"),
        places=("KEN", "MLI"),
        participants=[(army, "host"), (navy, "observer")],
        objectives=("trust_building",),
    )
    EntryFactory(title="b", track="3", places=("MLI",), participants=[(navy, "host")])
    EntryFactory(title="c", track="2", places=("FRA",), family="dialogue", activity="conference")
    EntryFactory(title="d", track="unknown", touches=("unknown",), places=(), start="", end="")
    return army, navy


QUERIES = [
    "",
    "track=1",
    "track=1&track=3",
    "touches=3",
    "region=202",
    "region=202&track=3",
    "place=MLI&region=002",
    "family=exercise&activity=joint_exercise",
    "q=exercise+or+armies&status=completed",
    "after=2019&before=2019-12",
    "role=host",
    "participant_country=FRA&role=host",
    "theme=unknown&track=unknown",
    "STAKEHOLDER&role=host",
    "STAKEHOLDER",
    "STAKEHOLDER&stakeholder=unknown&role=unknown",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_count_is_what_choosing_it_alone_would_find(register, query):
    army, _navy = register
    query = query.replace("STAKEHOLDER", f"stakeholder={army.reference}")
    found = counts(query)
    for name in FACETS:
        assert found[name], name
        rest = QueryDict(query, mutable=True)
        for code, count in found[name].items():
            rest.setlist(name, [code])
            assert filtered(rest).qs.count() == count, (name, code)


def test_every_parameter_with_a_short_list_of_codes_has_a_facet():
    assert set(FACETS) == set(EntryFilterSet.base_filters) - {
        "q",
        "stakeholder",
        "series",
        "reference",
        "case_study",
        "after",
        "before",
        "dates",
        "sort",
    }


def test_all_facets_take_one_query_whatever_is_selected(register):
    filterset = filtered(QueryDict("track=1&region=002&role=host&theme=unknown"))
    with CaptureQueriesContext(connection) as queries:
        facet_counts(filterset)
    assert len(queries) == 1


def test_other_choices_of_a_facet_stay_visible(register):
    assert counts("track=1")["track"] == {"1": 1, "2": 1, "3": 1, "unknown": 1}
    assert counts("track=1")["place"] == {"KEN": 1, "MLI": 1}


def test_a_selected_choice_is_visible_even_when_it_finds_nothing(register):
    choice = next(c for c in facet("theme", "theme=cyber").choices if c.code == "cyber")
    assert (choice.count, choice.selected, choice.label) == (0, True, "Cyber security")


def test_unknown_is_a_choice_and_comes_last(register):
    choices = facet("track").choices
    assert [choice.code for choice in choices] == ["1", "2", "3", "unknown"]
    assert choices[-1].label == "Unknown"


def test_regions_are_a_tree_and_aliases_stand_apart(register):
    tree, aliases = facet("region").groups[:2]
    assert [(choice.code, choice.depth) for choice in tree.choices] == [
        ("002", 0),
        ("202", 1),
        ("014", 2),
        ("011", 2),
        ("150", 0),
        ("155", 1),
    ]
    assert "sahel" in [choice.code for choice in aliases.choices]
    assert aliases.folded


def test_activities_stand_under_their_families(register):
    groups = {group.label: [c.code for c in group.choices] for group in facet("activity").groups}
    assert groups == {"Exercise": ["joint_exercise"], "Dialogue": ["conference"]}


def test_roles_are_those_of_the_actor_that_is_selected(register):
    army, navy = register
    assert counts(f"stakeholder={army.reference}")["role"] == {"host": 1}
    assert counts(f"stakeholder={navy.reference}")["role"] == {"host": 1, "observer": 1}


def test_the_countries_found_most_often_come_first(register):
    assert [choice.code for choice in facet("place").choices][:2] == ["MLI", "FRA"]


def test_a_facet_of_nothing_has_no_choices():
    assert facet("track").choices == []


def test_years_are_counted_by_start_and_without_the_period_that_is_chosen(register):
    EntryFactory(title="e", start="2021", end="", track="3")
    query = QueryDict("after=2020&before=2022&track=3")
    assert facet_counts(filtered(query), ["year"])["year"] == {"2019": 1, "2021": 1}
    everything = facet_counts(filtered(QueryDict("")), ["year"])["year"]
    assert everything == {"2019": 3, "2021": 1, "unknown": 1}


def test_what_one_family_has_is_offered_where_a_record_has_it(register):
    def offered(query: str = "") -> set[str]:
        filterset = filtered(QueryDict(query))
        return {one.name for one in facets_of(filterset, facet_counts(filterset))} & OF_A_FAMILY

    assert offered() == set()
    EntryFactory(exercise_form="live", exercise_environments=("air", "sea"))
    assert offered() == {"exercise_form", "exercise_environment"}
    assert offered("family=dialogue") == set()
    # What is selected can be taken off again, whatever it finds.
    assert offered("family=dialogue&exercise_form=live") == {"exercise_form"}


def test_not_known_says_that_it_may_be_another_kind_of_activity(register):
    EntryFactory(exercise_form="live")
    last = facet("exercise_form").choices[-1]
    assert (last.code, last.count) == ("unknown", 4)
    assert last.label == "Not known, or another kind of activity"
