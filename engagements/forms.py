"""The forms in which staff log an engagement and its parts."""

from collections.abc import Collection, Iterator
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTextareaWidget
from django.forms.models import BaseInlineFormSet, ModelChoiceIterator
from django.forms.utils import ErrorDict, ErrorList
from django.utils.translation import gettext_lazy as _

from engagements import defaults
from engagements.models import Engagement, Outcome, Participation, Place, Source
from engagements.requirements import today
from milidip.codebook.choices import NotStated, PlacePrecision
from milidip.codebook.dates import bounds, ends_before_it_starts
from milidip.codebook.geography import country_at
from stakeholders.screens import tell_what_is_known

# --- fields ------------------------------------------------------------------------------------


class HonestDateInput(AdminDateWidget):
    """A calendar for a known day; a year or a month is typed."""

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"placeholder": "YYYY-MM-DD", "autocomplete": "off", **(attrs or {})})


class GroupedIterator(ModelChoiceIterator):
    """Choices under the heading that each term belongs to."""

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        groups: dict[str, list] = {}
        for term in self.queryset:
            groups.setdefault(str(self.field.heading(term)), []).append(self.choice(term))
        yield from groups.items()


class ActivityField(forms.ModelChoiceField):
    """Kinds of activity by family."""

    iterator = GroupedIterator

    @staticmethod
    def heading(term: Any) -> Any:
        return term.family


class ThemeField(forms.ModelMultipleChoiceField):
    """Themes by the trend they belong to."""

    iterator = GroupedIterator
    widget = forms.CheckboxSelectMultiple
    empty_label = None

    @staticmethod
    def heading(term: Any) -> Any:
        return term.get_group_display()


SUPPORTED = [
    ("title", _("Title")),
    ("activity", _("Kind of activity")),
    ("date_start", _("Start")),
    ("date_end", _("End")),
    ("place_names", _("Places")),
    ("actors", _("Who took part")),
    ("people_min", _("Head counts")),
    ("track", _("Track")),
    ("objectives", _("Objectives")),
    ("outcome_kinds", _("Outcomes")),
    ("exercise_form", _("Exercise")),
    ("training_course", _("Training")),
    ("mandate_document", _("Mandate")),
    ("dialogue_format", _("Dialogue")),
]
"""Columns of the public table that a source can be said to support, as `Source.supports`."""


