"""The few pages of allauth that staff need, dressed as the admin and kept by no browser."""

import logging
from http import HTTPStatus
from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.usersessions import views as usersessions
from allauth.usersessions.internal.flows import sessions
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from milidip.sign_in.second_factor import has_second_factor, needs_second_factor

logger = logging.getLogger("milidip.sign_in")


@method_decorator(never_cache, name="dispatch")
class InAdmin:
    """What the admin's own templates need of every page."""

    title: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request: HttpRequest = self.request  # type: ignore[attr-defined]
        return {
            **admin.site.each_context(request),
            "is_nav_sidebar_enabled": False,
            "title": self.title,
            **super().get_context_data(**kwargs),  # type: ignore[misc]
        }


class LoginView(InAdmin, account.LoginView):
    title = _("Log in")


class CodeView(InAdmin, mfa.AuthenticateView):
    title = _("Second factor")


class LogoutView(InAdmin, account.LogoutView):
    title = _("Log out")


class PasswordAgainView(InAdmin, account.ReauthenticateView):
    title = _("Is it you?")


class CodeAgainView(InAdmin, mfa.ReauthenticateView):
    title = _("Is it you?")


class PasswordView(InAdmin, account.PasswordChangeView):
    title = _("Change password")


class AccountView(InAdmin, mfa.IndexView):
    """What one person can see to: password, second factor, recovery codes, sessions."""

    title = _("Your account")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        codes = context["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        context["codes_left"] = len(codes.get_unused_codes()) if codes else 0
        context["needs_second_factor"] = needs_second_factor(self.request.user)
        return context


class SetUpView(InAdmin, totp.ActivateTOTPView):
    title = _("Set up a second factor")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        secret = context["form"].secret
        context["secret_in_groups"] = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        context["needs_second_factor"] = needs_second_factor(self.request.user)
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """This session has just given a code; those that have not are over."""
        response = super().form_valid(form)
        user: Any = self.request.user
        record_authentication(self.request, user, "mfa", type=Authenticator.Type.TOTP.value)
        sessions.end_other_sessions(self.request, user)
        logger.info("User %d set up a second factor", user.pk)
        return response


@require_safe
@never_cache
@login_required
def qr_code(request: HttpRequest) -> HttpResponse:
    """The picture of the secret that is being set up, for as long as it is."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret or has_second_factor(request.user):
        raise Http404
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(picture, content_type="image/svg+xml")


class RemoveView(InAdmin, totp.DeactivateTOTPView):
    title = _("Remove the second factor")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        needed = needs_second_factor(self.request.user)
        return super().get_context_data(needs_second_factor=needed, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        logger.warning("User %d removed their second factor", self.request.user.pk)
        return super().form_valid(form)


class RecoveryCodesView(InAdmin, recovery_codes.ViewRecoveryCodesView):
    title = _("Recovery codes")


class NewRecoveryCodesView(InAdmin, recovery_codes.GenerateRecoveryCodesView):
    title = _("Make new recovery codes")


class SessionsView(InAdmin, usersessions.ListUserSessionsView):
    """Where one is logged in, and the end of it: elsewhere, or here too."""

    title = _("Where you are logged in")

    def form_valid(self, form: Any) -> HttpResponse:
        if "here_too" not in self.request.POST:
            return super().form_valid(form)
        everywhere = UserSession.objects.filter(user=self.request.user)  # type: ignore[misc]
        sessions.end_sessions(self.request, list(everywhere))
        return redirect("account_login")


@never_cache
def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429: said in words, with the way back."""
    context = {
        **admin.site.each_context(request),
        "is_nav_sidebar_enabled": False,
        "title": _("Too many attempts"),
    }
    response = render(
        request, "account/too_many.html", context, status=HTTPStatus.TOO_MANY_REQUESTS
    )
    response["Retry-After"] = "60"
    return response
