"""What somebody sends meets what others saved since the form was opened.

What only one of them changed stands, whoever it was. Lists of terms are joined. Where both changed
one field, nothing is written: the form comes back with everything that was typed, says who saved
what, and asks which of the two is to stand. Rows are told apart by their key, so that taking one
out or adding one moves nothing else.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest, QueryDict
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from engagements import editing
from engagements.models import Engagement, Outcome, Participation, Source
from engagements.typed import Row, first, is_gone, rows_of, write_rows

if TYPE_CHECKING:
    from engagements.admin.engagement import EngagementAdmin

MINE, THEIRS = "mine", "theirs"
SOURCES = "source_rows"
"""The field of a row that names sources by their place on the form."""


@dataclass
class Clash:
    """One field that both changed: what each says, and which is to stand."""

    name: str
    """Of the field; in a row with the key of the row: ``places-12-name``."""
    label: str
    mine: str
    theirs: str
    anchor: str
    choice: str = ""


@dataclass
class Meeting:
    """What came of it: the form to go on with, what is to be decided, and what is only told."""

    saved: list[editing.Saved]
    data: QueryDict
    clashes: list[Clash] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    """What others changed and this person did not: it stands."""
    look: list[str] = field(default_factory=list)
    """What stands otherwise than either left it: to be looked at before it is saved."""

    @property
    def open(self) -> bool:
        return bool(self.look or self.clashes)


def meet(
    model_admin: "EngagementAdmin", request: HttpRequest, record: Engagement, data: QueryDict
) -> Meeting | None:
    """Bring a form that was filled in on an earlier version up to the version of now.

    ``data`` is what was sent. Returns None where there was nothing to bring together; else the
    data to go on with. The caller has locked the record, if it means to save.
    """
    seen, now = data.get("seen", ""), editing.version_of(record.pk)
    waiting = data.getlist("clash")
    if (not seen or seen == now) and not waiting:
        return None
    base = editing.as_seen(record.pk, seen) if seen and seen != now else None
    meeting = Meeting(editing.saved_since(record.pk, seen) if base else [], data.copy())
    screen = _Screen(model_admin, request, record)
    if base:
        _Merge(screen, base, meeting).all()
    elif seen and seen != now:
        meeting.look.append(
            _("It is not known what the record said when this form was opened: check all of it.")
        )
    meeting.data["seen"] = now
    known = {clash.name for clash in meeting.clashes}
    for name in waiting:
        if name not in known and (clash := screen.asked_again(name, meeting.data)):
            meeting.clashes.append(clash)
    meeting.clashes = [clash for clash in meeting.clashes if not clash.choice]
    meeting.data.setlist("clash", [clash.name for clash in meeting.clashes])
    return meeting


def as_sent(form: forms.BaseForm, name: str) -> list[str]:
    """Return what a browser would send of a field nobody has touched."""
    bound = form[name]
    widget = getattr(bound.field.widget, "widget", bound.field.widget)
    value = bound.value()
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if widget.check_test(value) else []
    shown = widget.format_value(value)
    if isinstance(shown, list | tuple):
        said = [str(item) for item in shown if item not in (None, "")]
        return said if is_list(bound.field) else said[:1] or [""]
    return ["" if shown is None else str(shown)]


def is_list(formfield: forms.Field) -> bool:
    many = (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)
    return isinstance(formfield, (*many, forms.TypedMultipleChoiceField))


def is_box(formfield: forms.Field) -> bool:
    return isinstance(formfield.widget, forms.CheckboxInput)


def same(one: list[str], other: list[str]) -> bool:
    """Tell whether two fields say the same: line ends and the order of boxes say nothing."""
    return sorted(map(_plain, one)) == sorted(map(_plain, other))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def said(formfield: forms.Field, values: list[str]) -> str:
    """Return in words what stands in a field."""
    values = [value for value in values if value]
    if is_box(formfield):
        return _("yes") if values else _("no")
    if not values:
        return _("empty")
    if isinstance(formfield, forms.ModelChoiceField):
        model = formfield.queryset.model
        keys = [value for value in values if _is_key(model, value)]
        return ", ".join(map(str, model._default_manager.filter(pk__in=keys)))
    choices = getattr(getattr(formfield.widget, "widget", formfield.widget), "choices", ())
    labels: dict[str, str] = {}
    for code, label in choices:
        inner = label if isinstance(label, list | tuple) else [(code, label)]
        labels |= {str(key): str(text) for key, text in inner}
    return ", ".join(labels.get(value, value) for value in values)


def _is_key(model: Any, value: str) -> bool:
    try:
        model._meta.pk.to_python(value)
    except forms.ValidationError:
        return False
    return True


class _Screen:
    """The form of a record as the database has it now, not filled in by anybody."""

    def __init__(self, model_admin: "EngagementAdmin", request: HttpRequest, record: Engagement):
        fresh = copy.copy(request)
        fresh.method = "GET"
        self.record = model_admin.get_object(fresh, str(record.pk))
        names = flatten_fieldsets(model_admin.get_fieldsets(fresh, self.record))
        self.form_class = model_admin.get_form(fresh, self.record, change=True, fields=names)
        self.form = self.form_class(instance=self.record)
        formsets, _inlines = model_admin._create_formsets(fresh, self.record, change=True)
        # Sources first: others name them by their place.
        self.formsets = sorted(formsets, key=lambda formset: formset.model is not Source)

    def fields(self) -> list[str]:
        """Of the record itself; why it is changed is said anew each time."""
        return [name for name in self.form.fields if name != "change_reason"]

    def asked_again(self, name: str, data: QueryDict) -> Clash | None:
        """A clash that was shown before: with the answer, which is written into ``data``."""
        choice = data.get(f"keep-{name}", "")
        found = self._place_of(name, data)
        if found is None:
            return None
        form, inner, sent_as = found
        formfield = form.fields[inner]
        theirs, mine = as_sent(form, inner), data.getlist(sent_as)
        if choice == THEIRS:
            data.setlist(sent_as, theirs)
        return Clash(
            name,
            _label(form, inner),
            said(formfield, mine),
            said(formfield, theirs),
            f"id_{sent_as}",
            choice if choice in (MINE, THEIRS) else "",
        )

    def _place_of(self, name: str, data: QueryDict) -> tuple[Any, str, str] | None:
        """The form that a clash is about, the field in it, and its name as it is sent."""
        if name in self.form.fields:
            return self.form, name, name
        block, _dash, rest = name.partition("-")
        key, _dash, inner = rest.partition("-")
        for formset in self.formsets:
            if formset.prefix != block:
                continue
            form = next((f for f in formset.initial_forms if str(f.instance.pk) == key), None)
            rows = rows_of(data).get(block, [])
            for number, row in enumerate(rows):
                if form and first(row, "id") == key and inner in form.fields and not is_gone(row):
                    return form, inner, f"{block}-{number}-{inner}"
        return None


class _Merge:
    """Field by field: as it was when the form was opened, as it is now, and as it was sent."""

    def __init__(self, screen: _Screen, base: editing.AsSeen, meeting: Meeting):
        self.screen, self.base, self.meeting = screen, base, meeting
        self.data = meeting.data
        self.rows = rows_of(self.data)
        self.new_place: dict[int, int] = {}
        """Place of a row of the sources as it was sent -> its place now."""
        self.place_of: dict[int, int] = {}
        """Key of a source -> its place now."""

    def all(self) -> None:
        was = self.screen.form_class(
            instance=self.base.record,
            initial={name: list(keys) for name, keys in self.base.lists.items()},
        )
        now = self.screen.form
        for name in self.screen.fields():
            sent = self._sent(now.fields[name], name, was)
            stands = self._field(name, name, now, as_sent(was, name), as_sent(now, name), sent)
            self.data.setlist(name, stands)
            if not stands:
                del self.data[name]
        for formset in self.screen.formsets:
            self._block(formset)

    def _sent(self, formfield: forms.Field, name: str, was: forms.BaseForm) -> list[str]:
        if name in self.data:
            sent = self.data.getlist(name)
            return ["on"] if is_box(formfield) and any(sent) else sent
        # A box or a list of boxes that nobody ticked is not sent at all.
        return [] if is_box(formfield) or is_list(formfield) else as_sent(was, name)

    def _field(
        self,
        name: str,
        anchor: str,
        form: forms.BaseForm,
        was: list[str],
        now: list[str],
        mine: list[str],
        where: str = "",
    ) -> list[str]:
        """Return what is to stand in a field, and note what follows from it."""
        inner = name.rpartition("-")[2]
        formfield = form.fields[inner]
        label = f"{where}: {_label(form, inner)}" if where else _label(form, inner)
        if is_list(formfield):
            added, gone = set(now) - set(was), set(was) - set(now)
            stands = [one for one in mine if one not in gone]
            stands += [one for one in now if one in added and one not in mine]
            if added | gone:
                self.meeting.taken.append(label)
            return stands
        if same(was, now) or same(mine, now):
            return mine
        if same(mine, was):
            self.meeting.taken.append(label)
            return now
        self.meeting.clashes.append(
            Clash(name, label, said(formfield, mine), said(formfield, now), f"id_{anchor}")
        )
        return mine

    # --- rows ------------------------------------------------------------------------------------

    def _block(self, formset: Any) -> None:
        block = formset.prefix
        sent = self.rows.get(block, [])
        was = self.base.rows.get(formset.model, {})
        now = {form.instance.pk: form for form in formset.initial_forms}
        if formset.max_num == 1 and now and sent and not first(sent[0], "id"):
            sent[0]["id"] = [str(next(iter(now)))]  # both have filled in the one row there can be
        mine = {int(key): row for row in sent if (key := first(row, "id")).isdecimal()}
        saved: list[Row] = []
        new = [row for row in sent if not first(row, "id")]
        # Places first, for the rows that name sources.
        places = [mine.get(key) for key in now]
        gone = [(key, row) for key, row in mine.items() if key not in now]
        kept_anew = [row for key, row in gone if self._stands_again(formset, key, row, was)]
        new = kept_anew + new
        if formset.model is Source:
            self._number(sent, [*places, *new], list(now))
        for number, (key, form) in enumerate(now.items()):
            saved.append(self._row(formset, number, form, was.get(key), mine.get(key)))
        for row in new:
            self._rename_sources(formset, row)
        write_rows(self.data, block, saved, new)

    def _number(self, sent: list[Row], rows: list[Row | None], keys: list[int]) -> None:
        """Note where each row of the sources stands from now on."""
        ids = [id(row) for row in rows]
        self.new_place = {
            number: ids.index(id(row)) for number, row in enumerate(sent) if id(row) in ids
        }
        self.place_of = {key: number for number, key in enumerate(keys)}

    def _stands_again(self, formset: Any, key: int, row: Row, was: dict[int, Any]) -> bool:
        """A row that others took out stands again if it was changed here, to be looked at."""
        before = was.get(key)
        if is_gone(row) or before is None:
            return False
        what = f"{capfirst(str(formset.model._meta.verbose_name))}: {before}"
        old = formset.form(instance=before)
        changed = any(
            not same(row.get(name, []), as_sent(old, name))
            for name in old.fields
            if name in row and name not in ("id", SOURCES, "DELETE")
        )
        if not changed:
            self.meeting.taken.append(_("%(row)s was taken out") % {"row": what})
            return False
        row["id"] = [""]
        self.meeting.look.append(
            _("%(row)s was taken out, and you changed it: it stands here again.") % {"row": what}
        )
        return True

    def _row(self, formset: Any, number: int, form: Any, before: Any, mine: Row | None) -> Row:
        """A row that is there now, with what was sent of it."""
        what = f"{capfirst(str(formset.model._meta.verbose_name))}: {form.instance}"
        now = {name: as_sent(form, name) for name in form.fields if name != "DELETE"}
        now[formset.fk.name] = [str(self.screen.record.pk)]
        if SOURCES in now:
            now[SOURCES] = self._sources_of(form.instance, now=True)
        if mine is None:
            if before is None:
                self.meeting.taken.append(_("%(row)s was added") % {"row": what})
            return now
        self._rename_sources(formset, mine)
        old = formset.form(instance=before) if before is not None else formset.empty_form
        was = {name: as_sent(old, name) for name in old.fields if name not in (SOURCES, "DELETE")}
        if SOURCES in now:
            was[SOURCES] = self._sources_of(before, now=False) if before is not None else [""]
        names = [name for name in form.fields if name not in ("id", "DELETE", formset.fk.name)]
        if is_gone(mine):
            if all(same(was.get(name, []), now[name]) for name in names):
                return mine
            del mine["DELETE"]
            self.meeting.look.append(
                _("%(row)s was changed, and you took it out: it stands here again.")
                % {"row": what}
            )
            return now
        for name in names:
            formfield = form.fields[name]
            sent = mine.get(name)
            if sent is None:
                sent = [] if is_box(formfield) or is_list(formfield) else was.get(name, [""])
            mine[name] = self._field(
                f"{formset.prefix}-{form.instance.pk}-{name}",
                f"{formset.prefix}-{number}-{name}",
                form,
                was.get(name, []),
                now[name],
                sent,
                what,
            )
        return mine

    # --- sources, which rows name by their place ---------------------------------------------------

    def _rename_sources(self, formset: Any, row: Row) -> None:
        if formset.model in (Participation, Outcome) and SOURCES in row:
            places = [value for value in row[SOURCES] if value.isdecimal()]
            row[SOURCES] = [
                str(self.new_place[int(place)]) for place in places if int(place) in self.new_place
            ] or ([""] if formset.model is Outcome else [])

    def _sources_of(self, instance: Any, *, now: bool) -> list[str]:
        if isinstance(instance, Outcome):
            place = self.place_of.get(instance.source_id)
            return ["" if place is None else str(place)]
        keys: Iterable[int] = (
            instance.sources.values_list("pk", flat=True)
            if now
            else self.base.stated_by.get(instance.pk, set())
        )
        return [
            str(place) for place in sorted(self.place_of[k] for k in keys if k in self.place_of)
        ]


def _label(form: forms.BaseForm, name: str) -> str:
    return capfirst(strip_tags(str(form[name].label or name)))
