from django.db import migrations, models

import milidip.catalogue.models


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
    ]