class SupportsField(forms.MultipleChoiceField):
    """What a source supports; a code from an import that is not offered here is kept."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=SUPPORTED, required=False, **kwargs)

    def keep(self, codes: Collection[str]) -> None:
        offered = {code for code, _label in SUPPORTED}
        self.choices = [*SUPPORTED, *((code, code) for code in codes if code not in offered)]


SOURCE_ROW = _("Source %d")


class SourceRowWidget(forms.Select):
    """The rows of the sources block on the same page; script keeps the list up to date."""

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"data-source-rows": SOURCE_ROW, **(attrs or {})})


class SourceRowsWidget(forms.SelectMultiple):
    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"data-source-rows": SOURCE_ROW, "size": 3, **(attrs or {})})


class SourceRowField(forms.TypedChoiceField):
    """One source of the record by its row on the page, so that a new one can be named at once."""

    widget = SourceRowWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, required=False, **kwargs)


class SourceRowsField(forms.TypedMultipleChoiceField):
    widget = SourceRowsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], required=False, **kwargs)


# --- shown and not judged ------------------------------------------------------------------------


def unjudged[F: forms.BaseForm](form: F) -> F:
    """Let ``form`` show what was typed and say nothing of it: it was not meant to be sent."""
    form._errors = ErrorDict()
    form.cleaned_data = {}  # type: ignore[attr-defined]
    return form


def unjudged_rows(rows: forms.BaseFormSet) -> forms.BaseFormSet:
    for form in rows.forms:
        unjudged(form)
    rows._errors = [{} for _form in rows.forms]
    rows._non_form_errors = ErrorList()
    return rows


# --- the engagement ----------------------------------------------------------------------------


def _exists(value: str) -> bool:
    try:
        bounds(value)
    except ValueError:
        return False
    return True


class EngagementForm(forms.ModelForm):
    """The record itself; its parts have forms of their own."""

    not_stated = forms.MultipleChoiceField(
        label=_("Not stated"),
        choices=NotStated.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "terms"}),
        help_text=Engagement._meta.get_field("not_stated").help_text,  # type: ignore[union-attr]
    )
    change_reason = forms.CharField(
        label=_("Why is it changed?"),
        max_length=500,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("This record is public. Kept in its history, for staff only."),
    )

    class Meta:
        model = Engagement
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them
        field_classes = {"activity": ActivityField, "themes": ThemeField}
        widgets = {
            "title": AdminTextareaWidget(attrs={"rows": 2}),
            "start": HonestDateInput,
            "end": HonestDateInput,
            "summary": AdminTextareaWidget(attrs={"rows": 4}),
            "narrative": AdminTextareaWidget(attrs={"rows": 6}),
            "lessons": AdminTextareaWidget(attrs={"rows": 3}),
            "working_note": AdminTextareaWidget(attrs={"rows": 3}),
            "source_text": AdminTextareaWidget(attrs={"rows": 6}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_by_default: list[defaults.Default] = []
        if not self.asks_why:
            self.fields.pop("change_reason", None)
        if self.instance.pk is None:
            self.leave_open("marking", _("As usual for its track"))
            self.leave_open("status", _("As its dates say"))

    def leave_open(self, name: str, label: Any) -> None:
        """Let a new record follow the usual where nobody chooses: a choice is told from none."""
        if field := self.fields.get(name):
            field.choices = [("", label), *field.choices]  # type: ignore[attr-defined]
            field.required = False
            self.initial.setdefault(name, "")

    asks_why = False
    """Set by the screen for a record that is public."""
    only_shown = False
    """Set when it is filled in with what was typed earlier: shown, and not saved."""
    meeting: Any = None
    """Set when others have saved the record since: what is to be decided (`admin.meeting`)."""

    def is_valid(self) -> bool:
        return super().is_valid() and not self.only_shown

    def clean_title(self) -> str:
        """A title is one line, however it was pasted."""
        return " ".join(self.cleaned_data["title"].split())

    def clean(self) -> dict[str, Any]:
        """Say at the field what the database would refuse: its columns are no part of the form."""
        data = super().clean() or {}
        if self.meeting and self.meeting.open:
            self.add_error(
                None,
                _(
                    "Somebody else saved this record while you had it open. Nothing is written yet."
                ),
            )
        start, end = data.get("start"), data.get("end")
        if not all(_exists(value) for value in (start, end) if value):
            return data  # the model says so at the field
        if ends_before_it_starts(start, end):
            self.add_error("end", _("It cannot end before it starts. Check both dates."))
        self.follow_the_usual(data)
        return data

    def follow_the_usual(self, data: dict[str, Any]) -> None:
        """Fill in what nobody chose: of a new record, and the marking of a draft's first track."""
        if self.instance.pk is None:
            for default in defaults.unchosen(data, today()):
                if default.field in self.fields:
                    data[default.field] = default.value
                    self.set_by_default.append(default)
        elif "track" in self.changed_data and "marking" not in self.changed_data:
            track = data["track"].pk if data.get("track") else None
            before = self.initial.get("track")
            if default := defaults.marking_of_draft(self.instance, before, track):
                data[default.field] = default.value
                self.set_by_default.append(default)


# --- its parts ---------------------------------------------------------------------------------


