"""Every parameter of the public contract, by what it finds."""

import time

import pytest
from django.http import QueryDict

from milidip.catalogue.filters import EntryFilterSet, filtered, unrecognised
from milidip.catalogue.parameters import BadParameters

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db


def found(query: str) -> set[str]:
    """Titles of the entries that a query string finds."""
    return set(filtered(QueryDict(query)).qs.values_list("document__title", flat=True))


def refusal(query: str) -> str:
    with pytest.raises(BadParameters) as caught:
        filtered(QueryDict(query))
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("query", "difference"),
    [
        ("track=3", {"track": "3"}),
        ("touches=3", {"touches": ("1", "3")}),
        ("region=202", {"places": ("MLI",)}),
        ("region=011", {"places": ("MLI",)}),
        ("region=sahel", {"places": ("MLI",)}),
        ("region=baltic-sea", {"places": (), "areas": ("baltic-sea",)}),
        ("place=MLI", {"places": ("MLI", "NER")}),
        ("activity=local_mediation", {"activity": "local_mediation"}),
        ("family=relief_protection", {"family": "relief_protection"}),
        ("military_role=facilitator", {"military_role": ("facilitator", "host")}),
        ("objective=trust_building", {"objectives": ("trust_building", "mine_action")}),
        ("theme=cyber", {"themes": ("cyber",)}),
        ("status=ongoing", {"status": "ongoing"}),
        ("exercise_form=live", {"exercise_form": "live"}),
        ("exercise_environment=sea", {"exercise_environments": ("air", "sea")}),
        ("exercise_focus=peacekeeping", {"exercise_focus": ("peacekeeping",)}),
        ("mandating_body=osce", {"mandating_body": ("osce", "united_nations")}),
        ("dialogue_format=shuttle", {"dialogue_format": "shuttle"}),
        ("series=cobra-gold", {"series": "cobra-gold", "series_name": "Cobra Gold"}),
        ("q=ceasefire", {"summary": "A ceasefire was watched."}),
    ],
)
def test_a_filter_finds_what_has_the_value_and_nothing_else(query, difference):
    EntryFactory(title="other", places=("FRA",))
    EntryFactory(title="wanted", **{"places": ("FRA",)} | difference)
    assert found(query) == {"wanted"}


def test_an_actor_is_found_by_reference_and_by_country():
    army, navy = ActorFactory(country="KEN"), ActorFactory(country="FRA")
    EntryFactory(title="army", participants=[(army, "host")])
    EntryFactory(title="navy", participants=[(navy, "observer")])
    assert found(f"stakeholder={army.reference}") == {"army"}
    assert found("participant_country=FRA") == {"navy"}
    assert found("role=observer") == {"navy"}


def test_actor_and_role_must_hold_in_the_same_participation():
    army, navy = ActorFactory(), ActorFactory()
    EntryFactory(title="army hosts", participants=[(army, "host"), (navy, "observer")])
    EntryFactory(title="army watches", participants=[(army, "observer"), (navy, "host")])
    assert found(f"stakeholder={army.reference}") == {"army hosts", "army watches"}
    assert found("role=host") == {"army hosts", "army watches"}
    assert found(f"stakeholder={army.reference}&role=host") == {"army hosts"}


def test_nobody_named_and_a_role_are_found_together():
    army = ActorFactory()
    EntryFactory(title="army", participants=[(army, "host")])
    EntryFactory(title="unnamed", roles=("host",))
    EntryFactory(title="bare")
    assert found("stakeholder=unknown") == {"unnamed", "bare"}
    assert found("stakeholder=unknown&role=host") == {"unnamed"}
    assert found(f"stakeholder=unknown&stakeholder={army.reference}&role=host") == {
        "army",
        "unnamed",
    }


UNKNOWN_OF = {
    "track": {"track": "unknown"},
    "touches": {"touches": ("unknown",)},
    "region": {"places": ()},
    "place": {"places": ()},
    "participant_country": {},
    "activity": {"activity": "unknown"},
    "family": {"family": "unknown"},
    "military_role": {"military_role": ("unknown",)},
    "stakeholder": {},
    "role": {},
    "objective": {"objectives": ("unknown",)},
    "theme": {"themes": ("unknown",)},
    "status": {"status": "unknown"},
    "series": {},
    "exercise_form": {},
    "exercise_environment": {},
    "exercise_focus": {},
    "mandating_body": {},
    "dialogue_format": {},
    "after": {"start": "", "end": ""},
    "before": {"start": "", "end": ""},
}


