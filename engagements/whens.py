"""When was it? What a person writes, read into honest dates and said back in words.

Nothing is guessed. What can be read in two ways is asked; what is finer or coarser than the
register keeps becomes the honest date that it lies in, and the words themselves are kept for
staff. Years, months and days are those of EDTF level 0; of level 1 the qualifiers, unspecified
digits, seasons and intervals are understood. English and French. Pure: no database.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.importing.dates import MONTHS as ENGLISH_MONTHS
from engagements.importing.dates import is_missing
from milidip.codebook.dates import bounds, ends_before_it_starts
from milidip.codebook.folding import folded

LONGEST = 200


@dataclass(frozen=True, slots=True)
class When:
    """Start and end as honest dates, and what they do not say by themselves."""

    start: str = ""
    end: str = ""
    ongoing: bool = False
    """It is said to be still going on."""
    open_end: bool = False
    """It is said when it began, and that it lasted; not until when."""
    said: str = ""
    rounded: bool = False
    """The words say more, or less, than the dates can keep."""

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day that it may touch; None when nothing is known."""
        if not (self.start or self.end):
            return None
        first, last = self.start or self.end, self.end or self.start
        return bounds(first)[0], bounds(last)[1]


class WhenError(ValueError):
    """Why a text is no date, as a sentence for who wrote it; and what it may have meant."""

    def __init__(self, message: str, options: tuple[str, ...] = ()) -> None:
        self.message = message
        self.options = options
        super().__init__(message)


def read_when(text: str, today: date) -> When:
    """Return what ``text`` says of when something was; raise WhenError with a whole sentence."""
    said = " ".join(text.split())
    if len(said) > LONGEST:
        raise WhenError(_("That is too long for a date."))
    plain = _plain(said)
    if is_missing(plain) or plain in NOT_KNOWN:
        return When(said=said)
    try:
        found = _edtf(plain) or _free(plain.rstrip(" .;,"), said, today)
        _check(found, today)
    except WhenError as error:
        why = _("“%(text)s” %(why)s") % {"text": said, "why": error.message}
        raise WhenError(f"{why} {examples()}", error.options) from None
    return replace(found, said=said)


def examples() -> str:
    return _("Write it like “14-20 May 1980”, “May 1980”, “2003” or “since 1978”.")


def in_words(when: When) -> str:
    """Return what was understood, as one sentence to be checked before it is stored."""
    start, end = (honest_date_in_words(value) for value in (when.start, when.end))
    days = 0
    if when.ongoing:
        since = _("Since %(start)s, and still going on")
        said = since if start else _("Going on now; since when is not known")
    elif len(when.start) == len(when.end) == len("1980-05-14"):
        days = (bounds(when.end)[0] - bounds(when.start)[0]).days + 1
        said = ngettext(
            "From %(start)s to %(end)s (%(days)d day)",
            "From %(start)s to %(end)s (%(days)d days)",
            days,
        )
    elif start and end:
        said = _("From %(start)s to %(end)s")
    elif when.open_end:
        said = _("From %(start)s; until when is not known")
    elif start:
        said = {
            4: _("Some time in %(start)s; the month is not known"),
            7: _("Some time in %(start)s; the day is not known"),
        }.get(len(when.start), _("On %(start)s"))
    elif end:
        said = _("Until %(end)s; since when is not known")
    else:
        said = _("When it was is not known")
    return said % {"start": start, "end": end, "days": days}


def honest_date_in_words(value: str) -> str:
    """Return 14 May 1980, May 1980 or 1980 in the reader's language."""
    if len(value) <= len("1980"):
        return value
    pattern = "j F Y" if len(value) == len("1980-05-14") else "F Y"
    return date_format(bounds(value)[0], pattern)


# --- the words ------------------------------------------------------------------------------------

FRENCH_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv", "fevrier fevr fev", "mars", "avril avr", "mai", "juin",
            "juillet juil", "aout", "septembre", "octobre", "novembre", "decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
MONTHS = {**ENGLISH_MONTHS, "sept": 9, **FRENCH_MONTHS}
NOT_KNOWN = {"not known", "date unknown", "unknown date", "no date", "undated", "s.d.", "n.d."}
NOT_KNOWN |= {"inconnu", "inconnue", "date inconnue", "sans date", "non connu", "non connue"}


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


