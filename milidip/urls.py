"""Where the pages are mounted: the public side at the root, the working side under /admin/."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

handler400 = "milidip.catalogue.errors.bad_request"
handler403 = "milidip.catalogue.errors.forbidden"
handler404 = "milidip.catalogue.errors.not_found"
handler500 = "milidip.catalogue.errors.server_error"
handler429 = "milidip.sign_in.views.too_many_requests"  # asked for by allauth

# English at the root, French under /fr/: the address alone says which, so no cookie does.
urlpatterns: list[URLPattern | URLResolver] = [
    *i18n_patterns(path("", include("milidip.catalogue.urls")), prefix_default_language=False)
]

# A process for the public side alone does not even have the address (docs/operations.md).
if settings.SIDE == "all":
    urlpatterns += [
        path("admin/language/", set_language, name="set_language"),
        path("admin/account/", include("milidip.sign_in.urls")),
        path("admin/", admin.site.urls),
        # Readers write into the working side: its process takes them in.
        *i18n_patterns(path("", include("engagements.urls")), prefix_default_language=False),
    ]
