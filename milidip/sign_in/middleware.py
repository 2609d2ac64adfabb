"""No page of the working side for somebody with power and without a second factor."""

from collections.abc import Callable
from functools import cached_property

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from milidip.sign_in.second_factor import has_second_factor, needs_second_factor, was_given

WORKING_SIDE = "/admin/"


class SecondFactorMiddleware:
    """Here and not at each view: a page that somebody adds tomorrow is behind it already."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if settings.SIDE != "all":
            raise MiddlewareNotUsed  # there is no working side, and no right to read a session
        self.get_response = get_response

    @cached_property
    def open_to_all(self) -> set[str]:
        """What leads to a second factor, and the way out."""
        names = (
            "mfa_activate_totp",
            "second_factor_qr",
            "account_reauthenticate",
            "account_logout",
            "admin:logout",
        )
        return {reverse(name) for name in names}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(WORKING_SIDE):
            return self.get_response(request)
        user = request.user
        if not user.is_authenticated or not needs_second_factor(user):
            return self.get_response(request)
        if not has_second_factor(user):
            if request.path in self.open_to_all:
                return self.get_response(request)
            return redirect("mfa_activate_totp")
        if not was_given(request):
            # Opened before it was needed, or before it was set up elsewhere.
            logout(request)
            return redirect_to_login(request.get_full_path())
        return self.get_response(request)