class PartForm(forms.ModelForm):
    """A row of the screen. It shows what it refers to without asking for it again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_what_is_known(self)


class PlaceForm(PartForm):
    """A place says no more than is known of it."""

    class Meta:
        model = Place
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        latitude, longitude = data.get("latitude"), data.get("longitude")
        if "country" in self.changed_data:
            self.instance.country_derived = False
        elsewhere = data.get("country") or data.get("region")
        if latitude is not None and longitude is not None and not elsewhere:
            self.derive_country(data, float(latitude), float(longitude))
        if world := defaults.region_for(
            data.get("precision", ""), data.get("country"), data.get("region")
        ):
            data["region"] = self.fields["region"].queryset.get(pk=world)
        unnamed = not data.get("name") and latitude is None
        if unnamed and data.get("precision") == PlacePrecision.PLACE:
            country = data.get("country")
            data["precision"] = PlacePrecision.COUNTRY if country else PlacePrecision.REGION
        return data

    def derive_country(self, data: dict[str, Any], latitude: float, longitude: float) -> None:
        """Take the country that the coordinates lie in, and keep that nobody said so."""
        if code := country_at(latitude, longitude):
            data["country"] = self.fields["country"].queryset.get(pk=code)
            self.instance.country_derived = True


class SourceForm(PartForm):
    supports = SupportsField(
        label=_("What it supports"),
        help_text=_("What you have from this source. Example: start and places."),
    )

    class Meta:
        model = Source
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them
        widgets = {"published": HonestDateInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supports"].keep(self.instance.supports or [])


class RefersToSources(PartForm):
    """A part that names sources by their row: the formset of the sources is handed to it."""

    def offer(self, rows: list[tuple[str, str]]) -> None:
        raise NotImplementedError


class ParticipationForm(RefersToSources):
    source_rows = SourceRowsField(
        label=_("Sources"), help_text=_("Those that state this participation.")
    )

    class Meta:
        model = Participation
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them

    def offer(self, rows: list[tuple[str, str]]) -> None:
        self.fields["source_rows"].choices = rows

    def point_at(self, sources: list[Source]) -> None:
        """Start with the sources that it has, by their row."""
        if self.instance.pk:
            mine = {source.pk for source in self.instance.sources.all()}
            self.initial["source_rows"] = [
                number for number, source in enumerate(sources) if source.pk in mine
            ]

    def refer(self, rows: dict[int, Source]) -> None:
        """Sources that somebody added meanwhile are not on the page, and stay."""
        chosen = [rows[row] for row in self.cleaned_data["source_rows"] if row in rows]
        shown = [source.pk for source in rows.values()]
        self.instance.sources.set([*chosen, *self.instance.sources.exclude(pk__in=shown)])


class OutcomeForm(RefersToSources):
    source_rows = SourceRowField(
        label=_("Source that says so"),
        help_text=_("One of the sources above. Example: the communiqué that you entered there."),
    )

    class Meta:
        model = Outcome
        fields: tuple[str, ...] = ()  # the fieldsets of the admin name them
        widgets = {
            "date": HonestDateInput,
            "statement": AdminTextareaWidget(attrs={"rows": 2}),
        }

    def offer(self, rows: list[tuple[str, str]]) -> None:
        self.fields["source_rows"].choices = [("", "---------"), *rows]

    def point_at(self, sources: list[Source]) -> None:
        for number, source in enumerate(sources):
            if source.pk == self.instance.source_id:
                self.initial["source_rows"] = number

    def refer(self, rows: dict[int, Source]) -> None:
        row = self.cleaned_data["source_rows"]
        source = rows.get(row) if row is not None else None
        if self.instance.source_id != (source.pk if source else None):
            self.instance.source = source
            self.instance.save(update_fields=["source"])


class RefersToSourcesFormSet(BaseInlineFormSet):
    """Rows that may name the sources on the same page, saved and new ones alike."""

    sources: BaseInlineFormSet | None = None
    rows: list[tuple[str, str]] = []

    def connect(self, sources: BaseInlineFormSet) -> None:
        """Offer the rows of ``sources`` as choices, under the name that each has now."""
        self.sources = sources
        saved = [form.instance for form in sources.initial_forms]
        count = max(sources.total_form_count(), len(saved), 1)
        rows = [
            (str(row), row_label(row, saved[row] if row < len(saved) else None))
            for row in range(count)
        ]
        self.rows = rows
        for form in self.forms:
            form.offer(rows)
            form.point_at(saved)

    @property
    def empty_form(self) -> forms.ModelForm:
        form = super().empty_form
        form.offer(self.rows)
        return form

    def clean(self) -> None:
        super().clean()
        if self.sources is None:
            return
        gone = set(self.sources.deleted_forms) if self.sources.is_valid() else set()
        filled = {
            row
            for row, form in enumerate(self.sources.forms)
            if (form.instance.pk or form.has_changed()) and form not in gone
        }
        for form in self.forms:
            chosen = (
                form.cleaned_data.get("source_rows") if hasattr(form, "cleaned_data") else None
            )
            named = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
            if missing := [row_label(row) for row in named if row not in filled]:
                form.add_error(
                    "source_rows",
                    _("%(rows)s is empty: fill it in, or choose another.")
                    % {"rows": ", ".join(missing)},
                )

    def refer(self) -> None:
        """After all are saved: link each row to the sources it names."""
        assert self.sources is not None
        rows = {
            number: form.instance
            for number, form in enumerate(self.sources.forms)
            if form.instance.pk and form not in self.sources.deleted_forms
        }
        for form in self.forms:
            if form.instance.pk and form.has_changed() and form not in self.deleted_forms:
                form.refer(rows)


def row_label(row: int, source: Source | None = None) -> str:
    number = str(SOURCE_ROW) % (row + 1)
    return f"{number}: {str(source)[:60]}" if source else number
