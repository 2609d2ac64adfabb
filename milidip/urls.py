"""Where the pages are mounted: the public side at the root, the working side under /admin/."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

handler400 = "milidip.catalogue.errors.bad_request"
handler403 = "milidip.catalogue.errors.forbidden"
handler404 = "milidip.catalogue.errors.not_found"
handler500 = "milidip.catalogue.errors.server_error"
handler429 = "milidip.sign_in.views.too_many_requests"  # asked for by allauth

urlpatterns: list[URLPattern | URLResolver] = [path("", include("milidip.catalogue.urls"))]

# A process for the public side alone does not even have the address (docs/operations.md).
if settings.SIDE == "all":
    urlpatterns += [
        path("admin/account/", include("milidip.sign_in.urls")),
        path("admin/", admin.site.urls),
    ]
