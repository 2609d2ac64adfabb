"""Where readers answer: the only addresses outside the admin that take anything in."""

from django.urls import path

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
]
