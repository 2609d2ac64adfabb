"""The erasure of a person: the one exception to "history cannot be changed".

Two people ask for it and confirm it; then `manage.py erase_person` does it as the owner of the
tables, since the working side may add to history and never change it. The name goes from the
entry, from every text, from the snapshots and from the history tables alike. What stays is a
stub that says that and when, so that records keep their count of participants, and `Erasure`,
which says who decided.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import protection
from engagements.details import TEXTS as OF_DETAILS
from engagements.models import (
    ActorSnapshot,
    Engagement,
    Import,
    ImportName,
    ImportRow,
    Participation,
    Publication,
)
from engagements.names import UNSPACED, Text, spellings, without, words
from engagements.naming import all_references
from engagements.protection import Effect, concerned
from engagements.render import render
from engagements.requirements import Problem, refuse_unless
from engagements.revision import lock_register
from engagements.texts import OF_RECORD, OF_SOURCE, searchable
from engagements.workflow import NotAllowed
from milidip.codebook.choices import IdentifierScheme
from milidip.codebook.dates import HonestDateField
from stakeholders.models import (
    PERSON,
    Erasure,
    Identifier,
    OtherName,
    PersonRequest,
    Protection,
    Stakeholder,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

INSTEAD = "[erased]"
# Accounts of staff, and what is rendered or loaded: a namesake among them is somebody else.
LEFT_ALONE = {"auth", "codebook", "catalogue", "contenttypes", "sessions", "account", "mfa"}
Progress = Callable[[str, int], None]


# --- two people decide -------------------------------------------------------------------------


@transaction.atomic
def request_erasure(stakeholder: Stakeholder, by: "User") -> Erasure:
    """Ask for the erasure of a person; who is named nowhere from this moment."""
    _stop(
        _may(by)
        + refuse_unless(stakeholder.type_id == PERSON, _("Only persons are erased."))
        + refuse_unless(
            not hasattr(stakeholder, "erasure"), _("The erasure is asked for already.")
        )
    )
    erasure = Erasure.objects.create(stakeholder=stakeholder, requested_by=by)
    if not Protection.objects.filter(stakeholder=stakeholder).exists():
        Protection.objects.create(
            stakeholder=stakeholder, protected_by=by, reason=_("The erasure is asked for.")
        )
    protection.keep_promise(stakeholder)
    return erasure


@transaction.atomic
def confirm_erasure(erasure: Erasure, by: "User") -> None:
    """Confirm it, as somebody else than who asked."""
    erasure = Erasure.objects.select_for_update(no_key=True).get(pk=erasure.pk)
    _stop(
        _may(by)
        + refuse_unless(erasure.requested_by_id != by.pk, _("Somebody else has to confirm it."))
        + refuse_unless(erasure.confirmed_by_id is None, _("It is confirmed already."))
    )
    erasure.confirmed_by, erasure.confirmed_at = by, timezone.now()
    erasure.save()


@transaction.atomic
def cancel_erasure(erasure: Erasure, by: "User") -> None:
    """Take it back while it is not done; the protection stays."""
    erasure = Erasure.objects.select_for_update(no_key=True).get(pk=erasure.pk)
    _stop(_may(by) + refuse_unless(erasure.erased_at is None, _("It is done already.")))
    erasure.delete()


def problems(erasure: Erasure) -> list[Problem]:
    """Return what stands in the way of carrying it out."""
    found = refuse_unless(erasure.erased_at is None, _("It is done already."))
    found += refuse_unless(erasure.confirmed_by, _("Nobody has confirmed it."))
    for person in filter(None, (erasure.requested_by, erasure.confirmed_by)):
        found += _may(person)
    return found


def _may(user: "User") -> list[Problem]:
    return refuse_unless(
        user.is_active and user.has_perm("stakeholders.erase_person"),
        _("%(user)s may not erase anybody.") % {"user": user},
    )


# --- and it is done ------------------------------------------------------------------------------


class Traces:
    """Who is erased: every reference, row and spelling by which the database knows them."""

    def __init__(self, stakeholder: Stakeholder):
        self.stakeholder = stakeholder
        self.references = all_references({stakeholder.reference})
        actors = Stakeholder.pgh_event_model.objects.filter(reference__in=self.references)  # type: ignore[attr-defined]
        self.rows = {stakeholder.pk, *actors.values_list("pgh_obj_id", flat=True)}
        others = OtherName.pgh_event_model.objects.filter(stakeholder_id__in=self.rows)  # type: ignore[attr-defined]
        identifiers = Identifier.pgh_event_model.objects.filter(stakeholder_id__in=self.rows)  # type: ignore[attr-defined]
        names = {
            stakeholder.name,
            *actors.values_list("name", flat=True),
            *OtherName.objects.filter(stakeholder=stakeholder).values_list("name", flat=True),
            *others.values_list("name", flat=True),
        }
        known_by = identifiers.filter(scheme__in=[IdentifierScheme.WIKIDATA, IdentifierScheme.ROR])
        # A single word may be anybody's: it is taken out of the records that know the person.
        whole = {name for name in names if len(words(name)) > 1 or UNSPACED.search(name)}
        self.spellings = spellings(whole, person=True)
        self.spellings += spellings(known_by.values_list("value", flat=True))
        self.in_own_records = {*self.spellings, *spellings(names, person=True, last_alone=True)}
        persons = Stakeholder.pgh_event_model.objects.filter(type_id=PERSON)  # type: ignore[attr-defined]
        self.other_persons = {
            *Stakeholder.objects.persons().values_list("pk", flat=True),
            *persons.values_list("pgh_obj_id", flat=True),
        } - self.rows
        """Namesakes may be among them: their entries keep their names."""
        taken = Participation.pgh_event_model.objects.filter(stakeholder_id__in=self.rows)  # type: ignore[attr-defined]
        self.engagements = {
            *Participation.objects.filter(stakeholder=stakeholder).values_list(
                "engagement_id", flat=True
            ),
            *taken.values_list("engagement_id", flat=True),
            *Publication.objects.knowing(self.references).values_list("engagement_id", flat=True),
        }

    def may_be_in(self, text: str, *, own: bool = False) -> bool:
        """Tell whether ``text`` is worth a closer look; ``own``: of a record that knows them."""
        tight = Text(text, address="%" in text).tight
        return any(name in tight for name in (self.in_own_records if own else self.spellings))

    def are_in(self, text: str) -> bool:
        prepared = Text(text, address=is_address(text))
        return any(prepared.holds(name) for name in self.spellings)

    def taken_from(self, text: str, *, own: bool = False) -> str:
        names = self.in_own_records if own else self.spellings
        return without(text, names, INSTEAD, address=is_address(text))

    def taken_from_json(self, value: Any, *, own: bool = False) -> Any:
        if isinstance(value, str):
            return self.taken_from(value, own=own)
        if isinstance(value, list):
            return [self.taken_from_json(item, own=own) for item in value]
        if isinstance(value, dict):
            return {key: self.taken_from_json(item, own=own) for key, item in value.items()}
        return value


def is_address(text: str) -> bool:
    return text.startswith(("http", "/")) and " " not in text


def stub_name() -> str:
    return f"Erased {timezone.now().date().isoformat()}"


@transaction.atomic
def erase(erasure: Erasure, progress: Progress | None = None) -> Effect:
    """Take a person out of every table; the caller works as the owner of the tables."""
    lock_register()
    erasure = Erasure.objects.select_for_update(no_key=True).get(pk=erasure.pk)
    _stop(problems(erasure))
    stakeholder = erasure.stakeholder
    traces = Traces(stakeholder)
    ids = concerned(traces.references, traces.spellings)
    rows: dict[str, int] = defaultdict(int)
    # History is not to record what is taken out of it, and has to let it be taken out.
    with pgtrigger.ignore():
        _erase_entry(traces, rows)
        _erase_publications(traces, rows)
        _erase_admin_log(traces, rows)
        _erase_sessions(traces, rows)
        _erase_desk(traces, rows)
        for model in _models_with_texts():
            _erase_texts(model, traces, rows)
            if progress:
                progress(model._meta.label, rows[model._meta.db_table])
    if left := sorted(set(remains(traces))):
        raise RuntimeError(f"A name is left in {', '.join(left)}: nothing was erased.")
    erasure.erased_at = timezone.now()
    erasure.rows = dict(sorted((table, number) for table, number in rows.items() if number))
    erasure.save()
    effect = Effect()
    effect.changed = render(ids, offline=effect.offline, taking_back=True)
    logger.warning(
        "Erasure of %s: history was changed in %d rows of %d tables",
        stakeholder.reference,
        sum(erasure.rows.values()),
        len(erasure.rows),
    )
    return effect


def _erase_entry(traces: Traces, rows: dict[str, int]) -> None:
    """The entry and everything that is about nobody else, past rows included."""
    stub = stub_name()
    blank = {
        "name": stub,
        "sort_key": stub.casefold(),
        "country": None,
        "parent": None,
        "level": "unknown",
        "note": "",
    }
    _change(rows, Stakeholder.objects.filter(pk__in=traces.rows), **blank)
    _change(rows, _events(Stakeholder, pgh_obj_id__in=traces.rows), **blank)
    _remove(rows, OtherName.objects.filter(stakeholder_id__in=traces.rows))
    _remove(rows, _events(OtherName, stakeholder_id__in=traces.rows))
    _remove(rows, Identifier.objects.filter(stakeholder_id__in=traces.rows))
    _remove(rows, _events(Identifier, stakeholder_id__in=traces.rows))
    _change(rows, Protection.objects.filter(stakeholder_id__in=traces.rows), reason=INSTEAD)
    _change(rows, _events(Protection, stakeholder_id__in=traces.rows), reason=INSTEAD)
    asked = {"who": INSTEAD, "contact": "", "message": ""}
    _change(rows, PersonRequest.objects.filter(stakeholder_id__in=traces.rows), **asked)
    _change(rows, _events(PersonRequest, stakeholder_id__in=traces.rows), **asked)
    _remove(rows, ActorSnapshot.objects.filter(reference__in=traces.references))
    taken = {"disclosure": "withheld", "consent_basis": "none"}
    _change(rows, Participation.objects.filter(stakeholder_id__in=traces.rows), **taken)


def _erase_publications(traces: Traces, rows: dict[str, int]) -> None:
    """Snapshots: the person in them, and the texts; and the words by which they are searched."""
    stub = stub_name()
    for publication in _suspects(traces).iterator(chunk_size=500):
        known = publication.engagement_id in traces.engagements
        snapshot = _erased_snapshot(publication.snapshot, traces, stub, own=known)
        note = traces.taken_from(publication.change_note, own=known)
        if snapshot == publication.snapshot and note == publication.change_note:
            continue
        _change(
            rows,
            Publication.objects.filter(pk=publication.pk),
            snapshot=snapshot,
            change_note=note,
            words=searchable(snapshot, note),
        )


def _erased_snapshot(
    snapshot: dict[str, Any], traces: Traces, stub: str, *, own: bool
) -> dict[str, Any]:
    def taken(text: str) -> str:
        return traces.taken_from(text, own=own) if text else text

    def parts(name: str, *keys: str) -> list[dict]:
        return [part | {key: taken(part[key]) for key in keys} for part in snapshot[name]]

    changed = snapshot | {name: taken(snapshot[name]) for name in OF_RECORD}
    for name in ("content_licence", "source_dataset", "source_id"):
        changed[name] = taken(snapshot[name])
    if snapshot["series"]:
        changed["series"] = {
            "code": _slug(snapshot["series"]["code"], taken),
            "name": taken(snapshot["series"]["name"]),
        }
    changed["places"] = parts("places", "name")
    changed["outcomes"] = parts("outcomes", "statement")
    changed["sources"] = parts("sources", *OF_SOURCE)
    for block, names in OF_DETAILS.items():
        if snapshot.get(block):
            changed[block] = snapshot[block] | {
                name: taken(snapshot[block][name]) for name in names
            }
    if snapshot["conduct"]:
        findings = [
            part | {"note": taken(part["note"])} for part in snapshot["conduct"]["findings"]
        ]
        changed["conduct"] = snapshot["conduct"] | {"findings": findings}
    conditions = [
        part | {"text": taken(part["text"])} for part in snapshot["review"]["conditions"]
    ]
    changed["review"] = snapshot["review"] | {"conditions": conditions}
    changed["participations"] = [
        row | _erased_participation(row["actor"], traces, stub) if row["actor"] else row
        for row in snapshot["participations"]
    ]
    return changed


def _erased_participation(actor: dict[str, Any], traces: Traces, stub: str) -> dict[str, Any]:
    """The person becomes nobody; a body named after the person loses that part of its name."""
    if actor["reference"] not in traces.references:
        if actor["type"] == PERSON:
            return {}
        names = {name: traces.taken_from_json(actor[name]) for name in ("name", "other_names")}
        return {"actor": actor | names}
    nobody = {
        "name": stub,
        "other_names": [],
        "identifiers": [],
        "country": None,
        "parent": None,
        "level": "unknown",
    }
    return {"actor": actor | nobody, "disclosure": "withheld", "consent_basis": "none"}


def _slug(code: str, taken: Callable[[str], str]) -> str:
    return taken(code).replace(INSTEAD, "erased")


def _erase_admin_log(traces: Traces, rows: dict[str, int]) -> None:
    """Django's own log of the admin repeats names, also inside of what it keeps as JSON."""
    content_type = ContentType.objects.get_for_model(Stakeholder)
    own = LogEntry.objects.filter(
        content_type=content_type, object_id__in=[str(pk) for pk in traces.rows]
    )
    _change(rows, own, object_repr=INSTEAD, change_message="")
    for entry in LogEntry.objects.iterator(chunk_size=2000):
        try:
            message = json.dumps(traces.taken_from_json(json.loads(entry.change_message)))
        except ValueError:
            message = traces.taken_from(entry.change_message)
        changes = {"object_repr": traces.taken_from(entry.object_repr), "change_message": message}
        if changes["object_repr"] != entry.object_repr or INSTEAD in message:
            _change(rows, LogEntry.objects.filter(pk=entry.pk), **changes)


