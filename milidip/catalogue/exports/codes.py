"""The codebook as a table: what each column is and what each code means."""

from collections.abc import Iterator

from milidip.catalogue.exports.grains import GRAINS
from milidip.codebook.vocabularies import VOCABULARIES

HEAD = ("list", "name", "label", "type", "may_be_empty", "definition", "source")
DEFINITIONS = {
    "list": "“columns:” and a file, or the name of a vocabulary",
    "name": "Name of the column, or the code",
    "label": "The code in words",
    "type": "Type of a column",
    "may_be_empty": "Whether cells of the column may be empty",
    "definition": "What it means",
    "source": "Where the definition of a code comes from",
}
Row = tuple[str, str, str, str, str, str, str]


def codebook_rows() -> Iterator[Row]:
    """Yield every column of every file, and every code of every vocabulary."""
    for grain in GRAINS:
        for column in grain.columns:
            empty = "true" if column.null else "false"
            yield (
                *(f"columns:{grain.name}", column.name, "", column.type, empty),
                *(str(column.definition), ""),
            )
    for vocabulary in VOCABULARIES:
        for term in vocabulary.terms():
            extra = "; ".join(f"{name}: {text}" for name, text in term.extra)
            definition = f"{term.definition} {extra}".strip()
            yield vocabulary.code, term.code, str(term.label), "", "", definition, term.source
