"""When was it? Free text becomes honest dates, or is asked about: never more than it says."""

from datetime import date

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from engagements.whens import WhenError, in_words, read_when
from milidip.codebook.dates import bounds

TODAY = date(2026, 11, 26)

READ = {
    # a day, a month, a year
    "14 May 1980": ("1980-05-14", ""),
    "14 may 1980": ("1980-05-14", ""),
    "May 14, 1980": ("1980-05-14", ""),
    "Wednesday, May 14th, 1980": ("1980-05-14", ""),
    "on the 14th of May 1980": ("1980-05-14", ""),
    "14.5.1980": ("1980-05-14", ""),
    "14/05/1980": ("1980-05-14", ""),
    "05/14/1980": ("1980-05-14", ""),
    "14-05-1980": ("1980-05-14", ""),
    "4/4/2001": ("2001-04-04", ""),
    "1980-05-14": ("1980-05-14", ""),
    "May 1980": ("1980-05", ""),
    "Sept. 1980": ("1980-09", ""),
    "in May, 1980": ("1980-05", ""),
    "05/1980": ("1980-05", ""),
    "5.1980": ("1980-05", ""),
    "1980-05": ("1980-05", ""),
    "1980": ("1980", ""),
    "in 1980": ("1980", ""),
    "  May   1980. ": ("1980-05", ""),
    "29 February 1980": ("1980-02-29", ""),
    "today": ("2026-11-26", ""),
    "yesterday": ("2026-11-25", ""),
    "tomorrow": ("2026-11-27", ""),
    "demain": ("2026-11-27", ""),
    # ranges
    "14-20 May 1980": ("1980-05-14", "1980-05-20"),
    "14–20 May 1980": ("1980-05-14", "1980-05-20"),
    "14 - 20 May 1980": ("1980-05-14", "1980-05-20"),
    "14 to 20 May 1980": ("1980-05-14", "1980-05-20"),
    "14th-20th May 1980": ("1980-05-14", "1980-05-20"),
    "May 14-20, 1980": ("1980-05-14", "1980-05-20"),
    "from 14 May to 3 June 1980": ("1980-05-14", "1980-06-03"),
    "14 May - 3 June 1980": ("1980-05-14", "1980-06-03"),
    "May 14 - June 3, 1980": ("1980-05-14", "1980-06-03"),
    "28 Dec 1979 - 3 Jan 1980": ("1979-12-28", "1980-01-03"),
    "28 December 1979 until 3 January 1980": ("1979-12-28", "1980-01-03"),
    "14/05/1980-20/05/1980": ("1980-05-14", "1980-05-20"),
    "14-20/05/1980": ("1980-05-14", "1980-05-20"),
    "1980-05-14 to 1980-05-20": ("1980-05-14", "1980-05-20"),
    "1980-05-14 - 1980-05-20": ("1980-05-14", "1980-05-20"),
    "May-July 1980": ("1980-05", "1980-07"),
    "May to July 1980": ("1980-05", "1980-07"),
    "December 1979 - January 1980": ("1979-12", "1980-01"),
    "from 2010 to 2012": ("2010", "2012"),
    "2010 through 2012": ("2010", "2012"),
    "2010-2012": ("2010", "2012"),
    "1980-85": ("1980", "1985"),
    "May 1980 to 1982": ("1980-05", "1982"),
    "until 2012": ("", "2012"),
    "up to May 2012": ("", "2012-05"),
    # French
    "14 mai 1980": ("1980-05-14", ""),
    "le 1er août 1980": ("1980-08-01", ""),
    "le premier mai 1980": ("1980-05-01", ""),
    "Lundi 12 mai 1980": ("1980-05-12", ""),
    "du 14 au 20 mai 1980": ("1980-05-14", "1980-05-20"),
    "14-20 mai 1980": ("1980-05-14", "1980-05-20"),
    "du 28 décembre 1979 au 3 janvier 1980": ("1979-12-28", "1980-01-03"),
    "de 2010 à 2012": ("2010", "2012"),
    "de décembre 1979 à janvier 1980": ("1979-12", "1980-01"),
    "février 1980": ("1980-02", ""),
    "févr. 1980": ("1980-02", ""),
    "d'avril à juin 1980": ("1980-04", "1980-06"),
    "d’avril à juin 1980": ("1980-04", "1980-06"),
    "jusqu'en 2012": ("", "2012"),
    # EDTF
    "1980-05-14/1980-05-20": ("1980-05-14", "1980-05-20"),
    "2010/2012": ("2010", "2012"),
    "../2012": ("", "2012"),
    "/2012": ("", "2012"),
    "2004-XX": ("2004", ""),
    "2004-06-XX": ("2004-06", ""),
    # not known
    "unknown": ("", ""),
    "not known": ("", ""),
    "?": ("", ""),
    "date inconnue": ("", ""),
}