def _erase_sessions(traces: Traces, rows: dict[str, int]) -> None:
    """Messages to staff wait in their sessions: whoever has one that tells signs in again."""
    for session in Session.objects.iterator(chunk_size=500):
        if traces.may_be_in(json.dumps(session.get_decoded(), ensure_ascii=False, default=str)):
            _remove(rows, Session.objects.filter(pk=session.pk))


def _erase_desk(traces: Traces, rows: dict[str, int]) -> None:
    """An uploaded file that names the person goes as a whole: it can be uploaded without."""
    gone = {
        batch
        for batch, name in ImportName.objects.values_list("batch_id", "name")
        if traces.may_be_in(name)
    }
    lines = ImportRow.objects.exclude(batch__in=gone).values_list(
        "batch_id", "cells", "reason", "changes"
    )
    for batch, *texts in lines.iterator(chunk_size=2000):
        if batch not in gone and traces.may_be_in("\n".join(map(_plain, texts))):
            gone.add(batch)
    for model in (ImportName, ImportRow):
        _remove(rows, model._base_manager.filter(batch__in=gone))
    _remove(rows, Import.objects.filter(pk__in=gone))


def _models_with_texts() -> Iterator[type[models.Model]]:
    """Every table that staff or readers write into, history tables included."""
    for model in apps.get_models():
        meta = model._meta
        if meta.proxy or not meta.managed or meta.app_label in LEFT_ALONE or model is LogEntry:
            continue
        if _texts(model):
            yield model


