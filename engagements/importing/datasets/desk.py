"""What every row is read with, and how a dataset is described."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from engagements.importing.bodies import Bodies
from engagements.importing.codes import Codes, known_codes
from engagements.importing.dates import DateStyle
from engagements.importing.gazetteer import Gazetteer
from engagements.importing.records import Record, Row
from milidip.codebook.choices import Independence, SourceKind

COLUMNS = (
    "source_dataset",
    "source_id",
    "title",
    "series",
    "activity_type_guess",
    "track_level_guess",
    "start_date_raw",
    "end_date_raw",
    "location_text",
    "lat",
    "lon",
    "countries",
    "participants_text",
    "summary",
    "citation",
    "licence",
)
OWN_SUMMARY = "public_summary"
DETAILS = "details"

AREAS_WITH_ARTICLE = {"019", "029", "arctic", "baltic", "black-sea", "sahel", "western-balkans"}


@dataclass(slots=True)
class Desk:
    """What a row is read with: names, bodies, the codes of the codebook, and the day."""

    gazetteer: Gazetteer
    bodies: Bodies
    today: date
    codes: Codes

    @classmethod
    def prepared(cls, today: date) -> "Desk":
        return cls(
            gazetteer=Gazetteer.from_codebook(),
            bodies=Bodies.listed(),
            today=today,
            codes=known_codes(),
        )

    @property
    def activities(self) -> frozenset[str]:
        return self.codes["activity"]

    def label(self, code: str) -> str:
        return self.gazetteer.labels[code]

    def area(self, code: str) -> str:
        """Return the name of a sea or a region as it stands in a sentence."""
        name = self.gazetteer.areas[code]
        return (
            f"the {name}" if code in self.gazetteer.waters or code in AREAS_WITH_ARTICLE else name
        )


@dataclass(frozen=True, slots=True)
class Dataset:
    """How one dataset is to be read and cited."""

    name: str
    style: DateStyle
    longest_years: float
    publisher: str = ""
    kind: str = SourceKind.DATASET
    independence: str = Independence.INDEPENDENT


Reader = Callable[[Row, Desk], Record]
