"""Mounted below /admin/, where the cookies are. The names are those that allauth reverses."""

from allauth.mfa.recovery_codes.views import download_recovery_codes
from django.urls import path

from milidip.sign_in import views

urlpatterns = [
    path("", views.AccountView.as_view(), name="mfa_index"),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("login/code/", views.CodeView.as_view(), name="mfa_authenticate"),
    path("logout/", views.LogoutView.as_view(), name="account_logout"),
    path("again/", views.PasswordAgainView.as_view(), name="account_reauthenticate"),
    path("again/code/", views.CodeAgainView.as_view(), name="mfa_reauthenticate"),
    path("password/", views.PasswordView.as_view(), name="account_change_password"),
    path("second-factor/", views.SetUpView.as_view(), name="mfa_activate_totp"),
    path("second-factor/qr.svg", views.qr_code, name="second_factor_qr"),
    path("second-factor/remove/", views.RemoveView.as_view(), name="mfa_deactivate_totp"),
    path("recovery-codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/new/",
        views.NewRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/recovery-codes.txt",
        download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("sessions/", views.SessionsView.as_view(), name="usersessions_list"),
]
