from django.urls import path

from milidip.catalogue.files import views

routes = [
    path("data/", views.DataView.as_view(), name="data"),
    path("data/r<int:revision>/<str:name>", views.data_file, name="data_file"),
    path("data/releases/", views.ReleasesView.as_view(), name="releases"),
    path("data/releases/<str:number>/", views.ReleaseView.as_view(), name="release"),
    path("data/releases/<str:number>/<str:name>", views.release_file, name="release_file"),
]
