"""What each of the 102 nasty rows means, written down by reading the rows.

The key is the number of the row with the header as 1. `where` are countries, seas and regions
in the order of the text, `who` the countries that take part, `bodies` whoever else is named.
States are those of the day: what a dataset of 1980 calls Russia is the Soviet Union.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """The row is refused, and the reason says this."""

    saying: str


@dataclass(frozen=True)
class Read:
    """The row becomes a record; `None` means that the row says nothing worth a check."""

    start: str
    end: str
    where: str
    who: str
    bodies: tuple[str, ...] = ()
    status: str = "completed"
    title: str | None = None
    supplied: bool | None = None
    derived: bool = False
    precision: str | None = None
    activity: str | None = None
    claim: str = "accepted"
    edition: str | None = None
    note: str | None = None
    sources: int | None = None
    people: dict[str, int] | None = None
    how_many: int | None = None


EU = "European Union"
NATO = "North Atlantic Treaty Organization"
OAS = "Organization of American States"
UN = "United Nations"
TALIBAN = "Taliban"

EXPECTED = {
    # The end is before the start: which of the two is wrong, nobody can tell.
    2: Refused("end_date_raw “11/10/82” (1982-11-10) is before start_date_raw “11/11/82”"),
    3: Refused("end_date_raw “3/1/84” (1984-03-01) is before start_date_raw “6/20/84”"),
    4: Refused("end_date_raw “2000-01-xx” (2000-01) is before start_date_raw “4/24/00”"),
    5: Refused("end_date_raw “8/26/03” (2003-08-26) is before start_date_raw “9/17/03”"),
    6: Refused("end_date_raw “11/7/05” (2005-11-07) is before start_date_raw “11/20/05”"),
    7: Refused("end_date_raw “8/22/08” (2008-08-22) is before start_date_raw “8/29/08”"),
    8: Refused("end_date_raw “2/3/91” (1991-02-03) is before start_date_raw “2/4/91”"),
    9: Refused("end_date_raw “2011-5-27” (2011-05-27) is before start_date_raw “2012-5-25”"),
    10: Refused("end_date_raw “5/25/01” (2001-05-25) is before start_date_raw “8/15/01”"),
    11: Refused("end_date_raw “5/25/01” (2001-05-25) is before start_date_raw “8/15/01”"),
    12: Refused("end_date_raw “3/10/02” (2002-03-10) is before start_date_raw “9/16/02”"),
    13: Refused("end_date_raw “1/31/02” (2002-01-31) is before start_date_raw “9/7/02”"),
    14: Refused("start_date_raw “2025-11-31” has the day 31, and that month has 30"),
    # A day that is not known leaves the month, a month that is not known leaves the year.
    15: Read("1980-01", "1980-01", "EGY", "EGY USA", title="Saudi Arabian skies"),
    16: Read("1980-01", "1980-01", "KOR", "KOR USA", precision="country"),
    17: Read("1980-07", "1980-10", "EGY", "EGY USA", derived=True, supplied=True),
    18: Read("1980-09", "1980-09", "DEU", "DEU USA", derived=True),
    19: Read("2018", "", "", "RUS IND", title="Индра-2018", edition="2018", supplied=False),
    20: Read("2018", "", "", "RUS ARM BLR KAZ KGZ TJK", title="Боевое братство-2018"),
    21: Read("2018", "", "", "RUS BLR SRB"),
    22: Read("2017", "", "", "RUS ARM BLR KAZ KGZ TJK", edition="2017"),
    # Odd forms: xx within slashes, and -9 for a start that is not known.
    23: Read("1974-11", "1974-11-30", "indian-ocean arabian-sea", "USA TUR PAK GBR"),
    24: Read(
        "1977-11",
        "1977-11",
        "mediterranean-sea tyrrhenian-sea",
        "FRA DEU ITA GBR USA NLD GRC",
        title="Unnamed exercise: France, Germany, Italy, United Kingdom",
        supplied=True,
    ),
    25: Read("", "1977-10-17", "NOR", "USA GBR NOR"),
    26: Read("1977-11", "1977-11", "GBR", "BEL GBR DEU ITA USA"),
    27: Read("1977-09", "1977-09", "north-sea kattegat-skagerrak baltic-sea", "DNK DEU"),
    28: Read("1979-11", "1979-11", "ESP", "ESP USA", precision="place"),
    29: Read("", "1979-01-05", "DEU", "USA CAN GBR NLD LUX DEU"),
    # Two-digit years of a dataset that begins in 1946.
    30: Read("1948-04-14", "1948-04-18", "CRI", "CRI USA PAN", precision="country"),
    31: Read("1965-05-01", "1965-05-05", "DOM", "DOM", (OAS,)),
    32: Read("1965-05-10", "1965-05-17", "DOM", "DOM", (OAS,)),
    33: Read("1965-05-16", "1965-05-26", "DOM", "DOM USA"),
    34: Read("2009-11-23", "", "AFG", "AFG", (TALIBAN,)),
    35: Read("2006-06-12", "2007-06-12", "DZA", "DZA"),
    36: Read("2008-09-24", "2008-09-28", "AFG", "AFG", (TALIBAN,)),
    37: Read(
        "2002-03-15",
        "2002-04-04",
        "AGO",
        "AGO",
        ("National Union for the Total Independence of Angola", UN),
    ),
    # Day first in one dataset, month first in another.
    38: Read("2022-03-05", "", "UKR", "UKR RUS", status="unknown", claim="conflicting"),
    39: Read(
        "2022-03-05",
        "",
        "UKR",
        "UKR RUS",
        status="unknown",
        claim="conflicting",
        activity="humanitarian_corridor",
    ),
    40: Read(
        "2018-09-19", "", "CHN", "CHN PAK", title="Defence-related meeting of China with Pakistan"
    ),
    41: Read("2018-06-27", "", "CHN", "CHN USA", supplied=True),
    # Months by name. The end of a mandate may lie ahead; on 23 November 2026 this month is open.
    42: Read(
        "2022-11", "2026-11", "UKR", "UKR DEU", (EU,), status="unknown", people={"DEU": 1500}
    ),
    43: Read("2023-02", "2024-06", "NER", "NER DEU", (EU,), people={"DEU": 60}),
    44: Read(
        "2021-11",
        "2024-05",
        "MOZ",
        "MOZ ITA BEL EST FIN FRA GRC LTU PRT ROU ESP",
        (EU,),
        activity="training_course",
        people={"ITA": 15, "PRT": 120},
    ),
    45: Read("2024-09", "2026-06", "MOZ", "MOZ ESP", (EU,), people={"ESP": 2}),
    # Years that are typing errors. The right one may be plain to see; a person corrects it.
    46: Refused("start_date_raw “1/3/1900” has the year 1900"),
    47: Refused("start_date_raw “5/30/2207” has the year 2207"),
    48: Refused("start_date_raw “11/6/2107” has the year 2107"),
    49: Refused("start_date_raw “10/16/2107” has the year 2107"),
    50: Refused("start_date_raw “7/27/2049” has the year 2049"),
    51: Refused("start_date_raw “2/18/2109” has the year 2109"),
    52: Refused("start_date_raw “2/18/2109” has the year 2109"),
    53: Refused("start_date_raw “2/18/2109” has the year 2109"),
    54: Refused("start_date_raw “$1,177” is an amount of money"),
    55: Refused("start_date_raw “$1,177” is an amount of money"),
    56: Refused("start_date_raw “$0” is an amount of money"),
    57: Refused("start_date_raw “$0” is an amount of money"),
    # No date is no error. That the missions are over, the dataset says.
    58: Read("", "", "IRQ", "IRQ", (UN,)),
    59: Read("", "", "HRV", "", (UN,), derived=True),
    60: Read("", "1951-07-12", "GRC", "GRC", (UN,)),
    # NATO is not a country; where nobody else is named, it is what is known.
    61: Read("1981-03-09", "1981-03-20", "", "", (NATO,)),
    62: Read("1981-05-07", "1981-05-16", "BEL", "", (NATO,), derived=True),
    63: Read("1983-09-04", "1983-10-02", "", "", (NATO,)),
    64: Read("1983-11", "1983-11-12", "ITA", "", (NATO,)),
    # States that have ended, and the Soviet Union coded as Russia.
    65: Read(
        "1980-03-21",
        "1980-03-21",
        "DDR",
        "DDR SUN",
        title="Unnamed exercise: East Germany, Soviet Union",
        precision="country",
    ),
    66: Read("1980-05-26", "1980-06-04", "POL", "DDR POL SUN", note="Russia (RUS)"),
    67: Read("1980-09-04", "1980-09-12", "DDR baltic-sea", "BGR CSK DDR HUN POL SUN"),
    68: Read("1981-03-17", "1981-04-08", "POL DDR SUN", "CSK DDR POL SUN"),
    69: Read("2004-05-17", "2004-05-23", "ROU", "ROU YUG"),
    70: Read("2004-06-04", "2004-06-04", "adriatic-sea", "ITA YUG"),
    71: Read(
        "2002-04-16",
        "2002-04-30",
        "ATG",
        "ATG BHS BRB BLZ DMA GRD GUY JAM ANT KNA LCA VCT TTO GBR USA",
        derived=True,
    ),
    72: Read(
        "1999-06-10",
        "",
        "XKX YUG",
        "YUG XKX AUT BEL BGR HRV CZE DNK FIN DEU GHA HUN ITA NOR PAK POL PRT MDA ROU RUS ESP "
        "TUR UKR",
        (UN,),
        status="ongoing",
    ),
    73: Read(
        "2000-08-14",
        "2000-08-17",
        "XKX",
        "USA XKX",
        title="Visit of the United States Secretary of the Army to Kosovo",
    ),
    74: Read("1986-01-15", "", "YMD", "YMD"),
    # An identifier that was there twice got a suffix: it is another record.
    75: Read("2005-07-07", "2005-07-07", "CHN", "CHN JPN KOR", derived=True),
    76: Read("2007-05", "2007-05", "DEU", "", (NATO,)),
    77: Read("2007-05", "2007-05", "TUR", "", (NATO,)),
    78: Read("2023-02-02", "", "SDN", "USA ISR SDN"),
    # Long and full of line breaks. Who signs for no body stays in the source's text.
    79: Read("2022-12-21", "2022-12-21", "HTI", ""),
    80: Read("2014-01-25", "2014-01-25", "YEM", "", ("Ansar Allah",)),
    81: Read("2025-03-20", "", "AFG", "QAT USA", (TALIBAN,)),
    82: Read(
        "2025-11-12",
        "",
        "SDN",
        "",
        ("United Nations Office for the Coordination of Humanitarian Affairs",),
        note="Civil Society (Default)",
    ),
    # 129 states and the Secretary-General; Israel is the conflict and did not take part.
    83: Read(
        "2024-01-20", "", "UGA", "AFG UGA ZWE", ("United Nations Secretary-General",), how_many=129
    ),
    # The host and the 83 contributors that the row lists.
    84: Read("2011-07-08", "", "SSD", "SSD ALB ZWE", (UN,), status="ongoing", how_many=84),
    85: Read(
        "2016-06-23", "2016-06-23", "COL", "COL", ("Revolutionary Armed Forces of Colombia",)
    ),
    86: Read("2017-09-24", "2017-09-24", "COL", "COL", ("National Liberation Army (Colombia)",)),
    87: Read(
        "1993-09-08",
        "1993-09-08",
        "SLV",
        "SLV",
        ("Farabundo Martí National Liberation Front",),
        title="Agreement of the Tripartite Meeting Spanish: Acuerdo de la Reunión Tripartita",
    ),
    88: Read(
        "1995-08-19",
        "1995-08-19",
        "LBR",
        "",
        (
            "National Patriotic Front of Liberia",
            "United Liberation Movement of Liberia for Democracy",
        ),
        title=(
            "Abuja Peace Agreement to Supplement the Cotonou and Akosombo Agreements as "
            "subsequently clarified by the Accra Agreement"
        ),
    ),
    # The same rows as 19 and 20: an import leaves them unchanged.
    89: Read("2018", "", "", "RUS IND", title="Индра-2018"),
    90: Read("2018", "", "", "RUS ARM BLR KAZ KGZ TJK", title="Боевое братство-2018"),
    91: Read(
        "2004-02-19",
        "2004-02-19",
        "ITA",
        "",
        ("Proliferation Security Initiative",),
        title='Air Brake "03',
        supplied=False,
    ),
    92: Read(
        "2008-10",
        "2008-10",
        "KAZ",
        "KAZ RUS",
        title='Shchit-2008" [Shield-2008]',
        supplied=False,
    ),
    93: Read("2004-05-03", "2004-06-11", "CAN", "BEL CAN FRA DEU NLD NOR SGP GBR USA"),
    94: Read("2007-03-25", "2007-04-01", "KOR", "KOR USA", edition=""),
    95: Read("1993-08-03", "1993-08-03", "RWA", "RWA", ("Rwandan Patriotic Front",)),
    96: Read("2000-08-28", "2000-08-28", "BDI", "BDI"),
    # Many links: the dataset and the first five of them are sources.
    97: Read(
        "2023-05-01",
        "",
        "QAT",
        "CHN FRA DEU IND IDN IRN JPN KAZ KGZ NOR PAK QAT RUS SAU TJK TUR TKM ARE GBR USA UZB",
        (
            "United Nations Security Council",
            "United Nations Secretary-General",
            EU,
            "Organisation of Islamic Cooperation",
            "Shanghai Cooperation Organisation",
        ),
        sources=6,
    ),
    # “Islamabad, India” with a pin in India: Pakistan's capital, or a town in Kashmir? Both
    # countries lie in Southern Asia, and more is not known.
    98: Read(
        "2023-05-06",
        "",
        "034",
        "PAK CHN",
        (TALIBAN,),
        claim="needs_work",
        note="“Islamabad, India”",
        sources=6,
    ),
    # Georgia is the country; the course was in Germany, or in the United States.
    99: Read("2009-04-28", "2009-05-05", "DEU", "USA GEO", people={"GEO": 6}),
    100: Read("2012-07-30", "2012-08-10", "USA", "USA GEO", people={"GEO": 1}),
    101: Read("2008-09-10", "2008-09-17", "DEU", "USA", note="Indochina"),
    102: Read(
        "2024-06-30",
        "",
        "QAT",
        "RUS CHN IRN QAT PAK USA GBR SAU ARE TUR IND KAZ",
        (UN, TALIBAN),
        sources=6,
    ),
    103: Read("2024-08-15", "", "QAT", "QAT EGY USA ISR", sources=6),
}
