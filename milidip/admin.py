"""Accounts as administrators see them, and the admin's own door walled up.

What allauth registers by itself would show the secret of every second factor.
"""

from typing import Any

from allauth.account.admin import EmailAddress
from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import Authenticator
from allauth.mfa.base.internal.flows import delete_and_cleanup
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

for model in (EmailAddress, Authenticator, UserSession, User):
    admin.site.unregister(model)


def log_out(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    from milidip.sign_in.views import LogoutView

    return LogoutView.as_view()(request)


def change_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("account_change_password")


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.logout = log_out  # type: ignore[method-assign]
admin.site.password_change = change_password  # type: ignore[method-assign,assignment]


@admin.register(User)
class StaffAdmin(UserAdmin):
    list_display = [
        "username",
        "roles",
        "is_superuser",
        "is_active",
        "second_factor",
        "last_login",
    ]
    list_filter = ["groups", "is_superuser", "is_active"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        users = super().get_queryset(request).prefetch_related("groups")
        return users.annotate(has_factor=Exists(factors))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """There are no accounts but those of staff."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    @admin.display(description=_("roles"))
    def roles(self, obj: User) -> str:
        return ", ".join(group.name for group in obj.groups.all())

    @admin.display(description=_("second factor"), boolean=True, ordering="has_factor")
    def second_factor(self, obj: Any) -> bool:
        return obj.has_factor


@admin.register(Authenticator)
class SecondFactorAdmin(admin.ModelAdmin):
    """To remove what somebody lost. Never the secret itself."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = readonly_fields = ["user", "type", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Recovery codes go with the device that they stand in for."""
        delete_and_cleanup(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Authenticator]) -> None:
        for authenticator in queryset.filter(type=Authenticator.Type.TOTP):
            delete_and_cleanup(request, authenticator)
        queryset.delete()
