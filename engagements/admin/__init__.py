"""The working side: the screens in which staff log, decide and publish."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from engagements.admin import (
    actors,
    doubles,
    engagement,
    imports,
    invitations,
    others,
    reports,
    requests,
    saved,
    series,
)

__all__ = [
    "actors",
    "doubles",
    "engagement",
    "imports",
    "invitations",
    "others",
    "reports",
    "requests",
    "saved",
    "series",
]

admin.site.site_header = _("milidip working side")
admin.site.site_title = _("milidip working side")
admin.site.index_title = _("The register")
admin.site.site_url = "/"
