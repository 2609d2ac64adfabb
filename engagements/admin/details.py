"""The details of one family on the screen of an engagement: one folded block for each."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from engagements.admin.inlines import PartInline
from engagements.details import FITS
from engagements.forms import PartForm
from engagements.models import (
    DialogueDetails,
    Engagement,
    ExchangeDetails,
    ExerciseDetails,
    PeaceOperationDetails,
)
from milidip.codebook.choices import ExerciseEnvironment, ExerciseFocus, MandateTask, MandatingBody
from milidip.codebook.models import ActivityType

Choices = type[ExerciseEnvironment | ExerciseFocus | MandateTask | MandatingBody]


def some_of(model: Any, name: str, choices: Choices) -> forms.MultipleChoiceField:
    """Boxes to tick for a column that holds a list of codes."""
    column = model._meta.get_field(name)
    return forms.MultipleChoiceField(
        choices=choices.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "terms"}),
        label=capfirst(column.verbose_name),
        help_text=column.help_text,
    )


class ExerciseForm(PartForm):
    environments = some_of(ExerciseDetails, "environments", ExerciseEnvironment)
    focus = some_of(ExerciseDetails, "focus", ExerciseFocus)


class PeaceOperationForm(PartForm):
    mandating_bodies = some_of(PeaceOperationDetails, "mandating_bodies", MandatingBody)
    tasks = some_of(PeaceOperationDetails, "tasks", MandateTask)


class DetailsInline(PartInline):
    """One row at most. Script shows the block that fits the kind of activity; without it all are
    there, folded."""

    template = "admin/engagements/engagement/details.html"
    form: Any = PartForm
    classes = ["collapse"]
    max_num = 1
    block = ""
    activities = ""
    """Codes of the kinds of activity that it fits, for the script; filled for each page."""

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 1


class ExerciseInline(DetailsInline):
    model = ExerciseDetails
    form = ExerciseForm
    block = "exercise"
    verbose_name: str | Promise = _("exercise: form, environment, focus")
    fieldsets = [
        (
            None,
            {"fields": [("form", "live_fire", "multi_service"), "environments", "focus"]},
        )
    ]


class ExchangeInline(DetailsInline):
    model = ExchangeDetails
    block = "exchange"
    verbose_name: str | Promise = _("exchange and training: course, sides, people")
    fieldsets = [
        (
            None,
            {"fields": [("course", "people", "days"), ("sending_side", "receiving_side")]},
        )
    ]


class PeaceOperationInline(DetailsInline):
    model = PeaceOperationDetails
    form = PeaceOperationForm
    block = "peace_operation"
    verbose_name: str | Promise = _("peace operation: mandate, strength, tasks")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "mandating_bodies",
                    ("mandate_document", "authorised_strength"),
                    "tasks",
                ]
            },
        )
    ]


class DialogueInline(DetailsInline):
    model = DialogueDetails
    block = "dialogue"
    verbose_name: str | Promise = _("dialogue and community work: format, rounds, facilitation")
    fieldsets = [
        (
            None,
            {"fields": [("format", "rounds", "sides"), ("facilitation", "confidentiality")]},
        )
    ]


DETAILS = (ExerciseInline, ExchangeInline, PeaceOperationInline, DialogueInline)


def tell_what_fits(inlines: list[Any]) -> None:
    """Give each block of details the kinds of activity that it fits, by one query."""
    blocks = [inline for inline in inlines if isinstance(inline, DetailsInline)]
    families = dict(ActivityType.objects.values_list("code", "family_id")) if blocks else {}
    for inline in blocks:
        fits = FITS[inline.block]
        inline.activities = " ".join(code for code, family in families.items() if family in fits)


def warn_of_misfits(request: HttpRequest, engagement: Engagement) -> None:
    """Say which details are kept and not published, since they fit another kind of activity."""
    family = engagement.activity.family_id
    for inline in DETAILS:
        filled = inline.model.objects.filter(engagement=engagement).exists()
        if filled and family not in FITS[inline.block]:
            told = gettext(
                "“%(block)s” is kept and not published: it does not fit “%(activity)s”."
            )
            said = {
                "block": str(inline.model._meta.verbose_name).capitalize(),
                "activity": engagement.activity.label,
            }
            messages.warning(request, told % said)