@pytest.mark.parametrize("name", UNKNOWN_OF)
def test_unknown_selects_the_records_that_lack_a_value(name):
    army = ActorFactory(country="FRA")
    known = {
        "objectives": ("trust_building",),
        "themes": ("cyber",),
        "series": "cobra-gold",
        "participants": [(army, "host")],
        "exercise_form": "live",
        "exercise_environments": ("sea",),
        "exercise_focus": ("other",),
        "mandating_body": ("osce",),
        "dialogue_format": "shuttle",
    }
    EntryFactory(title="known", **known)
    EntryFactory(title="lacking", **UNKNOWN_OF[name])
    assert found(f"{name}=unknown") == {"lacking"}


def test_every_parameter_but_the_search_and_the_order_knows_unknown():
    every = set(EntryFilterSet.base_filters)
    # Each record has a reference, and is a case study or is none.
    assert set(UNKNOWN_OF) == every - {"q", "dates", "sort", "reference", "case_study"}


def test_values_of_one_parameter_are_or_and_parameters_are_and():
    EntryFactory(title="a", track="1", places=("KEN",))
    EntryFactory(title="b", track="2", places=("KEN",))
    EntryFactory(title="c", track="2", places=("FRA",))
    assert found("track=1&track=2") == {"a", "b", "c"}
    assert found("track=1&track=2&place=KEN") == {"a", "b"}
    assert found("track=2&track=unknown&place=FRA") == {"c"}


def test_empty_values_filter_nothing():
    EntryFactory(title="a")
    assert found("q=&track=&after=&before=&sort=&stakeholder=") == {"a"}


def test_the_world_is_not_everything():
    EntryFactory(title="kenya")
    EntryFactory(title="online", places=(), areas=("001",))
    assert found("region=001") == {"online"}
    assert found("region=002") == {"kenya"}


@pytest.mark.parametrize(
    ("start", "end", "status", "query", "matches"),
    [
        ("1980-05", "", "completed", "after=1980-05-31", True),
        ("1980-05", "", "completed", "after=1980-06", False),
        ("1980-05", "", "completed", "before=1980-05-01", True),
        ("1980-05", "", "completed", "before=1980-04", False),
        ("1980", "", "completed", "after=1980-12-31&before=1981", True),
        ("1980", "1985-03", "completed", "after=1985-03-31", True),
        ("1980", "1985-03", "completed", "after=1985-04", False),
        ("1980", "", "ongoing", "after=2026", True),
        ("1980", "", "ongoing", "before=1979", False),
        ("", "", "completed", "after=1000", False),
        ("", "", "ongoing", "after=1000", False),
        ("", "1985", "completed", "before=2999", False),
        ("1980", "", "completed", "after=1990&after=1980", True),
        ("1980", "", "completed", "before=1970&before=1980", True),
        ("", "", "completed", "after=1990&after=unknown", True),
        ("", "", "completed", "after=1990&before=1995&after=unknown&before=unknown", True),
    ],
)
def test_a_period_finds_what_may_have_been_going_on(start, end, status, query, matches):
    EntryFactory(title="it", start=start, end=end, status=status)
    assert found(query) == ({"it"} if matches else set())