def _texts(model: type[models.Model]) -> list[models.Field]:
    """The columns in which somebody could have written a name: no codes, keys or dates."""
    return [
        column
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField | models.JSONField | ArrayField)
        and not (
            column.is_relation
            or column.choices
            or getattr(getattr(column, "base_field", None), "choices", None)
            or column.primary_key
            or getattr(column, "generated", False)
            or isinstance(column, HonestDateField)
            or column.name in {"reference", "digest", "import_digest", "pgh_label", "words"}
            or (model is Publication and column.name == "snapshot")
        )
    ]


def _erase_texts(model: type[models.Model], traces: Traces, rows: dict[str, int]) -> None:
    texts = _texts(model)
    names = [column.attname for column in texts]
    of_engagement = _key_of_engagement(model)
    of_actor = _key_of_actor(model)
    queryset = _rows_with_texts(model).values_list(
        "pk", of_engagement or "pk", of_actor or "pk", *names
    )
    for pk, engagement, actor, *values in queryset.iterator(chunk_size=2000):
        if of_actor and actor in traces.other_persons:
            continue
        known = bool(of_engagement) and engagement in traces.engagements
        whole = "\n".join(_plain(value) for value in values)
        if not traces.may_be_in(whole, own=known):
            continue
        changes = {}
        for column, value in zip(texts, values, strict=True):
            new = _taken_out(column, value, traces, known)
            if new != value:
                changes[column.name] = new
        if changes:
            _change(rows, model._base_manager.filter(pk=pk), **changes)