ROUNDED = {
    "mid 2003": "2003",
    "mid-2003": "2003",
    "early 2003": "2003",
    "end of 2003": "2003",
    "first half of 2003": "2003",
    "1st half of 2003": "2003",
    "Q3 2004": "2004",
    "3rd quarter of 2004": "2004",
    "spring 2004": "2004",
    "summer of 2004": "2004",
    "early May 1980": "1980-05",
    "mid-May 1980": "1980-05",
    "about 1995": "1995",
    "around 1995": "1995",
    "circa 1995": "1995",
    "c. 1995": "1995",
    "c.1995": "1995",
    "~1995": "1995",
    "1995?": "1995",
    "1995~": "1995",
    "about May 1980": "1980",
    "May 1980?": "1980",
    "about 14 May 1980": "1980-05",
    "2004-06-11~": "2004-06",
    "1998-21": "1998",
    "mi-2003": "2003",
    "début 2003": "2003",
    "fin mai 1980": "1980-05",
    "printemps 2004": "2004",
    "été 2004": "2004",
    "vers 1995": "1995",
    "premier semestre 2003": "2003",
}

GOING_ON = {
    "ongoing since 1978": "1978",
    "since 1978": "1978",
    "since May 1978": "1978-05",
    "since 14 May 1978": "1978-05-14",
    "1978 to present": "1978",
    "1978-present": "1978",
    "from 1978 to the present": "1978",
    "1978 - ongoing": "1978",
    "1978, ongoing": "1978",
    "1978 (ongoing)": "1978",
    "ongoing from 1978": "1978",
    "1978 and still going on": "1978",
    "1978/..": "1978",
    "ongoing": "",
    "en cours depuis 1978": "1978",
    "depuis mai 1978": "1978-05",
    "de 1978 à aujourd'hui": "1978",
    "en cours": "",
    "since early 1978": "1978",
    "since yesterday": "2026-11-25",
}

BEGAN = {
    "from 1978": "1978",
    "from May 1978 onwards": "1978-05",
    "starting in 1978": "1978",
    "à partir de mai 1978": "1978-05",
    "1978/": "1978",
}

REFUSED = {
    "3/4/2001": "2001-04-03 2001-03-04",
    "3.4.2001": "2001-04-03 2001-03-04",
    "3-4-2001": "2001-04-03 2001-03-04",
    "3/4/2001 to 20/5/2001": "2001-04-03 to 20/5/2001 2001-03-04 to 20/5/2001",
    "2003/04": "2003-04 2003 - 2004",
    "2003-21": "2003 - 2021 2003",
    "1978-": "since 1978 from 1978",
    "the 1980s": "",
    "1980's": "",
    "198X": "",
    "les années 80": "",
    "winter 2003": "",
    "hiver 2003": "",
    "between 2001 and 2003": "",
    "before 1990": "",
    "after 1990": "",
    "1980 or 1981": "",
    "14 and 15 May 1980": "",
    "May": "",
    "14 May": "",
    "14 1980": "",
    "14 May 80": "",
    "14/05/80": "",
    "30 February 1980": "",
    "29 February 1981": "",
    "1980-13": "",
    "32 May 1980": "",
    "5 June 1980 - 3 May 1980": "",
    "28 Dec - 3 Jan 1980": "",
    "2012-2010": "",
    "2012/2010": "",
    "1980-1981-1982": "",
    "14 May 1980 15 May 1980": "",
    "14 May 1980 at 10:00": "",
    "last week": "",
    "soon": "",
    "980": "",
    "14 Mayo 1980": "",
    "since 2030": "",
    "since 1978 to 1980": "",
    "x" * 300: "",
}


