"""A date is what its cell says, to the precision that it says, or it is refused."""

import pytest

from engagements.importing.dates import DateError, DateStyle, is_missing, read_date

US = DateStyle(1980, 2011, slashed="mdy")
OLD = DateStyle(1946, 2011, slashed="mdy")
EUROPE = DateStyle(2014, 2030, dotted="dmy")
ISO = DateStyle(1945, 2040)


@pytest.mark.parametrize(
    ("cell", "style", "date"),
    [
        ("1/14/80", US, "1980-01-14"),
        ("9/11/10", US, "2010-09-11"),
        ("12/31/1999", US, "1999-12-31"),
        (" 2/9/04 ", US, "2004-02-09"),
        ("1980-01-xx", US, "1980-01"),
        ("1980-xx-xx", US, "1980"),
        ("11/xx/1984", US, "1984-11"),
        ("xx/xx/2001", US, "2001"),
        ("4/14/48", OLD, "1948-04-14"),
        ("3//1996", OLD, "1996-03"),
        ("1//64", OLD, "1964-01"),
        ("//1999", OLD, "1999"),
        ("?/?/2009", OLD, "2009"),
        ("2/??/04", OLD, "2004-02"),
        ("05.03.22", EUROPE, "2022-03-05"),
        ("2005", ISO, "2005"),
        ("2023-5", ISO, "2023-05"),
        ("2023-5-1", ISO, "2023-05-01"),
        ("2023-04-01 00:00:00", ISO, "2023-04-01"),
        ("November 2022", ISO, "2022-11"),
        ("february 2027", ISO, "2027-02"),
        ("14 May 1980", ISO, "1980-05-14"),
        ("2024-02-29", ISO, "2024-02-29"),
    ],
)
def test_a_date_keeps_the_precision_of_its_cell(cell, style, date):
    assert read_date(cell, style) == date


@pytest.mark.parametrize(
    "cell", ["", " ", "-9", "xx", "XX", "unknown", "NA", "n/a", ".", "?", "xx/xx/xx", "//"]
)
def test_what_is_missing_is_unknown_and_no_error(cell):
    assert is_missing(cell) or cell == "xx/xx/xx"
    assert read_date(cell, US) == ""


@pytest.mark.parametrize(
    ("cell", "style", "reason"),
    [
        ("2025-11-31", ISO, "the day 31, and that month has 30"),
        ("2/29/03", US, "the day 29, and that month has 28"),
        ("13/1/1999", US, "the month 13"),
        ("0/1/1999", US, "the month 0"),
        ("02/126/1993", US, "the day 126"),
        ("0427/1997", US, "not a date in the form"),
        ("4/26/194", US, "the year 194"),
        ("10/1/993", OLD, "the year 993"),
        ("5/30/2207", US, "the year 2207, and this dataset covers 1980 to 2011"),
        ("1/3/1900", US, "the year 1900"),
        ("3/2/1882", OLD, "the year 1882"),
        ("8/25/12", OLD, "two-digit year 12"),
        ("1/1/45", OLD, "two-digit year 45"),
        ("$1,177", US, "an amount of money"),
        ("$0", US, "an amount of money"),
        ("7//98? 8/1/98", OLD, "doubtful, or gives two dates"),
        ("5/8/97??", OLD, "doubtful"),
        ("05.03.22", US, "not a date in the form"),
        ("5/3/22", EUROPE, "not a date in the form"),
        ("Brumaire 1999", ISO, "the month Brumaire"),
        ("5/14/xx", US, "no year"),
        ("soon", ISO, "not a date in the form"),
    ],
)
def test_what_is_no_date_is_refused_and_says_why(cell, style, reason):
    with pytest.raises(DateError, match=f"(?i){reason.replace('(', '.')}"):
        read_date(cell, style)


def test_two_digit_years_are_read_by_the_years_that_a_dataset_covers():
    assert read_date("1/1/46", OLD) == "1946-01-01"
    assert read_date("1/1/11", OLD) == "2011-01-01"
    assert read_date("1/1/11", US) == "2011-01-01"
    with pytest.raises(DateError, match="covers 1980 to 2011"):
        read_date("1/1/79", US)
