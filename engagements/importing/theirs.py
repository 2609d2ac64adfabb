"""What staff have changed since an import: told from the history, where imports leave a mark."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import models

from engagements.models import Engagement

MARK = "import"


def changed_by_staff(fields: Mapping[int, set[str]]) -> dict[int, set[str]]:
    """Return those fields of each engagement whose present value was not written by an import."""
    if not fields:
        return {}
    events = history_of(Engagement).objects.filter(pgh_obj_id__in=list(fields))
    theirs: dict[int, set[str]] = {pk: set() for pk in fields}
    before: dict[int, Any] = {}
    for event in events.select_related("pgh_context").order_by("pgh_id").iterator():
        pk = event.pgh_obj_id
        earlier = before.get(pk)
        for name in fields[pk]:
            if earlier is None or getattr(event, name) != getattr(earlier, name):
                (theirs[pk].discard if _by_import(event) else theirs[pk].add)(name)
        before[pk] = event
    return theirs


def only_imported(history: type[models.Model], ids: Iterable[int]) -> set[int]:
    """Return those of the rows that nobody but an import has written."""
    ids = set(ids)
    if not ids:
        return ids
    touched = {
        event.pgh_obj_id
        for event in history._default_manager.filter(pgh_obj_id__in=ids).select_related(
            "pgh_context"
        )
        if not _by_import(event)
    }
    return ids - touched


def _by_import(event: Any) -> bool:
    metadata: Mapping[str, Any] = event.pgh_context.metadata if event.pgh_context else {}
    return MARK in metadata


def history_of(model: type[models.Model]) -> type[models.Model]:
    """Return the table of a model's history; of a table of links, that of its tracked proxy."""
    if hasattr(model, "pgh_event_model"):
        return model.pgh_event_model
    for proxy in apps.get_app_config("engagements").get_models(include_auto_created=True):
        if proxy._meta.proxy_for_model is model and hasattr(proxy, "pgh_event_model"):
            return proxy.pgh_event_model
    raise LookupError(f"{model._meta.label} has no history.")
