"""Programs on the page of the API, run by the tests as they are written there."""

from django.utils.translation import gettext_lazy as _

CURL = """\
# Everything that touches Track III, as a table:
curl --fail --silent "ADDRESS/engagements.csv?touches=3" --output engagements.csv

# Two records of it as JSON, with three fields each:
curl --fail --silent "ADDRESS/api/engagements/?touches=3&page_size=2&fields=reference,title,date_start"

# Only if it has changed since the last time:
curl --fail --silent --etag-compare tag.txt --etag-save tag.txt \\
    "ADDRESS/engagements.csv?touches=3" --output engagements.csv
"""

PYTHON = """\
import json
import urllib.request

import pandas as pd

# A table. Empty cells are empty texts; several codes in a cell have ";" between them.
table = pd.read_csv("ADDRESS/engagements.csv?touches=3", keep_default_na=False)
countries = table["place_countries"].str.split(";").explode()
print(countries.value_counts().head())

# Page by page, to any depth.
address = "ADDRESS/api/engagements/?touches=3&fields=reference,title,participations"
records = []
while address:
    with urllib.request.urlopen(address) as answer:
        page = json.load(answer)
    records += page["results"]
    address = page["next"]
print(len(records), "records, revision", page["register_revision"])
"""

R = """\
# A table. Empty cells are NA; several codes in a cell have ";" between them.
table <- read.csv("ADDRESS/engagements.csv?touches=3", na.strings = "", encoding = "UTF-8")
countries <- unlist(strsplit(table$place_countries, ";"))
print(head(sort(table(countries), decreasing = TRUE)))
cat(nrow(table), "records, revision", max(table$register_revision), "\\n")
"""

EXAMPLES = (("curl", _("curl"), CURL), ("python", _("Python with pandas"), PYTHON), ("r", "R", R))