def _rows_with_texts(model: type[models.Model]) -> Any:
    """All rows, but what was published of persons: each of them is known by a row of its own."""
    if model is ActorSnapshot:
        return ActorSnapshot.objects.exclude(facts__type=PERSON)
    return model._base_manager.all()


def _plain(value: Any) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False, default=str)


def _taken_out(column: models.Field, value: Any, traces: Traces, known: bool) -> Any:
    if isinstance(value, str):
        new = traces.taken_from(value, own=known)
        if isinstance(column, models.SlugField):
            new = new.replace(INSTEAD, "erased")
        return new[: column.max_length] if column.max_length else new
    return traces.taken_from_json(value, own=known) if value else value


def _key_of_engagement(model: type[models.Model]) -> str:
    tracked = getattr(model, "pgh_tracked_model", None)
    if model is Engagement:
        return "pk"
    if tracked is Engagement:
        return "pgh_obj_id"
    return "engagement_id" if _has(model, "engagement") else ""


def _key_of_actor(model: type[models.Model]) -> str:
    tracked = getattr(model, "pgh_tracked_model", model)
    if tracked is Stakeholder:
        return "pk" if model is Stakeholder else "pgh_obj_id"
    return "stakeholder_id" if tracked in (OtherName, Identifier) else ""


def _has(model: type[models.Model], name: str) -> bool:
    return any(column.name == name for column in model._meta.concrete_fields)


