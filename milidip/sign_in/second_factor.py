"""Who needs a second factor, who has one, and whether this session was opened with it."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from engagements.groups import POWERS


def needs_second_factor(user: Any) -> bool:
    if not settings.STAFF_SECOND_FACTOR:
        return False
    return user.is_superuser or any(user.has_perm(power) for power in POWERS)


def has_second_factor(user: Any) -> bool:
    """Recovery codes alone are none: they stand in for a device that is lost."""
    return is_mfa_enabled(user, [Authenticator.Type.TOTP])


def was_given(request: HttpRequest) -> bool:
    """Tell whether this very session gave a code, and not only its user at some other time."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)