WEEKDAYS = _words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
)
FILLING = _words(
    "the on in of at month day year",
    "le la les en de du au mois annee dans courant",
)
ABOUT = _words(
    "about around circa ca c approximately approx roughly probably possibly ?",
    "vers environ peut-etre probablement alentours",
)
PART = _words(
    "early mid middle late beginning start end first second third fourth last half part",
    "quarter q1 q2 q3 q4 spring summer autumn fall",
    "debut mi milieu fin premier premiere deuxieme troisieme quatrieme dernier derniere",
    "moitie semestre trimestre printemps ete automne",
)
IN_TWO_YEARS = {"winter", "hiver"}
TO = r"to|until|till|through|thru|au|a|jusqu'au|jusqu'a|jusqu'en"
FROM = r"from|starting(?: on| in)?|as of|a partir d[eu]|a compter d[eu]|des"
NOW = r"present|now|today|date|ongoing|aujourd'hui|ce jour|maintenant|en cours"
STILL = r"(?:still )?(?:ongoing|going on|continuing|running)|(?:toujours )?en cours"

ISO = re.compile(r"(?<!\d)([12]\d{3})-(\d{2})(?:-(\d{2}))?(?!\d)")
NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2([12]\d{3})(?!\d)")
MONTH_YEAR = re.compile(r"(?<![\d./])(\d{1,2})[./]([12]\d{3})(?!\d)")
DECADE = re.compile(
    r"\b[12]\d\d0'?s\b|\b\d0s\b|\bannees (?:19|20)?\d0\b|\b[12]\d{2}x\b|\b[12]\dxx\b"
)
EDTF_DATE = re.compile(r"([12]\d{3})(?:-(\d{2}|xx)(?:-(\d{2}|xx))?)?([?~%]?)")
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))


def _plain(text: str) -> str:
    """Return the text in small letters, without accents, with one kind of dash and apostrophe."""
    plain = unicodedata.normalize("NFKC", text).translate(DASHES).replace("\u2019", "'")
    return " ".join(folded(plain).split())


# --- EDTF -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """As much of one date as stands there."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    about: bool = False
    rough: bool = False

    def honest(self) -> "_Part":
        """What is only about a day is sure of its month, and so on; a year stays a year."""
        if self.about and self.day:
            return replace(self, day=None)
        if self.about and self.month:
            return replace(self, month=None)
        return self

    def value(self) -> str:
        if self.year is None:
            raise WhenError(_("has no year: write it with four digits."))
        if self.day and self.month is None:
            raise WhenError(_("has a day without its month."))
        if self.month == 0 or self.day == 0:
            raise WhenError(_("is a day that does not exist."))
        part = self.honest()
        numbers = [f"{number:02}" for number in (part.year, part.month, part.day) if number]
        exact = [f"{number:02}" for number in (self.year, self.month, self.day) if number]
        try:
            bounds("-".join(exact))
            return "-".join(numbers)
        except ValueError:
            raise WhenError(_("is a day that does not exist.")) from None


def _edtf(plain: str) -> When | None:
    """Return what an EDTF date or interval says; None when the text is neither."""
    if match := EDTF_DATE.fullmatch(plain):
        part = _edtf_part(match)
        return None if part is None else _one(part)
    left, slash, right = plain.partition("/")
    ends = [EDTF_DATE.fullmatch(side) for side in (left, right)]
    if (
        not slash
        or not any(ends)
        or not all(
            match or side in ("", "..") for match, side in zip(ends, (left, right), strict=True)
        )
    ):
        return None
    parts = [_edtf_part(match) if match else None for match in ends]
    start, end = (part.value() if part else "" for part in parts)
    return When(
        start=start,
        end=end,
        ongoing=right == "..",
        open_end=not right,
        rounded=any(part and (part.about or part.rough) for part in parts),
    )


def _edtf_part(match: re.Match[str]) -> _Part | None:
    year, month, day, mark = match.groups()
    number = int(month) if month and month != "xx" else None
    season = number is not None and 21 <= number <= 24
    if number is not None and not 1 <= number <= 12 and not season:
        return None
    if season and not day:
        if number > int(year) % 100:  # type: ignore[operator]
            both = (f"{year} - {year[:2]}{month}", year)
            raise WhenError(_("can be a season or a range of years."), both)
        number = None
    known = int(day) if day and day != "xx" and number else None
    return _Part(int(year), number, known, about=bool(mark), rough=season)


# --- free text ------------------------------------------------------------------------------------


