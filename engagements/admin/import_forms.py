"""The forms of an import: the file, what its columns are, and how to read them."""

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from engagements.importing import mapping as mappings
from engagements.importing.register import COLUMNS as OF_THE_EXPORT
from engagements.importing.register import KEY
from engagements.importing.spec import MappingError, Spec
from engagements.importing.targets import TARGETS
from engagements.models import Import
from milidip.codebook.models import ActivityType

LARGEST = 200 * 1024**2
OWN = "own"
ENCODINGS = [
    ("", _("UTF-8, or an Excel workbook")),
    ("cp1252", _("Western European (Windows-1252)")),
    ("iso8859-15", _("Western European (ISO 8859-15)")),
    ("cp1250", _("Central European (Windows-1250)")),
    ("cp1251", _("Cyrillic (Windows-1251)")),
    ("cp1256", _("Arabic (Windows-1256)")),
    ("utf-16", _("UTF-16")),
]


class UploadForm(forms.Form):
    """The file, and its encoding when it is an old one."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel workbook (.xlsx), first row with the names of the columns."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        choices=ENCODINGS,
        required=False,
        help_text=_("Only asked for when the file is not UTF-8."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 200 MB: split it."))
        if PurePath(file.name).suffix.casefold() in (".xls", ".ods"):
            raise forms.ValidationError(_("Save it as .xlsx or as CSV in UTF-8."))
        return file


def suggested_kind(header: list[str]) -> str:
    """Return the mapping whose columns a file has, the register's export first; else ``own``."""
    exported = sum(name in OF_THE_EXPORT for name in header)
    if KEY in header and exported > len(header) / 2:
        return "register"
    found = ""
    most = 0
    for name in mappings.names():
        columns = mappings.load(name).columns
        if len(columns) > most and name != "register" and set(columns) <= set(header):
            found, most = name, len(columns)
    return found or OWN


def suggested_target(column: str, taken: set[str]) -> str:
    """Return what a column is by its name: a target's own, its label, or one that it is known by."""
    bare = "".join(char for char in column.casefold() if char.isalnum())
    for target in TARGETS:
        names = {target.name.replace("_", ""), *target.also}
        names.add("".join(char for char in str(target.label).casefold() if char.isalnum()))
        if bare in names and target.name not in taken:
            return target.name
    return ""


