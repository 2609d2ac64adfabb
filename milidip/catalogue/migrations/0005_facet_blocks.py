"""Facet counts that do not read the records: a bit for each record and value (`_bits.py`)."""

from django.db import migrations, models

import milidip.catalogue.models
from milidip.catalogue.migrations._bits import VALUES, keep_facets, recount_facets

# What entries had by then.
LATER = (
    "exercise_form",
    "exercise_environment",
    "exercise_focus",
    "mandating_body",
    "dialogue_format",
    "until",
)
FIRST = {facet: value for facet, value in VALUES.items() if facet not in LATER}

REVERSE = "".join(
    f"DROP FUNCTION catalogue_facets_{event}() CASCADE;"
    for event in ("insert", "delete", "update")
)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_entry_own_work")]

    operations = [
        migrations.CreateModel(
            name="FacetBlock",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "facet",
                        "value",
                        "block",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("facet", models.CharField(db_collation="C", max_length=20)),
                ("value", models.CharField(db_collation="C", max_length=40)),
                (
                    "block",
                    models.PositiveSmallIntegerField(help_text="Ordinal divided by 30,000."),
                ),
                ("n", models.PositiveSmallIntegerField(help_text="How many of the bits are set.")),
                ("bits", milidip.catalogue.models.Bits()),
            ],
        ),
        migrations.RunSQL(keep_facets(FIRST), REVERSE),
        migrations.RunSQL(recount_facets(FIRST), "DROP FUNCTION catalogue_recount_facets()"),
        migrations.RunSQL("SELECT catalogue_recount_facets()", migrations.RunSQL.noop),
    ]
