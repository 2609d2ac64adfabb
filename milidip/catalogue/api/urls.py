from django.urls import path

from milidip.catalogue.api import views
from milidip.catalogue.exports.grains import GRAINS

described = [
    *(
        path(f"api/{grain.name}/", views.RowsView.as_view(grain=grain), name=f"api_{grain.name}")
        for grain in GRAINS
    ),
    path("api/engagements/<str:reference>/", views.RecordView.as_view(), name="api_record"),
]

routes = [
    path("api/", views.ApiPage.as_view(), name="api"),
    path("api/schema/", views.schema, {"patterns": described}, name="api_schema"),
    *described,
    path("api/<path:rest>", views.NothingView.as_view(), name="api_nothing"),
    path("engagements/<str:reference>.json", views.RecordFileView.as_view(), name="record_json"),
]
