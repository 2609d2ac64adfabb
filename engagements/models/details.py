"""What only one family of activities has: the details of an exercise, a training, a mandate, a
dialogue. A record has at most one row of each; what is not known is left empty."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from milidip.codebook.choices import (
    Confidentiality,
    DialogueFormat,
    ExerciseEnvironment,
    ExerciseFocus,
    ExerciseForm,
    Facilitation,
    MandateTask,
    MandatingBody,
)
from stakeholders.tracking import keep_history

from .engagement import Engagement

CODE_LENGTH = 40


def some_of(choices: type[models.TextChoices], label: str, help_text: str = "") -> ArrayField:
    """A column of codes of one vocabulary; an empty list says that none is known."""
    return ArrayField(
        models.CharField(max_length=CODE_LENGTH, choices=choices.choices),
        verbose_name=label,
        blank=True,
        default=list,
        help_text=help_text,
    )


def one_of(choices: type[models.TextChoices], label: str, help_text: str = "") -> models.CharField:
    """A column of one code; an empty text says that it is not known."""
    return models.CharField(
        label, max_length=CODE_LENGTH, choices=choices.choices, blank=True, help_text=help_text
    )


def count_of(label: str, help_text: str) -> models.PositiveIntegerField:
    """A number from one upwards, or nothing where nobody has counted."""
    return models.PositiveIntegerField(
        label, null=True, blank=True, validators=[MinValueValidator(1)], help_text=help_text
    )


def only(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """The database takes the codes of ``choices`` and no others, or none."""
    condition = Q(**{f"{field}__in": ["", *choices.values]})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message=_("Choose from the list.")
    )


def only_some(field: str, choices: type[models.TextChoices], name: str) -> models.CheckConstraint:
    condition = Q(**{f"{field}__contained_by": choices.values})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message=_("Choose from the list.")
    )


def at_least_one(field: str, name: str) -> models.CheckConstraint:
    """Nought is not “unknown”: leave it empty."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 1}),
        name=name,
        violation_error_message=_("Give a number of one or more, or leave it blank."),
    )


@keep_history
class ExerciseDetails(models.Model):
    """How an exercise was held, where its forces act, and what it prepares for."""

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="exercise_details"
    )
    form = one_of(
        ExerciseForm,
        _("form"),
        _("“Mixed” when it had several. Leave blank when the source does not say."),
    )
    environments = some_of(
        ExerciseEnvironment, _("environments"), _("Where the forces of the exercise act.")
    )
    focus = some_of(
        ExerciseFocus, _("focus"), _("What it prepares for, as stated by those who held it.")
    )
    live_fire = models.BooleanField(
        _("live fire"), null=True, blank=True, help_text=_("Were weapons fired with live rounds?")
    )
    multi_service = models.BooleanField(
        _("several services"),
        null=True,
        blank=True,
        help_text=_("Did more than one service (army, navy, air force) of a state take part?"),
    )

    class Meta:
        verbose_name = _("exercise")
        verbose_name_plural = _("exercise: form, environment, focus")
        constraints = [
            only("form", ExerciseForm, "exercise_form_known"),
            only_some("environments", ExerciseEnvironment, "exercise_environments_known"),
            only_some("focus", ExerciseFocus, "exercise_focus_known"),
        ]

    def __str__(self):
        return self.get_form_display() or str(_("exercise"))


@keep_history
class ExchangeDetails(models.Model):
    """Who sends, who receives, and what is taught: an exchange, a course, training."""

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="exchange_details"
    )
    course = models.CharField(
        _("course"),
        max_length=300,
        blank=True,
        help_text=_("Its name or subject. Published."),
    )
    sending_side = models.CharField(
        _("sent by"),
        max_length=300,
        blank=True,
        help_text=_(
            "Who sends people to learn or to be exchanged: states, forces, bodies; never persons. "
            "Published, but never under the Chatham House Rule."
        ),
    )
    receiving_side = models.CharField(
        _("received by"),
        max_length=300,
        blank=True,
        help_text=_("Who receives or teaches them. Published like the sending side."),
    )
    people = count_of(
        _("people sent or taught"),
        _("All together. Not published where it could point at somebody who is withheld."),
    )
    days = count_of(_("days"), _("How many days it lasted, where the dates do not say it."))

    class Meta:
        verbose_name = _("exchange or training")
        verbose_name_plural = _("exchange and training: course, sides, people")
        constraints = [
            at_least_one("people", "exchange_people_counted"),
            at_least_one("days", "exchange_days_counted"),
        ]

    def __str__(self):
        return self.course or str(_("exchange or training"))


@keep_history
class PeaceOperationDetails(models.Model):
    """Who mandated a peace operation, by which document, how strong it may be, and for what."""

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="peace_operation_details"
    )
    mandating_bodies = some_of(
        MandatingBody, _("mandated by"), _("Several when more than one gave it a mandate.")
    )
    mandate_document = models.CharField(
        _("mandate document"),
        max_length=300,
        blank=True,
        help_text=_("The first one, as cited: S/RES/743 (1992). Published."),
    )
    authorised_strength = count_of(
        _("authorised strength"),
        _("Soldiers and police that the mandate allows; not how many came."),
    )
    tasks = some_of(MandateTask, _("tasks"), _("What the mandate asks for."))

    class Meta:
        verbose_name = _("peace operation")
        verbose_name_plural = _("peace operation: mandate, strength, tasks")
        constraints = [
            only_some("mandating_bodies", MandatingBody, "mandating_bodies_known"),
            only_some("tasks", MandateTask, "mandate_tasks_known"),
            at_least_one("authorised_strength", "authorised_strength_counted"),
        ]

    def __str__(self):
        return self.mandate_document or str(_("peace operation"))


@keep_history
class DialogueDetails(models.Model):
    """How a dialogue was held, or a meeting of and with communities."""

    engagement = models.OneToOneField(
        Engagement, on_delete=models.CASCADE, related_name="dialogue_details"
    )
    format = one_of(DialogueFormat, _("format"), _("How those who talk come together."))
    rounds = count_of(
        _("rounds"), _("How many meetings this record stands for; blank when it is one of many.")
    )
    facilitation = one_of(
        Facilitation,
        _("facilitation"),
        _("Under the Chatham House Rule published only when a facilitator is named."),
    )
    sides = count_of(
        _("number of sides"),
        _("Sides of the divide at the table, facilitators not counted."),
    )
    confidentiality = one_of(
        Confidentiality,
        _("how it was held"),
        _("If under the Chatham House Rule, the record needs that marking too."),
    )

    class Meta:
        verbose_name = _("dialogue")
        verbose_name_plural = _("dialogue and community work: format, rounds, facilitation")
        constraints = [
            only("format", DialogueFormat, "dialogue_format_known"),
            only("facilitation", Facilitation, "dialogue_facilitation_known"),
            only("confidentiality", Confidentiality, "dialogue_confidentiality_known"),
            at_least_one("rounds", "dialogue_rounds_counted"),
            at_least_one("sides", "dialogue_sides_counted"),
        ]

    def __str__(self):
        return self.get_format_display() or str(_("dialogue"))


DETAILS: dict[str, type[models.Model]] = {
    "exercise": ExerciseDetails,
    "exchange": ExchangeDetails,
    "peace_operation": PeaceOperationDetails,
    "dialogue": DialogueDetails,
}
"""Block of details, as snapshots and public documents call it, -> its table."""
