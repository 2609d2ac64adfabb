from datetime import date

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from milidip.catalogue.models import Register
from milidip.catalogue.words import honest_date, honest_span
from milidip.codebook.models import Track

from .factories import EntryFactory


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1980-05-14", "14 May 1980"),
        ("1980-05", "May 1980"),
        ("1980", "1980"),
        (date(1980, 5, 14), "14 May 1980"),
        ("", ""),
        (None, ""),
        ("..", ""),
        ("soon", "soon"),
    ],
)
def test_a_date_is_said_as_far_as_it_is_known(value, words):
    assert honest_date(value) == words


@pytest.mark.parametrize(
    ("start", "end", "status", "words"),
    [
        ("1980-05-14", "1980-05-20", "completed", "14-20 May 1980"),
        ("1980-05-14", "1980-06-02", "completed", "14 May - 2 June 1980"),
        ("1980-05-14", "1981-06-02", "completed", "14 May 1980 to 2 June 1981"),
        ("1980-05", "1980-07", "completed", "May - July 1980"),
        ("1980-05", "1982", "completed", "May 1980 to 1982"),
        ("1980", "1985", "completed", "1980-1985"),
        ("1980-05-14", "1980-05-14", "completed", "14 May 1980"),
        ("1980-05", "", "completed", "May 1980"),
        ("1978", "", "ongoing", "since 1978"),
        ("1978", "..", "ongoing", "since 1978"),
        ("", "1990-03", "completed", "until March 1990"),
        ("", "..", "ongoing", ""),
        ("", "", "unknown", ""),
        (None, None, "", ""),
    ],
)
def test_a_span_repeats_nothing_and_makes_nothing_up(start, end, status, words):
    assert honest_span(start, end, status).replace("\N{EN DASH}", "-") == words


@pytest.mark.django_db
def test_terms_are_read_again_when_one_changes_and_not_before(client):
    def asked() -> tuple[bool, str]:
        Register.objects.update(revision=F("revision") + 1)  # nothing that was kept is good
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/engagements/").text
        return any("codebook_fixedterm" in query["sql"] for query in queries), page

    EntryFactory(track="3")
    asked()
    again, page = asked()
    assert not again
    assert "Called otherwise" not in page
    Track.objects.filter(code="3").update(label="Called otherwise")
    again, page = asked()
    assert again
    assert "Called otherwise" in page
    assert not asked()[0]
