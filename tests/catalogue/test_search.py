import pytest
from django.http import QueryDict

from milidip.catalogue.filters import filtered
from milidip.catalogue.search import has_words

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db


def found(text: str) -> set[str]:
    query = QueryDict(mutable=True)
    query.setlist("q", [text])
    return set(filtered(query).qs.values_list("document__title", flat=True))


@pytest.mark.parametrize("text", ["Fährmann", "fahrmann", "FAHRMANN", "fährmann"])
def test_accents_and_capitals_make_no_difference(text):
    EntryFactory(title="Übung Fährmann")
    EntryFactory(title="other")
    assert found(text) == {"Übung Fährmann"}


def test_quoted_words_must_stand_together():
    EntryFactory(title="Joint patrol of the border")
    EntryFactory(title="Border of a joint area, a patrol")
    assert found('"joint patrol"') == {"Joint patrol of the border"}
    assert len(found("joint patrol")) == 2


def test_a_minus_leaves_out():
    EntryFactory(title="Patrol on land")
    EntryFactory(title="Patrol at sea")
    assert found("patrol -sea") == {"Patrol on land"}


def test_or_widens_also_before_an_unfinished_word():
    EntryFactory(title="Alpha")
    EntryFactory(title="Bravado")
    EntryFactory(title="Charlie")
    assert found("alpha or brava") == {"Alpha", "Bravado"}
    assert found("alpha charlie or bravad") == {"Bravado"}


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("Balik", True),
        ("exercise balik", True),
        ("balik exercise", False),
        ('"balik"', False),
        ("-balik", True),  # the unfinished word is not in it
        ('exercise "balik', False),
        ("B", False),
        ("Ba", True),
        ("Balikatan-20", True),
        ("humanit", True),
    ],
)
def test_only_the_last_bare_word_may_be_unfinished(text, hits):
    EntryFactory(title="Exercise Balikatan-2019 humanitarian part")
    assert found(text) == ({"Exercise Balikatan-2019 humanitarian part"} if hits else set())


def test_a_record_is_found_by_its_reference_places_and_names():
    actor = ActorFactory(name="Comité du Nord")
    entry = EntryFactory(title="it", participants=[(actor, "host")], place_names=("Gao",))
    EntryFactory(title="other")
    assert found(entry.reference) == {"it"}
    assert found(entry.reference.lower()) == {"it"}
    assert found("comite nord") == {"it"}
    assert found("gao") == {"it"}


@pytest.mark.parametrize("text", ["the of and", "!!!", "--", '""', "' or '", ":*", "\\"])
def test_what_holds_no_word_finds_nothing_and_breaks_nothing(text):
    EntryFactory(title="it")
    assert found(text) == set()
    assert not has_words([text])


@pytest.mark.parametrize(
    "text", ["a & b", "(((", "x:*|y", "it's", "l'armée", "%s %d", "{}", "été<>"]
)
def test_operators_of_the_database_are_only_text(text):
    EntryFactory(title="it")
    assert found(text) <= {"it"}


def test_a_repeated_search_finds_either():
    EntryFactory(title="Alpha")
    EntryFactory(title="Bravo")
    EntryFactory(title="Charlie")
    titles = filtered(QueryDict("q=alpha&q=bravo")).qs.values_list("document__title", flat=True)
    assert set(titles) == {"Alpha", "Bravo"}
