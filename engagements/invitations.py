"""What may be done with an invitation, and what does its sender learn of the record?

The address is the only key: whoever has it may send in one engagement, read where it stands, and
write to the editors. It is shown once to who invites and is stored as a hash. See
docs/decisions/0027-invitations.md.
"""

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements import workflow
from engagements.models import Engagement, Invitation, InvitationMessage
from engagements.requirements import Problem, refuse_unless
from engagements.workflow import NotAllowed
from milidip.catalogue import models as public
from milidip.codebook.choices import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger("milidip.invitations")

A_DAY = timedelta(days=1)
MESSAGES_A_DAY = 10
CONTACT_KEPT = timedelta(days=30)


class TooManyMessages(Exception):  # noqa: N818 - it is an answer, not a fault
    """The sender has written enough for a day."""


# --- the address -----------------------------------------------------------------------------


def digest_of(token: str) -> str:
    """Return what is stored of an address. It is too long to be guessed, so it needs no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def found(token: str) -> Invitation | None:
    """Return the invitation whose address holds ``token``."""
    known = Invitation.objects.select_related("invited_by", "engagement__merged__kept")
    return known.filter(digest=digest_of(token)).first()


# --- what editors do -------------------------------------------------------------------------


@transaction.atomic
def invite(invitation: Invitation, by: "User") -> str:
    """Store a new invitation and return what its address holds: it can be told only now."""
    _stop(
        refuse_unless(by.has_perm("engagements.add_invitation"), _("You may not invite anybody."))
    )
    invitation.invited_by = by
    token = _new_address(invitation)
    invitation.save()
    logger.info("Invitation %d was made", invitation.pk)
    return token


@transaction.atomic
def renew(invitation: Invitation, by: "User", until: date) -> str:
    """Give an invitation a new address, also when it has ended; the old one works no more."""
    invitation = _locked(invitation)
    _stop(_may_change(by))
    token = _new_address(invitation)
    invitation.until = until
    invitation.revoked_at = invitation.revoked_by = None
    if invitation.sent_at is None:
        invitation.opened_at = None
    invitation.save()
    logger.info("Invitation %d has a new address", invitation.pk)
    return token


@transaction.atomic
def revoke(invitation: Invitation, by: "User") -> None:
    """Close an address at once. What was sent in stays and goes its way."""
    invitation = _locked(invitation)
    _stop(_may_change(by) + refuse_unless(not invitation.revoked_at, _("It is revoked already.")))
    invitation.revoked_at, invitation.revoked_by = timezone.now(), by
    invitation.save()
    logger.info("Invitation %d was revoked", invitation.pk)


@transaction.atomic
def answer(invitation: Invitation, by: "User", text: str) -> InvitationMessage:
    """Write to the sender, who reads it at the address."""
    _stop(_may_change(by) + refuse_unless(text.strip(), _("Write something."), "answer"))
    return InvitationMessage.objects.create(
        invitation=invitation, text=text.strip(), written_by=by
    )


# --- what the sender does --------------------------------------------------------------------


def note_opened(invitation: Invitation) -> None:
    """Remember when the address was opened first, by the sender or by a mail program's scanner."""
    if invitation.opened_at is None:
        Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(
            opened_at=timezone.now()
        )


@transaction.atomic
def write(invitation: Invitation, text: str) -> InvitationMessage:
    """Take in a message of the sender. Raises TooManyMessages."""
    invitation = _locked(invitation)
    today = invitation.messages.filter(  # type: ignore[attr-defined]
        written_by=None, written_at__gt=timezone.now() - A_DAY
    )
    if today.count() >= MESSAGES_A_DAY:
        logger.warning("Messages by invitation %d have reached the limit of a day", invitation.pk)
        raise TooManyMessages(_("You have written several times today, and somebody will look."))
    return InvitationMessage.objects.create(invitation=invitation, text=text.strip())


