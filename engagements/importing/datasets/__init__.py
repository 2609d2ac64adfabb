"""One reader for each dataset: a pure function from a row to a record, or a refusal."""

from engagements.importing.records import Record, Row, RowError

from . import agreements, corridors, exercises, mediation, missions, training, visits
from .desk import COLUMNS, OWN_SUMMARY, Desk, Reader

READERS: dict[str, Reader] = {
    exercises.MME.name: exercises.mme,
    exercises.JME.name: exercises.jme,
    exercises.RUSSIA.name: exercises.russia,
    missions.UN.name: missions.un,
    missions.THIRD_PARTY.name: missions.third_party,
    missions.CSDP.name: missions.csdp,
    mediation.MEND.name: mediation.mend,
    mediation.CWM.name: mediation.cwm,
    agreements.PAX.name: agreements.agreement,
    visits.US_VISITS.name: visits.us_visit,
    visits.CHINA.name: visits.china,
    corridors.CORRIDORS.name: corridors.corridor,
    training.TRAINING.name: training.training,
}


def read(row: Row, desk: Desk) -> Record:
    """Return the record that a row of a dataset comes to, or raise RowError."""
    name = row["source_dataset"]
    if name not in READERS:
        known = ", ".join(sorted(READERS))
        raise RowError(f"source_dataset “{name}” is not known here. Known: {known}.")
    return READERS[name](row, desk)


__all__ = ["COLUMNS", "OWN_SUMMARY", "READERS", "Desk", "read"]
