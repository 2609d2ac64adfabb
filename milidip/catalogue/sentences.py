"""What a filter asks for, in words: “31 engagements touch Track III in Africa”."""

from collections.abc import Iterable

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from milidip.catalogue.filters import EntryFilterSet
from milidip.catalogue.listing import value_label
from milidip.catalogue.words import honest_date
from milidip.codebook.choices import UNKNOWN

# Said in the first part of the sentence; every other filter follows with its label.
IN_SENTENCE = ("touches", "region", "place", "after", "before", "q", "sort")
MOST_NAMED = 4


def in_words(filterset: EntryFilterSet, total: int) -> str:
    """Return how many records the filter finds and what it asks for, as one sentence."""
    touches, where = _named(filterset, "touches"), _where(filterset)
    said = {"n": f"{total:,}", "track": touches}
    if touches and total:
        text = ngettext(
            "%(n)s engagement touches %(track)s", "%(n)s engagements touch %(track)s", total
        )
    elif touches:
        text = _("No engagement touches %(track)s")
    elif total:
        text = ngettext("%(n)s engagement", "%(n)s engagements", total)
    else:
        text = _("No engagement")
    text %= said
    if where:
        text = _("%(engagements)s in %(where)s") % {"engagements": text, "where": where}
    parts = [part for part in (_when(filterset), *_others(filterset)) if part]
    words = _search(filterset)
    if words and not parts:
        return f"{text} {words}"
    return ", ".join(filter(None, [text, *parts, words]))


def filter_in_words(filterset: EntryFilterSet) -> str:
    """Return what the filter asks for without a number; “all records” when it asks for nothing."""
    parts = []
    if touches := _named(filterset, "touches"):
        parts.append(_("touching %(track)s") % {"track": touches})
    if where := _where(filterset):
        parts.append(_("in %(where)s") % {"where": where})
    parts += [_when(filterset), *_others(filterset), _search(filterset)]
    return ", ".join(filter(None, parts)) or _("all records")


def _listed(labels: Iterable[str]) -> str:
    names = list(labels)
    if len(names) > MOST_NAMED:
        more = len(names) - MOST_NAMED + 1
        names = names[: MOST_NAMED - 1]
        names.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return get_text_list(names, _("or"))


def _named(filterset: EntryFilterSet, name: str) -> str:
    return _listed(value_label(filterset, name, value) for value in filterset.values(name))


def _where(filterset: EntryFilterSet) -> str:
    """Return country and region; “Unknown” is no place to be in, so it comes with its label."""
    names = [
        _listed(value_label(filterset, name, v) for v in filterset.values(name) if v != UNKNOWN)
        for name in ("place", "region")
        if UNKNOWN not in filterset.values(name)
    ]
    return ", ".join(filter(None, names))


def _when(filterset: EntryFilterSet) -> str:
    start, end = (filterset.form.cleaned_data[name] for name in ("after", "before"))
    words = {"after": "", "before": ""}
    for name, bound in (("after", start), ("before", end)):
        said = [value for value in bound.values if value != UNKNOWN] if bound else []
        words[name] = _listed(honest_date(value) for value in said)
    parts = []
    if words["after"] and words["after"] == words["before"]:
        parts.append(_("in or over %(period)s") % {"period": words["after"]})
    elif words["after"] and words["before"]:
        parts.append(_("from %(after)s until %(before)s") % words)
    elif words["after"]:
        parts.append(_("from %(after)s on") % words)
    elif words["before"]:
        parts.append(_("until %(before)s") % words)
    if (start and start.unknown) or (end and end.unknown):
        parts.append(_("date not known"))
    return ", ".join(parts)


def _others(filterset: EntryFilterSet) -> list[str]:
    parts = []
    for name, chosen in filterset.filters.items():
        values = filterset.form.cleaned_data.get(name)
        unknown_place = name in ("region", "place") and values and UNKNOWN in values
        if not values or (name in IN_SENTENCE and not unknown_place):
            continue
        said = [values] if isinstance(values, str) else values
        label = _listed(value_label(filterset, name, value) for value in said)
        parts.append(f"{str(chosen.label).lower()}: {label}")
    return parts


def _search(filterset: EntryFilterSet) -> str:
    texts = filterset.values("q")
    return (
        _("with the words %(words)s") % {"words": _listed(f"“{t}”" for t in texts)}
        if texts
        else ""
    )