@pytest.mark.parametrize(("text", "dates"), READ.items())
def test_what_is_plain_is_read(text, dates):
    found = read_when(text, TODAY)
    assert (found.start, found.end) == dates
    assert (found.rounded, found.ongoing) == (False, False)


@pytest.mark.parametrize(("text", "start"), ROUNDED.items())
def test_what_no_date_can_say_becomes_the_date_it_lies_in_and_is_marked(text, start):
    found = read_when(text, TODAY)
    assert (found.start, found.end, found.rounded) == (start, "", True)
    assert found.said == text


def test_both_ends_of_a_range_may_be_rough():
    found = read_when("mid-May to early June 1980", TODAY)
    assert (found.start, found.end, found.rounded) == ("1980-05", "1980-06", True)


@pytest.mark.parametrize(("text", "start"), GOING_ON.items())
def test_what_goes_on_has_no_end(text, start):
    found = read_when(text, TODAY)
    assert (found.start, found.end, found.ongoing) == (start, "", True)


@pytest.mark.parametrize(("text", "start"), BEGAN.items())
def test_what_began_is_not_said_to_go_on(text, start):
    found = read_when(text, TODAY)
    assert (found.start, found.end, found.ongoing, found.open_end) == (start, "", False, True)


@pytest.mark.parametrize(("text", "options"), REFUSED.items())
def test_what_is_doubtful_is_asked_with_the_text_and_examples(text, options):
    with pytest.raises(WhenError) as refusal:
        read_when(text, TODAY)
    assert " ".join(refusal.value.options) == options
    if len(text) < 200:
        assert refusal.value.message.startswith(f"“{text}” ")
        assert "14-20 May 1980" in refusal.value.message


@pytest.mark.parametrize("text", [text for text, options in REFUSED.items() if options])
def test_each_reading_that_is_offered_can_be_read(text):
    with pytest.raises(WhenError) as refusal:
        read_when(text, TODAY)
    found = {read_when(option, TODAY) for option in refusal.value.options}
    assert len(found) == len(refusal.value.options) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "14 May 1980": "On 14 May 1980",
        "14-20 May 1980": "From 14 May 1980 to 20 May 1980 (7 days)",
        "14-14 May 1980": "From 14 May 1980 to 14 May 1980 (1 day)",
        "May 1980": "Some time in May 1980; the day is not known",
        "mid 2003": "Some time in 2003; the month is not known",
        "from 2010 to 2012": "From 2010 to 2012",
        "ongoing since 1978": "Since 1978, and still going on",
        "ongoing": "Going on now; since when is not known",
        "from 1978": "From 1978; until when is not known",
        "until 2012": "Until 2012; since when is not known",
        "unknown": "When it was is not known",
    }.items(),
)
def test_it_is_said_back_in_words(text, words):
    assert in_words(read_when(text, TODAY)) == words


def test_the_words_follow_the_language_of_the_reader():
    with override("fr"):
        assert "14 mai 1980" in in_words(read_when("14 May 1980", TODAY))


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)), st.sampled_from(["j", "m", "iso"]))
def test_every_day_is_read_as_it_is_written(day, form):
    text = {
        "j": f"{day.day} {day:%B} {day.year}",
        "m": f"{day:%b} {day.day}, {day.year}",
        "iso": day.isoformat(),
    }[form]
    assert read_when(text, TODAY).start == day.isoformat()


@given(st.text(alphabet="0123456789 -/.~?xXabcdefijlmnorstuvy", max_size=30))
def test_whatever_is_typed_gives_honest_dates_or_a_sentence(text):
    try:
        found = read_when(text, TODAY)
    except WhenError as refusal:
        said = refusal.message
    else:
        for value in filter(None, (found.start, found.end)):
            bounds(value)
        said = in_words(found)
    assert said