@transaction.atomic
def take_back(invitation: Invitation) -> None:
    """Take back what was sent in, before it is decided on: it can never be submitted again."""
    invitation = _locked(invitation)
    record = invitation.engagement
    _stop(
        refuse_unless(record and not invitation.taken_back_at, _("There is nothing to take back."))
    )
    assert record is not None
    workflow.take_back(record)
    invitation.taken_back_at = timezone.now()
    invitation.save()
    logger.info("Invitation %d: %s was taken back", invitation.pk, record.reference)


# --- where it stands -------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Where a record stands, in words for its sender; ``link`` only to what is public."""

    heading: Any
    text: Any
    link: str = ""
    may_take_back: bool = False


RECEIVED = Progress(
    gettext_lazy("It was received. Thank you."),
    gettext_lazy(
        "An editor is going to read it, and prepare it as a record of the register. "
        "Nothing of it is public."
    ),
)
PREPARED = Progress(
    gettext_lazy("It is being prepared"),
    gettext_lazy("An editor works on it. Somebody else then reviews it. Nothing of it is public."),
)
IN_REVIEW = Progress(
    gettext_lazy("It is in review"),
    gettext_lazy(
        "Somebody who did not work on it reads it, above all for what could harm anybody. "
        "Nothing of it is public."
    ),
)
RETURNED = Progress(
    gettext_lazy("The review has a question"),
    gettext_lazy(
        "It went back to the editor, who may ask you something here. Nothing of it is public."
    ),
)
DECLINED = Progress(
    gettext_lazy("It is not going to be published"),
    gettext_lazy("If you would like to know why, ask here."),
)
TAKEN_BACK = Progress(
    gettext_lazy("You have taken it back"),
    gettext_lazy("It is not going to be published. An editor deletes the draft."),
)
NOT_PUBLIC_NOW = Progress(
    gettext_lazy("It was published, and is not public now"),
    gettext_lazy("If you would like to know more, ask here."),
)
BY_STATE = {
    State.SUBMITTED: IN_REVIEW,
    State.CLEARED: IN_REVIEW,
    State.RETURNED: RETURNED,
    State.REFUSED: DECLINED,
    State.PUBLISHED: NOT_PUBLIC_NOW,
    State.WITHDRAWN: NOT_PUBLIC_NOW,
}


def progress(invitation: Invitation) -> Progress:
    """Return where the record of an invitation stands; why is told by nobody but the editors."""
    if invitation.taken_back_at:
        return TAKEN_BACK
    record = invitation.engagement
    if record is None:
        return DECLINED
    merged = getattr(record, "merged", None)
    shown = merged.kept if merged else record
    if public.Entry.objects.filter(reference=shown.reference).exists():
        return Progress(
            _("It is published"),
            _("It is in the register for everybody to read, as %(reference)s.")
            % {"reference": shown.reference},
            link=shown.get_absolute_url(),
        )
    at = _of_draft(record) if record.state == State.DRAFT else BY_STATE[State(record.state)]
    return replace(at, may_take_back=workflow.may_take_back(record))


def _of_draft(record: Engagement) -> Progress:
    """Nobody has touched it yet, or somebody works on it."""
    return PREPARED if record.updated_by_id else RECEIVED


def name_of(user: "User") -> str:
    """Return how an editor is called before people outside: never by the name to sign in with."""
    return user.get_full_name() or _("the editors of the register")


# --- keeping it tidy -------------------------------------------------------------------------


def forget_contacts() -> int:
    """Delete the e-mail addresses of those whose address here has been closed for a month."""
    return Invitation.objects.over(CONTACT_KEPT).exclude(contact="").update(contact="")


# --- inside ----------------------------------------------------------------------------------


def _new_address(invitation: Invitation) -> str:
    token = secrets.token_urlsafe(32)
    invitation.digest = digest_of(token)
    return token


def _locked(invitation: Invitation) -> Invitation:
    """Return it as the database has it, locked until the transaction ends."""
    return Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)


def _may_change(by: "User") -> list[Problem]:
    return refuse_unless(
        by.has_perm("engagements.change_invitation"), _("You may not change invitations.")
    )


def _stop(found: list[Problem]) -> None:
    if found:
        raise NotAllowed(found)