def _free(plain: str, said: str, today: date) -> When:
    plain = re.sub(r"\b(mid|mi)-", r"\1 ", plain)
    plain = re.sub(r"(?:\b(?:circa|ca|c)\b\.? *|~ *)(?=\d)", "about ", plain)
    plain, ongoing = _without_ongoing(plain)
    if ongoing and not plain:
        return When(ongoing=True)
    _refuse_what_has_two_meanings(plain, said)
    plain = _as_iso(_days_of_today(plain, today), said)
    if ongoing:
        return replace(_one(_side(plain)), ongoing=True)
    if match := re.fullmatch(r"(?:until|till|up to|to|jusqu'(?:au|a|en))\s+(.+)", plain):
        one = _one(_side(match[1]))
        return replace(one, start="", end=one.start)
    if sides := _range(plain):
        return _between(*sides)
    if match := re.fullmatch(rf"(?:{FROM})\s+(.+?)(?: on| onwards?)?", plain):
        return replace(_one(_side(match[1])), open_end=True)
    return _one(_side(plain))


def _days_of_today(plain: str, today: date) -> str:
    for words, distance in (
        ("today|aujourd'hui", 0),
        ("yesterday|hier", -1),
        ("tomorrow|demain", 1),
    ):
        day = (today + timedelta(days=distance)).isoformat()
        plain = re.sub(rf"\b(?:{words})\b", day, plain)
    return plain


def _refuse_what_has_two_meanings(plain: str, said: str) -> None:
    if DECADE.search(plain):
        raise WhenError(
            _(
                "is wider than a year, the coarsest date that is kept: write the years, or “unknown”."
            )
        )
    if re.match(r"(?:between|entre)\b", plain):
        raise WhenError(
            _("can mean all that time or once within it: write “from … to …” if it went on.")
        )
    if re.match(r"(?:before|after|avant|apres)\b", plain):
        raise WhenError(_("says only when it was not: write the year it was in, or “unknown”."))
    if re.search(r"\b(?:or|ou|and|et)\b|&", plain):
        raise WhenError(_("gives two dates: write the one that is sure, or one from … to …."))
    if re.search(r"\d\s*-$", plain):
        began = said.rstrip("-\u2010\u2011\u2012\u2013\u2014 ")
        raise WhenError(
            _("can mean that it goes on, or that its end is not known."),
            (_("since %(when)s") % {"when": began}, _("from %(when)s") % {"when": began}),
        )
    if set(plain.split()) & IN_TWO_YEARS:
        raise WhenError(_("can lie in two years: write the months."))
    if match := re.fullmatch(r"([12]\d)(\d{2})/(\d{1,2})", plain):
        century, year, other = match.groups()
        options = [f"{century}{year}-{other:0>2}"] if 1 <= int(other) <= 12 else []
        if int(other) > int(year):
            options.append(f"{century}{year} - {century}{other:0>2}")
        raise WhenError(_("can be a month or a second year."), tuple(options))


def _without_ongoing(plain: str) -> tuple[str, bool]:
    """Take out the words that say that it still goes on; tell whether there were any."""
    ongoing = False
    if re.fullmatch(STILL, plain):
        return "", True
    if match := re.fullmatch(rf"(.+?)[ ,(]+(?:and )?(?:{STILL})\)?", plain):
        plain, ongoing = match[1], True
        if trailing := re.fullmatch(rf"(.+?)\s*(?:\b(?:{TO})|-)", plain):
            plain = trailing[1]
    if (match := re.fullmatch(rf"(?:(?:{STILL})[ ,]+)?(?:since|depuis)\s+(.+)", plain)) or (
        match := re.fullmatch(rf"(?:{STILL})[ ,]+(?:{FROM})\s+(.+)", plain)
    ):
        plain, ongoing = match[1], True
    to_now = rf"(?:(?:from|de|du) )?(.+?)(?: (?:{TO})(?: the)? |\s*-\s*)(?:{NOW})"
    if match := re.fullmatch(to_now, plain):
        plain, ongoing = match[1], True
    return plain.strip(" ,"), ongoing


