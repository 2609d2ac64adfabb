"""Counts by bits are the counts of the records, whatever is asked and whatever has happened."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milidip.catalogue import counting, ordering
from milidip.catalogue.bits import IN_BLOCKS
from milidip.catalogue.facets import FACETS
from milidip.catalogue.filters import CodesFilter, filtered
from milidip.catalogue.models import Entry, FacetBlock, Register
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
    EntryFactory(track="1.5", leaves_on=yesterday, status="planned")
    Register.objects.update(swept_on=yesterday)
    assert any(key[:2] == ("track", "1.5") for key in blocks())
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalogue_sweep()")
    assert not any(key[:2] == ("track", "1.5") for key in blocks())
    assert recounted() == 0


def test_every_facet_has_blocks():
    assert set(FACETS) < IN_BLOCKS