class MatchForm(forms.Form):
    """What the file is, and for a file of one's own what each column is about."""

    kind = forms.ChoiceField(label=_("What is this file?"), widget=forms.RadioSelect)
    dataset = forms.CharField(
        label=_("Name of the collection"),
        max_length=200,
        required=False,
        help_text=_("By it and the identifier a row finds its record again. Keep it the same."),
    )
    citation = forms.CharField(
        label=_("Where the rows come from"),
        max_length=1000,
        required=False,
        help_text=_("The source of every row, unless a column says it."),
    )
    activity = forms.ModelChoiceField(
        ActivityType.objects.all(),
        label=_("Kind of activity"),
        required=False,
        help_text=_("Of every row, unless a column says it."),
    )
    order = forms.ChoiceField(
        label=_("Dates with slashes are"),
        required=False,
        choices=[("", _("not used")), ("dmy", _("day/month/year")), ("mdy", _("month/day/year"))],
    )
    marks = forms.CharField(
        label=_("Words for “not known”"),
        max_length=200,
        required=False,
        help_text=_("Beside empty cells; several joined with “;”."),
    )

    def __init__(self, batch: Import, *args: Any, **kwargs: Any) -> None:
        self.batch = batch
        said = batch.mapping or kwargs.pop("remembered", None) or {}
        kwargs.pop("remembered", None)
        kwargs.setdefault("initial", self.first(said))
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [
            ("register", mappings.load("register").title),
            *(
                (name, mappings.load(name).title)
                for name in mappings.names()
                if name not in ("register", "template")
                and set(mappings.load(name).columns) <= set(batch.header)
            ),
            (OWN, _("Columns of its own, matched below")),
        ]
        choices = [("", _("leave out")), *((t.name, t.label) for t in TARGETS)]
        columns = {target: column for column, target in self.targets(said).items()}
        for number, column in enumerate(batch.header):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=column or _("column %d") % (number + 1),
                choices=choices,
                required=False,
                initial=next((t for t, c in columns.items() if c == column), ""),
            )

    def first(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return what the form begins with: what was remembered, else what the header suggests."""
        kind = said.get("name") or (OWN if said else suggested_kind(self.batch.header))
        dates, missing = said.get("dates", {}), said.get("missing", {})
        return {
            "kind": kind,
            "dataset": said.get("dataset", {}).get("name", ""),
            "citation": said.get("dataset", {}).get("citation", ""),
            "activity": said.get("constants", {}).get("activity"),
            "order": dates.get("order", ""),
            "marks": ";".join(missing.get("marks", [])),
        }

    def targets(self, said: dict[str, Any]) -> dict[str, str]:
        """Return column -> target, as remembered or as the names suggest."""
        if columns := said.get("columns"):
            return {column: target for target, column in columns.items()}
        found: dict[str, str] = {}
        for column in self.batch.header:
            if target := suggested_target(column, set(found.values())):
                found[column] = target
        return found

    @property
    def columns(self) -> Iterator[tuple[Any, list[str]]]:
        """Each column's field, with what stands in it in the first rows."""
        rows = [row.cells for row in self.batch.lines.order_by("number")[:3]]  # type: ignore[attr-defined]
        for number, _column in enumerate(self.batch.header):
            samples = [row[number] for row in rows if row[number].strip()]
            yield self[f"column_{number}"], samples

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") and not self.errors:
            self.mapping = self.described(data)
        return data

    def described(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the mapping that the answers come to, in the words of a mapping file."""
        if data["kind"] != OWN:
            return {"name": data["kind"]}
        columns: dict[str, str] = {}
        for number, column in enumerate(self.batch.header):
            target = data.get(f"column_{number}")
            if not target:
                continue
            if target in columns:
                self.add_error(f"column_{number}", _("Another column is this already."))
            columns[target] = column
        said: dict[str, Any] = {
            "dataset": {name: data[field] for name, field in _DATASET if data[field]},
            "columns": columns,
        }
        if data["activity"] and "activity" not in columns:
            said["constants"] = {"activity": data["activity"].pk}
        if data["order"]:
            said["dates"] = {"order": data["order"]}
        if marks := [mark.strip() for mark in data["marks"].split(";") if mark.strip()]:
            said["missing"] = {"marks": marks}
        self.check(said)
        return said

    def check(self, said: dict[str, Any]) -> None:
        """Say in the words of this page what a mapping file would be refused for."""
        if "source_id" not in said["columns"]:
            self.add_error(None, _("Choose the column that is the identifier of a row."))
        if not (said["dataset"].get("name") or "source_dataset" in said["columns"]):
            self.add_error("dataset", _("Give the collection a name."))
        if "activity" not in said["columns"] and "constants" not in said:
            self.add_error("activity", _("Choose the kind, or the column that says it."))
        if not self.errors:
            try:
                Spec.from_dict(said)
            except MappingError as error:
                for problem in error.problems:
                    self.add_error(None, problem)


_DATASET = (("name", "dataset"), ("citation", "citation"))


class NamesForm(forms.Form):
    """For each name that is like an actor's: whether it is that actor, or one of its own."""

    def __init__(
        self, names: list[Any], actors: dict[int, Any], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = names
        for name in names:
            known = [actors[pk] for pk in name.candidates if pk in actors]
            self.fields[f"name_{name.pk}"] = forms.ChoiceField(
                label=name.name,
                required=False,
                initial=str(name.chosen_id or ""),
                widget=forms.RadioSelect,
                choices=[
                    ("", _("a new actor")),
                    *((str(actor.pk), f"{actor.name} ({actor.reference})") for actor in known),
                ],
            )

    def save(self) -> bool:
        """Keep what was chosen; tell whether any choice is another one than before."""
        changed = False
        for name in self.names:
            chosen = int(self.cleaned_data[f"name_{name.pk}"] or 0) or None
            changed = changed or chosen != name.chosen_id
            name.chosen_id, name.decided = chosen, True
            name.save(update_fields=["chosen", "decided"])
        return changed