def _events(model: Any, **filters: Any) -> Any:
    return model.pgh_event_model.objects.filter(**filters)


def _change(rows: dict[str, int], queryset: Any, **changes: Any) -> None:
    rows[queryset.model._meta.db_table] += queryset.update(**changes)


def _remove(rows: dict[str, int], queryset: Any) -> None:
    # Nothing at all is said of a query that cannot find anything.
    rows[queryset.model._meta.db_table] += queryset._raw_delete(queryset.db) or 0


def remains(traces: Traces) -> Iterator[str]:
    """Yield the tables in which a name can still be read: none, after an erasure."""
    for model in _models_with_texts():
        names = [column.attname for column in _texts(model)]
        of_actor = _key_of_actor(model)
        queryset = _rows_with_texts(model).values_list(of_actor or "pk", *names)
        if any(
            any(map(traces.are_in, map(_plain, values)))
            for actor, *values in queryset.iterator(chunk_size=2000)
            if not of_actor or actor not in traces.other_persons
        ):
            yield model._meta.db_table
    for snapshot in _suspects(traces).values_list("snapshot", flat=True).iterator(chunk_size=500):
        rows = snapshot["participations"]
        others = [
            row | {"actor": None} if row["actor"] and row["actor"]["type"] == PERSON else row
            for row in rows
            if not row["actor"] or row["actor"]["reference"] not in traces.references
        ]
        if any(map(traces.are_in, _strings(snapshot | {"participations": others}))):
            yield Publication._meta.db_table
            return


def _suspects(traces: Traces) -> Any:
    """Versions of records that know the person, or with a text that may spell a name."""
    bodies = protection.actors_called(traces.spellings)
    return Publication.objects.filter(
        models.Q(engagement_id__in=traces.engagements)
        | models.Q(actors__overlap=list(all_references(bodies)))
        | models.Q(pk__in=Publication.objects.mentioning(traces.spellings).values("pk"))
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _stop(found: list[Problem]) -> None:
    if found:
        raise NotAllowed(found)