def test_dates_too_coarse_for_a_period_can_be_told_apart():
    EntryFactory(title="surely", start="1980-06-10", end="")
    EntryFactory(title="perhaps", start="1980", end="")
    EntryFactory(title="began before, ended inside", start="1979", end="1980-06")
    EntryFactory(title="ended in 1980, perhaps before", start="1979", end="1980")
    EntryFactory(title="goes on", start="1979-01-01", end="", status="ongoing")
    EntryFactory(title="undated", start="", end="")
    period = "after=1980-06&before=1980-07"
    coarse = {"perhaps", "ended in 1980, perhaps before"}
    assert found(f"{period}&dates=coarse") == coarse
    assert found(f"{period}&dates=certain") == found(period) - coarse
    assert found(f"{period}&dates=certain") == {"surely", "began before, ended inside", "goes on"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("track=9", "track: “9” is not in the codebook"),
        ("track=1,2", "track: “1,2” is not in the codebook"),
        ("touches=9", "touches: “9”"),
        ("region=sahelx", "Did you mean “sahel”"),
        ("place=Mali", "place: “Mali” is not in the codebook. Did you mean “MLI”"),
        ("place=usa", "Did you mean “USA”"),
        ("participant_country=ZZZ", "participant_country: “ZZZ”"),
        ("activity=joint_excercise", "Did you mean “joint_exercise”"),
        ("family=x", "family: “x”"),
        ("military_role=x", "military_role: “x”"),
        ("stakeholder=MA-000000", "stakeholder: “MA-000000” is not an actor"),
        ("role=x", "role: “x”"),
        ("objective=x", "objective: “x”"),
        ("theme=x", "theme: “x”"),
        ("status=done", "status: “done”"),
        ("series=nothing", "series: “nothing” is not a series"),
        ("after=yesterday", "after: “yesterday” is not a date"),
        ("after=1980-02-30", "after: “1980-02-30” is not a date"),
        ("before=80", "before: “80” is not a date"),
        ("after=1990&before=1980", "after: “1990” is later than before: “1980”"),
        ("sort=best", "sort: “best” is not one of newest, oldest, title, relevance"),
        ("sort=newest&sort=oldest", "sort: give it only once"),
        ("dates=coarse", "dates: needs"),
        ("track=1&track=%00", "track:"),
        ("q=a%00b", "q:"),
        ("q=" + "x" * 400, "q: “xxxxxxxxxxxxxxxxxxxx…” is too long"),
        ("place=" + "x" * 5000, "place:"),
        ("&".join(f"place=A{number}" for number in range(200)), "place: more than 100 values"),
        ("track=9&place=ZZZ", "track: “9” is not in the codebook. place: “ZZZ”"),
    ],
)
def test_a_bad_value_is_refused_by_name(query, said):
    assert said in refusal(query)


def test_an_actor_that_is_not_public_is_told_from_no_other():
    ActorFactory(reference="MA-AAAAAA")
    assert "is not an actor" in refusal("stakeholder=MA-AAAAAB")
    assert "MA-AAAAAA" not in refusal("stakeholder=MA-AAAAAB")


def test_a_hundred_bad_values_are_refused_at_once():
    """Guessing what was meant is slow work: only a few guesses are made for a request."""
    start = time.perf_counter()
    message = refusal("&".join(f"place={'x' * 90}{number}" for number in range(100)))
    assert message.count("is not in the codebook") == 100
    names = "&".join(f"{'y' * 90}{number}=1" for number in range(900))
    assert len(unrecognised(QueryDict(names))) == 900
    assert time.perf_counter() - start < 2


def test_an_unknown_parameter_is_named_with_the_one_that_was_meant():
    names = unrecognised(QueryDict("contry=USA&track=1&touchs=3&page=2"), also=["page"])
    assert [(name.name, name.near) for name in names] == [
        ("contry", "place"),
        ("touchs", "touches"),
    ]
    assert "“touchs” is not a filter. Did you mean “touches”?" in map(str, names)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "c a b d"),
        ("newest", "c a b d"),
        ("oldest", "b a c d"),
        ("title", "a b c d"),
    ],
)
def test_the_order_is_stable_and_the_undated_come_last(sort, order):
    EntryFactory(title="a", start="1980", end="")
    EntryFactory(title="c", start="1990", end="")
    EntryFactory(title="b", start="1970", end="")
    EntryFactory(title="d", start="", end="")
    filterset = filtered(QueryDict(f"sort={sort}"))
    titles = filterset.ordered(4).values_list("document__title", flat=True)
    assert list(titles) == order.split()


def test_relevance_puts_a_hit_in_the_title_first():
    EntryFactory(title="ceasefire", start="1970", end="")
    EntryFactory(title="other", narrative="a ceasefire", start="1990", end="")
    filterset = filtered(QueryDict("q=ceasefire&sort=relevance"))
    titles = filterset.ordered(2).values_list("document__title", flat=True)
    assert list(titles) == ["ceasefire", "other"]


def test_too_many_hits_are_not_ranked_and_relevance_needs_a_search():
    assert filtered(QueryDict("q=a&sort=relevance")).sort_for(50_001) == "newest"
    assert filtered(QueryDict("q=a&sort=relevance")).sort_for(50_000) == "relevance"
    assert filtered(QueryDict("sort=relevance")).sort_for(1) == "newest"


def test_records_are_found_by_their_reference_and_what_is_not_public_is_refused():
    one, two = EntryFactory(title="one"), EntryFactory(title="two")
    EntryFactory(title="three")
    assert found(f"reference={one}&reference={two}") == {"one", "two"}
    with pytest.raises(BadParameters, match="MD-ZZZZZZ"):
        filtered(QueryDict("reference=MD-ZZZZZZ"))
