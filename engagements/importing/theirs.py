"""What staff have changed since an import: told from the history, where imports leave a mark."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import models

from engagements.models import Engagement

MARK = "import"


def changed_by_staff(engagement: Engagement, names: Iterable[str]) -> list[str]:
    """Return those of the fields whose present value was not written by an import."""
    names = list(names)
    if not names:
        return []
    events = history_of(Engagement).objects.filter(pgh_obj_id=engagement.pk)
    writers: dict[str, bool] = {}
    before = None
    for event in events.select_related("pgh_context").order_by("pgh_id"):
        for name in names:
            if before is None or getattr(event, name) != getattr(before, name):
                writers[name] = _by_import(event)
        before = event
    return [name for name in names if not writers.get(name, True)]


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
