from django.urls import path

from milidip.catalogue.browsing import EntryListView
from milidip.urls import *  # noqa: F403
from milidip.urls import urlpatterns as real

SET_A = ("track", "activity", "family")


class SetAList(EntryListView):
    """The list with facet set A; the year is counted with every list."""

    facets = SET_A


urlpatterns = [path("bench/engagements/", SetAList.as_view()), *real]
