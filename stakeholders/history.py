"""What changed in a record, in words: the history that triggers write, made readable for staff.

Events are rows as they were. Here they are put in order, compared with the row before, gathered
by the request that made them, and said with the labels of the fields. Whoever may not see a
protected name or a restricted note does not see it in history either.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from milidip.codebook.folding import folded
from stakeholders.models import Protection

NOT_WORD = re.compile(r"[\W_]+")
MISSING = object()


@dataclass(frozen=True)
class Part:
    """A table whose rows belong to the record, and the column that leads there.

    ``of`` names the table in between when the column leads to another part. ``one_of_many`` is
    the field of a many-to-many table that holds the value; its rows are told as one line.
    """

    model: type[models.Model]
    link: str
    of: type[models.Model] | None = None
    one_of_many: str = ""
    label: Any = ""
    skip: frozenset[str] = frozenset()
    show: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return capfirst(str(self.label or self.model._meta.verbose_name))

    @property
    def key(self) -> str:
        """What it is called in addresses; nothing for the record itself."""
        return "" if self.link == "pk" else str(self.model._meta.model_name)


@dataclass
class Line:
    """One thing that changed: a row added, removed or changed, or a list of values.

    ``key`` names the part in addresses; of the record itself each of ``fields`` has its own
    in ``keys``.
    """

    verb: str
    part: str
    what: str = ""
    key: str = ""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass
class Change:
    """Everything that one request changed."""

    when: datetime
    user: int | None
    reason: str
    who: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass
class Row:
    """What happened to one row within one request, or since a moment: as it was, as it is."""

    part: Part
    before: Any
    after: Any

    @property
    def event(self) -> Any:
        return self.after or self.before


class Reader:
    """Who reads, and so what is shown: protected names only with the permission for them."""

    def __init__(self, user: User, restricted: Iterable[tuple[str, str, str]] = ()):
        self.user = user
        self.closed = {
            (model, name)
            for model, name, permission in restricted
            if not user.has_perm(permission)
        }
        self.spellings = (
            [] if user.has_perm("stakeholders.view_protection") else _protected_spellings()
        )

    def sees_part(self, part: Part) -> bool:
        meta = part.model._meta
        if part.one_of_many or meta.proxy:
            return True
        return self.user.has_perm(f"{meta.app_label}.view_{meta.model_name}")

    def sees_field(self, model: type[models.Model], name: str) -> bool:
        return (model._meta.label_lower, name) not in self.closed

    def veiled(self, text: str) -> str:
        """Return ``text``, or a note in its place when it holds a protected name."""
        spaced = f" {_spaced(text)} "
        if any(f" {name} " in spaced for name in self.spellings):
            return _("(holds a protected name)")
        return text


def trail(root: models.Model, parts: Iterable[Part], reader: Reader) -> list[Change]:
    """Return every change of ``root`` and of its parts, newest first."""
    groups: dict[Any, Change] = {}
    rows: dict[Any, dict[tuple[str, Any], Row]] = defaultdict(dict)
    seen: dict[type[models.Model], set[Any]] = {}
    for part in parts:
        if not reader.sees_part(part):
            continue
        owners = {root.pk} if part.of is None else seen.get(part.of, set())
        events = _events(part, owners)
        seen.setdefault(part.model, set()).update(event.pgh_obj_id for event in events)
        state: dict[Any, Any] = {}
        for event in events:
            key = event.pgh_context_id or event.pgh_created_at
            context = event.pgh_context.metadata if event.pgh_context else {}
            change = groups.setdefault(
                key,
                Change(
                    event.pgh_created_at,
                    context.get("user"),
                    reader.veiled(context.get("reason", "")),
                ),
            )
            change.when = max(change.when, event.pgh_created_at)
            now = None if event.pgh_label == "delete" else event
            row = rows[key].setdefault(
                (part.model._meta.label, event.pgh_obj_id),
                Row(part, state.get(event.pgh_obj_id), now),
            )
            row.after = now
            if row.before is None and now is None and event.pgh_obj_id not in state:
                row.before = event  # deleted without an earlier event: it was there before
            state[event.pgh_obj_id] = now
    words = _Words(root, rows, reader)
    told = []
    for key, change in groups.items():
        change.lines = words.lines(rows[key].values())
        change.who = words.users.get(change.user, "")
        if change.lines:
            told.append(change)
    return sorted(told, key=lambda change: change.when, reverse=True)


def _events(part: Part, owners: set[Any], until: datetime | None = None) -> list[Any]:
    if not owners:
        return []
    event_model = part.model.pgh_event_model  # type: ignore[attr-defined]
    column = "pgh_obj" if part.link == "pk" else part.link
    events = event_model.objects.filter(**{f"{column}__in": owners})
    if until is not None:
        events = events.filter(pgh_created_at__lte=until)
    return list(events.select_related("pgh_context").order_by("pgh_id"))


def latest(part: Part, owners: set[Any], moment: datetime | None = None) -> dict[Any, Any]:
    """Return the rows of a part that were there at ``moment``, or are there now, by their id."""
    found = {}
    for event in _events(part, owners, moment):
        found[event.pgh_obj_id] = event
    return {pk: event for pk, event in found.items() if event.pgh_label != "delete"}


def compared(root: models.Model, rows: Iterable[Row], reader: Reader) -> list[Line]:
    """Return in words how rows differ from what they were."""
    known = {(row.part.model._meta.label, row.event.pgh_obj_id): row for row in rows}
    return _Words(root, {None: known}, reader).lines(known.values())


class _Words:
    """Turns rows into lines, with everything they refer to read in one query per table."""

    def __init__(self, root: models.Model, rows: dict[Any, dict], reader: Reader):
        self.root = root
        self.reader = reader
        self.known: dict[tuple[type[models.Model], Any], Any] = {}
        wanted: dict[type[models.Model], set[Any]] = defaultdict(set)
        every = [row for group in rows.values() for row in group.values() if row.event]
        for row in every:
            for event in filter(None, (row.before, row.after)):
                for _name, relation in _relations(row.part.model):
                    value = getattr(event, relation.attname)
                    if value is not None:
                        wanted[relation.related_model].add(value)
        for model, keys in wanted.items():
            for key, found in model._default_manager.in_bulk(keys).items():
                self.known[model, key] = found
        for row in every:  # rows that are gone are known from their own history
            model = row.part.model
            if not row.part.one_of_many:
                key = (model, row.event.pgh_obj_id)
                self.known.setdefault(key, self.instance(row.part, row.event))
        self.users = _user_names(rows)

    def lines(self, rows: Iterable[Row]) -> list[Line]:
        lines = []
        lists: dict[str, Line] = {}
        for row in rows:
            if row.event is None:
                continue  # added and taken out again in one request
            if row.part.one_of_many:
                told = Line("listed", row.part.name, key=row.part.key)
                line = lists.setdefault(row.part.name, told)
                value = self.shown(row.part.model, row.part.one_of_many, row.event)
                (line.added if row.before is None else line.removed).append(value)
                continue
            if line := self.line(row):
                lines.append(line)
        for line in lists.values():
            again = set(line.added) & set(line.removed)
            line.added = [value for value in line.added if value not in again]
            line.removed = [value for value in line.removed if value not in again]
        return lines + [line for line in lists.values() if line.added or line.removed]

    def line(self, row: Row) -> Line | None:
        part = row.part
        own = part.link == "pk"
        verb = "added" if row.before is None else "removed" if row.after is None else "changed"
        what = "" if own else self.reader.veiled(self.label(part, row.event))
        line = Line(verb, part.name, what, part.key)
        if verb == "removed":
            return line
        for column in _columns(part):
            if not self.reader.sees_field(part.model, column.name):
                continue
            if not hasattr(row.after, column.attname):
                continue
            new = getattr(row.after, column.attname)
            old = getattr(row.before, column.attname) if row.before else MISSING
            if old is MISSING and _says_nothing(column, new):
                continue
            if old == new:
                continue
            line.keys.append(column.name)
            line.fields.append(
                (
                    capfirst(str(column.verbose_name)),
                    "" if old is MISSING else self.shown(part.model, column.name, row.before),
                    self.shown(part.model, column.name, row.after),
                )
            )
        return line if line.fields or verb == "added" else None

    def instance(self, part: Part, event: Any) -> models.Model:
        """The row as it was, with what it refers to already at hand."""
        names = {item.name for item in event._meta.fields}
        instance = part.model(
            **{
                column.attname: getattr(event, column.attname)
                for column in part.model._meta.concrete_fields
                if column.name in names and not column.generated
            }
        )
        for name, relation in _relations(part.model):
            found = self.known.get((relation.related_model, getattr(event, relation.attname)))
            if found is not None:
                setattr(instance, name, found)
        return instance

    def label(self, part: Part, event: Any) -> str:
        try:
            return str(self.instance(part, event))
        except ObjectDoesNotExist:
            return _("(no longer there)")

    def shown(self, model: type[models.Model], name: str, event: Any) -> str:
        column: Any = model._meta.get_field(name)
        value = getattr(event, column.attname)
        if value is None or value == "" or value == []:
            return _("empty")
        if column.is_relation:
            found = self.known.get((column.related_model, value))
            text = str(found) if found is not None else _("(no longer there)")
        elif column.choices:
            text = str(dict(column.flatchoices).get(value, value))
        elif isinstance(value, bool):
            text = _("yes") if value else _("no")
        elif isinstance(value, datetime):
            text = formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
        elif isinstance(value, date):
            text = formats.date_format(value)
        elif isinstance(value, list):
            labels = dict(getattr(getattr(column, "base_field", None), "flatchoices", ()))
            text = ", ".join(str(labels.get(item, item)) for item in value)
        else:
            text = str(value)
        return self.reader.veiled(text)


def _columns(part: Part) -> list[Any]:
    """What a person fills in; what the machinery keeps for itself tells a reader nothing."""
    return [
        column
        for column in part.model._meta.concrete_fields
        if column.name != part.link
        and not column.primary_key
        and (column.editable or column.name in part.show)
        and column.name not in part.skip
    ]


def _relations(model: type[models.Model]) -> list[tuple[str, Any]]:
    return [(item.name, item) for item in model._meta.concrete_fields if item.is_relation]


def _says_nothing(column: Any, value: Any) -> bool:
    """In a new row, what is empty, unticked or as it always starts is not worth a word."""
    return value in (None, "", [], False) or (column.has_default() and value == column.default)


def _user_names(rows: dict[Any, dict]) -> dict[Any, str]:
    ids = set()
    for group in rows.values():
        for row in group.values():
            for event in (row.before, row.after):
                if event is not None and event.pgh_context:
                    ids.add(event.pgh_context.metadata.get("user"))
    return names_of(ids - {None})


def names_of(ids: Iterable[Any]) -> dict[Any, str]:
    """Return what colleagues call these users, by key; those who are no more are left out."""
    users: Callable[..., dict] = get_user_model()._default_manager.in_bulk
    return {key: name_of(user) for key, user in users(list(ids)).items()}


def name_of(user: Any) -> str:
    """What colleagues call somebody."""
    return user.get_full_name() or user.get_username()


def _protected_spellings() -> list[str]:
    promises = Protection.objects.select_related("stakeholder").prefetch_related(
        "stakeholder__other_names"
    )
    names = []
    for promise in promises:
        names.append(promise.stakeholder.name)
        names += [other.name for other in promise.stakeholder.other_names.all()]
    return [spelling for name in names if (spelling := _spaced(name))]


def _spaced(text: str) -> str:
    return NOT_WORD.sub(" ", folded(text)).strip()
