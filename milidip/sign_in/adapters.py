"""What allauth asks its project: nobody signs up, and secrets are locked away."""

import base64
import hashlib
import logging
import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from milidip.sign_in.second_factor import has_second_factor

logger = logging.getLogger("milidip.sign_in")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("The user name and the password do not go together."),
        "too_many_login_attempts": _("Too many attempts failed. Wait five minutes and try again."),
        "incorrect_password": _("This is not your password."),
        "enter_current_password": _("This is not your password."),
        "rate_limited": _("Too many attempts failed. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The register sends no mail: whoever forgot a password asks an administrator."""

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        logger.info("User %d signed in", user.pk)
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Without the name that was typed: now and then it is a password."""
        logger.warning("Somebody gave a wrong user name or password")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever has just signed in in full is not asked again on the next page."""
        request = context.request
        proof = "mfa" if has_second_factor(request.user) else "password"
        since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        return not any(
            record["method"] == proof and record["at"] > since
            for record in get_authentication_records(request, request.user)
        )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A password alone does not take the second factor away."""
        methods = super().get_reauthentication_methods(user)
        by_code = [method for method in methods if method["id"] == "mfa_reauthenticate"]
        return by_code if has_second_factor(user) else methods


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code is not right, or it was used before. Wait for the next one and try again."
        ),
    }

    def get_totp_label(self, user: Any) -> str:
        return user.get_username()

    def encrypt(self, text: str) -> str:
        """A copy of the database alone does not give anybody's second factor away."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise ValidationError(
                _(
                    "Your second factor cannot be read: the site has another secret key now. "
                    "Let an administrator remove it, and set it up again."
                )
            ) from None


def _box() -> MultiFernet:
    """Locks with today's secret key; opens with earlier ones too, while they are listed."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"milidip.second-factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
