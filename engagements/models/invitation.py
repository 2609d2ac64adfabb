"""Invitations: somebody without an account sends in an engagement, once, by a secret address."""

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.models.requests import today
from stakeholders.tracking import keep_history

from .engagement import Engagement

OPEN_FOR = timedelta(days=30)
AT_THE_LONGEST = timedelta(days=180)
# So long the address tells what became of what was sent in.
TOLD_FOR = timedelta(days=365)


def usual_end() -> date:
    return today() + OPEN_FOR


def validate_until(day: date) -> None:
    """Refuse an address that would be open for longer than anybody remembers it."""
    furthest = today() + AT_THE_LONGEST
    if day > furthest:
        raise ValidationError(_("At the longest until %(day)s.") % {"day": furthest.isoformat()})


class InvitationQuerySet(models.QuerySet):
    def in_state(self, state: str):
        """Those that stand where ``state``, one of Invitation.State, says."""
        unsent = Q(revoked_at=None, sent_at=None)
        still_open = unsent & Q(until__gte=today())
        sent = Q(revoked_at=None, sent_at__isnull=False)
        return self.filter(
            {
                Invitation.State.WAITING: still_open & Q(opened_at=None),
                Invitation.State.OPENED: still_open & Q(opened_at__isnull=False),
                Invitation.State.SENT: sent & Q(taken_back_at=None),
                Invitation.State.TAKEN_BACK: sent & Q(taken_back_at__isnull=False),
                Invitation.State.EXPIRED: unsent & Q(until__lt=today()),
                Invitation.State.REVOKED: Q(revoked_at__isnull=False),
            }[Invitation.State(state)]
        )

    def taken_back(self):
        """Those whose sender has taken back what was sent in: it must not be published."""
        return self.filter(taken_back_at__isnull=False)

    def unanswered(self):
        """Those to whose sender nobody has answered; closed ones cannot read an answer."""
        newest = InvitationMessage.objects.filter(invitation=OuterRef("pk")).order_by("-pk")
        told = self.filter(revoked_at=None, sent_at__gt=timezone.now() - TOLD_FOR)
        return told.annotate(
            newest=Subquery(newest.values("pk")[:1]),
            newest_by=Subquery(newest.values("written_by")[:1]),
        ).filter(newest__isnull=False, newest_by=None)

    def over(self, before: timedelta):
        """Those whose address has been closed for at least ``before``."""
        moment = timezone.now() - before
        return self.filter(
            Q(revoked_at__lte=moment)
            | Q(sent_at__lte=moment - TOLD_FOR)
            | Q(sent_at=None, until__lt=moment.date())
        )


# The digest is a key and the contact can be forgotten: history forgets nothing.
@keep_history(exclude=["digest", "contact"])
class Invitation(models.Model):
    """One organisation may send in one engagement; for staff only, never published."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Not opened yet")
        OPENED = "opened", _("Opened")
        SENT = "sent", _("Sent in")
        TAKEN_BACK = "taken_back", _("Taken back")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")

    organisation = models.CharField(
        _("organisation"),
        max_length=300,
        help_text=_("Who is invited, by the name that they use. They read it on the form."),
    )
    stakeholder = models.ForeignKey(
        "stakeholders.Stakeholder",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invitations",
        verbose_name=_("its entry"),
        help_text=_("If it is on file as an actor. Leave blank otherwise."),
    )
    contact = models.EmailField(
        _("e-mail address"),
        blank=True,
        help_text=_("To write the letter to. Deleted a month after the address has closed."),
    )
    language = models.CharField(
        _("language"), max_length=7, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    until = models.DateField(
        _("open until"),
        default=usual_end,
        validators=[validate_until],
        help_text=_("The last day on which something can be sent in, by UTC."),
    )
    hint = models.TextField(
        _("what it is about"),
        max_length=1000,
        blank=True,
        help_text=_(
            "What you would like to hear of. They read it above the form and in the letter."
        ),
    )
    note = models.TextField(
        _("note"), blank=True, help_text=_("For staff only: how you know them, whom to ask.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("invited by"),
    )
    invited_at = models.DateTimeField(_("invited"), auto_now_add=True)
    opened_at = models.DateTimeField(_("first opened"), null=True, editable=False)
    sent_at = models.DateTimeField(_("sent in"), null=True, editable=False)
    engagement = models.OneToOneField(
        Engagement,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="invitation",
        verbose_name=_("record"),
    )
    taken_back_at = models.DateTimeField(_("taken back"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("revoked by"),
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(organisation=""),
                name="invitation_is_somebodys",
                violation_error_message=_("Say who is invited."),
            ),
            models.CheckConstraint(
                condition=Q(language__in=[code for code, _name in settings.LANGUAGES]),
                name="invitation_language_known",
                violation_error_message=_("Choose a language from the list."),
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="invitation_revoked_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | Q(engagement=None, taken_back_at=None),
                name="only_what_was_sent_is_a_record",
            ),
        ]
        indexes = [models.Index(fields=["until"], name="invitation_until")]

    def __str__(self):
        return self.organisation

    @property
    def state(self) -> "Invitation.State":
        if self.revoked_at:
            return self.State.REVOKED
        if self.sent_at:
            return self.State.TAKEN_BACK if self.taken_back_at else self.State.SENT
        if self.until < today():
            return self.State.EXPIRED
        return self.State.OPENED if self.opened_at else self.State.WAITING

    @property
    def is_closed(self) -> bool:
        """Whether the address answers nothing any more but that it is closed."""
        if self.revoked_at:
            return True
        if self.sent_at:
            return self.sent_at + TOLD_FOR < timezone.now()
        return self.until < today()


# What was written can be deleted, and history cannot.
@keep_history(exclude=["text"])
class InvitationMessage(models.Model):
    """A line between the editors and somebody who was invited; never published."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="messages")
    text = models.TextField(_("message"), max_length=4000)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("written by"),
        help_text=_("Nobody: the sender wrote it."),
    )
    written_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="message_says_something"),
        ]

    def __str__(self):
        return self.text[:80]
