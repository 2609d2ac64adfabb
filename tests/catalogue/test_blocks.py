"""Counts by bits are the counts of the records, whatever is asked and whatever has happened."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagements import blocks as written
from milidip.catalogue import counting, frequent, ordering
from milidip.catalogue.bits import IN_BLOCKS
from milidip.catalogue.facets import FACETS
from milidip.catalogue.filters import CodesFilter, filtered
from milidip.catalogue.models import Entry, FacetBlock, FrequentWord, Register, Search
from milidip.codebook.choices import UNKNOWN

from .factories import ActorFactory, EntryFactory

pytestmark = pytest.mark.django_db
SIZE = 4


def by_reading(query: QueryDict) -> dict[str, dict[str, int]]:
    """Count every facet from the records that the filter finds without its own selection."""
    found: dict[str, dict[str, int]] = {}
    for name in (*FACETS, "year"):
        own = counting.SELECTED_BY.get(name, (name,))
        entries = list(filtered(query).without(*own))
        counts: dict[str, int] = {}
        for entry in entries:
            for code in _codes(entry, name):
                counts[code] = counts.get(code, 0) + 1
        found[name] = counts
    return found


def _codes(entry: Entry, name: str) -> set[str]:
    if name == "year":
        return {str(entry.start_earliest.year) if entry.start_earliest else UNKNOWN}
    chosen: CodesFilter = filtered(QueryDict()).filters[name]
    value = getattr(entry, chosen.field_name)
    return set(value) if chosen.many else {value}


def assert_right(text: str) -> None:
    query = QueryDict(text)
    filterset = filtered(query)
    counted = counting.count(filterset, (*FACETS, "year"))
    wanted = by_reading(query)
    if filterset.values("stakeholder"):
        # Then a role is one of theirs: tests/catalogue/test_facets.py.
        wanted["role"] = counted.facets["role"]
    assert counted.facets == wanted, text
    assert counted.total == filterset.qs.count(), text
    for offset in range(0, counted.total + 1, SIZE):
        wanted_page = filterset.ordered(counted.total).values_list("pk", flat=True)
        page = ordering.ordinals(filterset, counted, offset, SIZE)
        assert page == list(wanted_page[offset : offset + SIZE]), (text, offset)


@pytest.fixture
def register():
    """Records on two blocks, with a gap between, some alike and some without a date."""
    army = ActorFactory(country="KEN", reference="MA-ARMY00")
    navy = ActorFactory(country="FRA", reference="MA-NAVY00")
    tracks = ["1", "3", "2", "unknown"]
    starts = ["2019-05-06", "2019", "2018-12", "2020-01-01", "", "2017-06", "2019-07-01"]
    ends = ["2019-05-17", "", "2019-02", "2021", "", "", ""]
    for number in range(21):
        EntryFactory(
            ordinal=[1, 59_990][number % 2] + number * 7,
            title=f"Exercise {'Naval ' if number % 3 else ''}{number % 5}",
            track=tracks[number % 4],
            touches=sorted({tracks[number % 4], tracks[number % 3]}),
            places=[("KEN", "MLI"), ("FRA",), ()][number % 3],
            start=starts[number % 7],
            end=ends[number % 7],
            status="ongoing" if number == 6 else "completed",
            themes=(["cyber"], ["unknown"])[number % 2],
            participants=[[(army, "host")], [(navy, "observer"), (army, "participant")], []][
                number % 3
            ],
        )


PARTS = {
    "q": ["naval", "exercise 3", "nothing", "the"],
    "track": ["1", "3", "unknown"],
    "touches": ["3", "unknown"],
    "region": ["202", "150", "sahel"],
    "place": ["KEN", "MLI", "unknown"],
    "participant_country": ["FRA", "KEN"],
    "family": ["exercise", "dialogue"],
    "theme": ["cyber", "unknown"],
    "status": ["ongoing", "completed"],
    "stakeholder": ["MA-ARMY00", "MA-NAVY00", "unknown"],
    "role": ["host", "observer", "unknown"],
    "after": ["2018", "2019-05-10", "2019-06", "unknown", "1900"],
    "before": ["2019", "2019-05-10", "2020-06", "unknown", "2100"],
    "sort": ["newest", "oldest", "title"],
}
CHOICES = [(name, value) for name, values in PARTS.items() for value in values]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    chosen=st.lists(st.sampled_from(CHOICES), max_size=5, unique=True),
    dates=st.sampled_from(["", "", "certain", "coarse"]),
    read_in_order=st.booleans(),
)
def test_counts_and_pages_are_those_of_the_records(register, chosen, dates, read_in_order):
    names = [name for name, _value in chosen]
    if names.count("sort") > 1:
        chosen = [pair for pair in chosen if pair[0] != "sort"]
    if dates and {"after", "before"} & set(names):
        chosen = [*chosen, ("dates", dates)]
    query = QueryDict(mutable=True)
    for name, value in chosen:
        query.appendlist(name, value)
    before, after = query.getlist("before"), query.getlist("after")
    if before and after and max(before) < min(after):
        return
    with pytest.MonkeyPatch.context() as patch:
        if read_in_order:
            patch.setattr(ordering, "SORTED_AT_MOST", 0)
        assert_right(query.urlencode())


def blocks() -> dict[tuple[str, str, int], tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT facet, value, block, n, bits::text FROM catalogue_facetblock")
        return {row[:3]: row[3:] for row in cursor}


def recounted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_recount_facets()")
        return cursor.fetchone()[0]


def test_blocks_follow_every_write(register):
    """Whatever changes the table of entries; a fresh count finds nothing to correct."""
    assert recounted() == 0
    Entry.objects.filter(track="3").update(track="1", touches=["1"], start_earliest=None)
    Entry.objects.filter(ordinal__gt=59_990, ordinal__lt=60_050).delete()
    EntryFactory(ordinal=90_001, track="2")
    assert recounted() == 0
    assert ("track", "3", 0) not in blocks()
    assert blocks()["track", "2", 3][0] == 1
    Entry.objects.all().delete()
    assert blocks() == {}


def test_a_value_is_written_to_the_block_of_its_record_only():
    EntryFactory(ordinal=1)
    EntryFactory(ordinal=30_000)
    before = blocks()
    EntryFactory(ordinal=30_059, track="3")
    after = blocks()
    assert {key: after[key] for key in before if key[2] == 0} == {
        key: value for key, value in before.items() if key[2] == 0
    }
    n, bits = after["track", "3", 1]
    assert (n, len(bits), bits.index("1")) == (1, 30_000, 59)


def test_blocks_that_were_damaged_are_put_right(register):
    right = blocks()
    FacetBlock.objects.filter(facet="track", value="1").delete()
    FacetBlock.objects.filter(facet="touches").update(value=Concat("value", Value("x")))
    FacetBlock.objects.filter(facet="family").update(n=1)
    assert recounted() > 0
    assert blocks() == right


def test_the_sweep_takes_records_out_of_the_blocks(register):
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011
    EntryFactory(ordinal=90_000, track="1.5", leaves_on=yesterday, status="planned")
    Register.objects.update(swept_on=yesterday)
    assert any(key[:2] == ("track", "1.5") for key in blocks())
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_sweep()")
    assert not any(key[:2] == ("track", "1.5") for key in blocks())
    assert recounted() == 0


def test_every_facet_has_blocks():
    assert set(FACETS) < IN_BLOCKS


TITLES = [
    "Exercise Flintlock",
    "Naval exercises and peace-keeping",
    "Training of trainers",
    "Peace training",
    "Fährmann's peace talks",
    "Train the navy",
]
ASKED = "peace training train exercise exerc naval nav fahrmann's talks of flintlock zz".split()  # noqa: SIM905
JOINS = [" ", " or ", " -", ' "', '" ']


@pytest.fixture
def frequent_words():
    """Records on three blocks, some words of which have bits and some have not."""
    for number in range(36):
        EntryFactory(ordinal=1 + number * 2_000, title=TITLES[number % len(TITLES)])
    written.choose_words(1)
    FrequentWord.objects.filter(word__in=["naval", "flintlock"]).delete()
    FacetBlock.objects.filter(facet="word", value__in=["naval", "flintlock"]).delete()


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    words=st.lists(st.sampled_from(ASKED), min_size=1, max_size=3),
    joins=st.lists(st.sampled_from(JOINS), min_size=3, max_size=3),
    more=st.sampled_from(["", "peace", "zz"]),
)
def test_a_search_by_bits_finds_what_the_index_finds(frequent_words, words, joins, more):
    text = "".join(part for pair in zip(words, joins, strict=False) for part in pair).strip()
    query = QueryDict(mutable=True)
    query.setlist("q", [text, more] if more else [text])
    filterset = filtered(query)
    assert counting.count(filterset).total == filterset.qs.count()


@pytest.mark.parametrize(
    ("text", "by_bits", "rest"),
    [
        ("peace", [[["peac"]], [["peac", "peace-keep"]]], "('peac':* & !'peac' & !'peace-keep')"),
        ("peace train", [[["peac"], ["train"]], [["peac"], ["train", "trainer"]]], None),
        ("naval peace", [], None),
        ("peace -training", [], None),
        ("the", [], ""),
    ],
)
def test_only_what_has_no_bits_is_looked_for_in_the_index(frequent_words, text, by_bits, rest):
    found = frequent.plan([text])
    assert found.bits == by_bits
    if rest is not None:
        assert found.rest == rest


def word_bits() -> dict[tuple[str, int], str]:
    return {key[1:]: bits for key, (_n, bits) in blocks().items() if key[0] == "word"}


def test_bits_of_words_follow_every_write(frequent_words):
    """The gate writes searches, replaces them and takes them away; nobody counts anew."""

    def as_counted() -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], list[str]] = {}
        chosen = set(FrequentWord.objects.values_list("word", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT entry_id, tsvector_to_array(vector) FROM catalogue_search")
            for ordinal, words in cursor:
                for word in chosen & set(words):
                    bits = found.setdefault((word, ordinal // 30_000), ["0"] * 30_000)
                    bits[ordinal % 30_000] = "1"
        return {key: "".join(bits) for key, bits in found.items()}

    assert word_bits() == as_counted()
    EntryFactory(ordinal=95_000, title="Peace training in a block of its own")
    Search.objects.filter(entry__gte=60_000).update(vector=Value("'train':1"))
    Entry.objects.filter(ordinal__lt=3_000).delete()
    assert word_bits() == as_counted()
    assert ("train", 3) in word_bits()
    assert recounted() == 0
    Entry.objects.all().delete()
    assert word_bits() == {}
    # A word may be a name that is to be in no public table.
    assert not FrequentWord.objects.exists()


def test_words_are_chosen_anew_when_the_register_has_grown(register, monkeypatch):
    monkeypatch.setattr(written, "LEAST_RECORDS", 20)
    revision = Register.objects.get().revision
    assert written.choose_words_when_grown()
    assert "exercis" in FrequentWord.objects.values_list("word", flat=True)
    assert not written.choose_words_when_grown()
    for number in range(12):
        EntryFactory(ordinal=90_000 + number)
    assert written.choose_words_when_grown()
    assert Register.objects.get().revision == revision