def _as_iso(plain: str, said: str) -> str:
    """Write every date in numbers as one word that no dash can take apart."""

    def iso(match: re.Match[str]) -> str:
        year, month, day = match.groups()
        if day is None and not 1 <= int(month) <= 12:
            return match[0]  # 1980-85
        return "@" + "_".join(filter(None, (year, month, day)))

    def numbers(match: re.Match[str]) -> str:
        first, _mark, second, year = match.groups()
        one, other = int(first), int(second)
        if one <= 12 and other <= 12 and one != other:
            both = [f"{year}-{month:02}-{day:02}" for day, month in ((one, other), (other, one))]
            written = match[0]
            raise WhenError(
                _("can be %(one)s or %(other)s: write the month as a word.")
                % {
                    "one": honest_date_in_words(both[0]),
                    "other": honest_date_in_words(both[1]),
                },
                tuple(said.translate(DASHES).replace(written, value) for value in both),
            )
        month, day = (other, one) if other <= 12 else (one, other)
        return f"@{year}_{month:02}_{day:02}"

    plain = NUMBERS.sub(numbers, plain)
    plain = MONTH_YEAR.sub(lambda match: f"@{match[2]}_{int(match[1]):02}", plain)
    return ISO.sub(iso, plain)


def _range(plain: str) -> tuple[_Part, _Part] | None:
    """Return both ends of a range; None when the text is a single date."""
    bare = re.sub(r"^(?:(?:from|du|de)\s+|d')", "", plain)
    sides = re.split(rf"\s+(?:{TO})\s+|\s*-\s*", bare)
    if len(sides) == 1:
        return None
    if len(sides) > 2 or not all(sides):
        raise WhenError(_("cannot be read as a range: write “from … to …”."))
    if re.fullmatch(r"[12]\d{3}", sides[0]) and re.fullmatch(r"\d{1,2}", sides[1]):
        return _Part(int(sides[0])), _Part(_later_year(*sides))
    left, right = _side(sides[0]), _side(sides[1])
    return (
        replace(
            left,
            year=left.year or right.year,
            month=left.month or (right.month if left.day else None),
        ),
        replace(
            right,
            year=right.year or left.year,
            month=right.month or (left.month if right.day else None),
        ),
    )


def _later_year(first: str, short: str) -> int:
    if len(short) != 2 or int(short) <= int(first) % 100:
        raise WhenError(_("can be a month or a second year: write both with all their digits."))
    return int(first[:2] + short)


def _side(text: str) -> _Part:
    """Read one date of words and numbers."""
    text = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th|er|e)\b", r"\1", text)
    text = re.sub(rf"\bpremier (?=(?:{'|'.join(FRENCH_MONTHS)})\b)", "1 ", text)
    text = re.sub(r"\b\d (half|quarter|semestre|trimestre)\b", r"\1", text)
    text = re.sub(r"\b[dl]'", "", text).replace("?", " ? ")
    part = _Part()
    for word in re.split(r"[\s,()]+", text.strip(" ,()")):
        part = _with(part, word.rstrip("."))
    if not (part.year or part.month or part.day):
        raise WhenError(_("has no date in it."))
    return part


def _with(part: _Part, word: str) -> _Part:
    if word in FILLING or word in WEEKDAYS or not word:
        return part
    if word in ABOUT:
        return replace(part, about=True)
    if word in PART:
        return replace(part, rough=True)
    found: dict[str, int] = {}
    if word.startswith("@"):
        found = dict(zip(("year", "month", "day"), map(int, word[1:].split("_")), strict=False))
    elif word in MONTHS:
        found["month"] = MONTHS[word]
    elif re.fullmatch(r"[12]\d{3}", word):
        found["year"] = int(word)
    elif re.fullmatch(r"\d{1,2}", word):
        if part.month and part.day:
            raise WhenError(_("has a year of two digits: write all four."))
        found["day"] = int(word)
    else:
        raise WhenError(_("has a word that is not understood: %(word)s.") % {"word": word})
    if any(getattr(part, name) for name in found):
        raise WhenError(_("gives more than one date."))
    return replace(part, **found)


def _one(part: _Part) -> When:
    return When(start=part.value(), rounded=part.about or part.rough)


def _between(left: _Part, right: _Part) -> When:
    start, end = left.value(), right.value()
    rounded = any((left.about, left.rough, right.about, right.rough))
    return When(start=start, end=end, rounded=rounded)


def _check(when: When, today: date) -> None:
    if ends_before_it_starts(when.start, when.end):
        raise WhenError(_("ends before it starts: write both dates with their year."))
    if when.ongoing and when.start and bounds(when.start)[0] > today:
        raise WhenError(_("has not begun, so it cannot be going on."))
