"""The settings and addresses of the site under test: the real ones, and one page beside them.

Datasette shows the facets that it is asked for. To set the same work against it, the list is also
served with only those four that it can count as single values.
"""

import os

from milidip.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
STATIC_ROOT = os.environ["STATIC_ROOT"]
