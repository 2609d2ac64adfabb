"""Where people without an account write: the only addresses outside the admin that take it in."""

from django.urls import path

from engagements.invited_pages import InvitedView
from engagements.models import ReaderReport
from engagements.reader_pages import ReportView

app_name = "readers"

urlpatterns = [
    path(
        "engagements/<str:reference>/correct/",
        ReportView.as_view(kind=ReaderReport.Kind.CORRECTION),
        name="correct",
    ),
    path(
        "engagements/<str:reference>/risk/",
        ReportView.as_view(kind=ReaderReport.Kind.RISK),
        name="risk",
    ),
    # milidip/secret_addresses.py knows it by the same name.
    path("invited/<str:token>/", InvitedView.as_view(), name="invited"),
]
