"""Every controlled vocabulary that staff may extend, and the countries and regions.

A term's code is its primary key: foreign keys hold the code itself, and so do URLs and
exports. The database refuses to change one. Rows with ``shipped`` come from the files in
``data/`` and are kept up to date by ``load_codebook``; rows that editors add are theirs.
"""

from milidip.codebook.models.coded import Coded, refuse_deletion_in_use
from milidip.codebook.models.places import Country, CountryNumber, Region
from milidip.codebook.models.terms import (
    ActivityType,
    ActorType,
    Capacity,
    Criterion,
    Family,
    FixedTerm,
    MilitaryRole,
    Objective,
    Role,
    Term,
    Theme,
    Track,
    TrackLink,
)

__all__ = [
    "ActivityType",
    "ActorType",
    "Capacity",
    "Coded",
    "Country",
    "CountryNumber",
    "Criterion",
    "Family",
    "FixedTerm",
    "MilitaryRole",
    "Objective",
    "Region",
    "Role",
    "Term",
    "Theme",
    "Track",
    "TrackLink",
    "refuse_deletion_in_use",
]
