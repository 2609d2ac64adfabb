"""allauth's forms in the words of this register, and codes that work once."""

from typing import Any

from allauth.account import forms as account
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _


class InOurWords:
    """Labels in sentence case above the fields, and nothing inside them."""

    labels: dict[str, Any] = {}
    first = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if name == self.first:
                field.widget.attrs["autofocus"] = True
            if name == "code":
                field.widget.attrs["inputmode"] = "numeric"


class LoginForm(InOurWords, account.LoginForm):
    labels = {"login": _("User name"), "password": _("Password")}
    first = "login"


class PasswordAgainForm(InOurWords, account.ReauthenticateForm):
    labels = {"password": _("Your password")}
    first = "password"


class ChangePasswordForm(InOurWords, account.ChangePasswordForm):
    labels = {
        "oldpassword": _("Your password now"),
        "password1": _("New password"),
        "password2": _("The new one again"),
    }
    first = "oldpassword"


def use_up(user: Any, code: str) -> None:
    """Take a code out of use for as long as a clock that is off could bring it back.

    allauth does so for one period, which is less than a code is good for with a tolerance.
    """
    periods = 2 * app_settings.TOTP_TOLERANCE + 1
    key = f"second-factor:{user.pk}:{normalize_user_code(code)}"
    if not cache.add(key, True, timeout=periods * app_settings.TOTP_PERIOD):
        raise get_adapter().validation_error("incorrect_code")


class OnceOnly:
    def clean_code(self) -> str:
        code = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:  # type: ignore[attr-defined]
            use_up(self.user, code)  # type: ignore[attr-defined]
        return code


class CodeForm(InOurWords, OnceOnly, base.AuthenticateForm):
    labels = {"code": _("Code")}
    first = "code"


class CodeAgainForm(InOurWords, OnceOnly, base.ReauthenticateForm):
    labels = {"code": _("Code")}
    first = "code"


class FirstCodeForm(InOurWords, totp.ActivateTOTPForm):
    labels = {"code": _("The code that it shows")}

    def clean_code(self) -> str:
        code = super().clean_code()
        use_up(self.user, code)
        return code
