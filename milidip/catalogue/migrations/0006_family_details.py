"""Columns and facets of what only one family of activities has."""

# SQL is put together from parts that are written here; there are no values.
# ruff: noqa: S608

from importlib import import_module

import django.contrib.postgres.fields
from django.db import migrations, models

import milidip.catalogue.models

blocks = import_module("milidip.catalogue.migrations.0005_facet_blocks")

# What the triggers of 0005 count, and five facets more.
VALUES = blocks.VALUES | {
    "exercise_form": "exercise_form",
    "exercise_environment": "unnest(exercise_environments)",
    "exercise_focus": "unnest(exercise_focus)",
    "mandating_body": "unnest(mandating_body)",
    "dialogue_format": "dialogue_format",
}


def pairs(table: str) -> str:
    """Return the SELECT of all (facet, value, ordinal) of the rows of ``table``."""
    return " UNION ALL ".join(
        f"SELECT '{facet}' AS facet, {value} AS value, ordinal FROM {table}"
        for facet, value in VALUES.items()
    )


GONE = f"(({pairs('old_rows')}) EXCEPT ({pairs('new_rows')}))"
CAME = f"(({pairs('new_rows')}) EXCEPT ({pairs('old_rows')}))"
ADD, REMOVE = blocks.ADD, blocks.REMOVE
TRIGGERS = "".join(
    [
        blocks.trigger(
            "INSERT",
            "NEW TABLE AS new_rows",
            ADD.format(blocks=blocks.blocks(f"({pairs('new_rows')})")),
        ),
        blocks.trigger(
            "DELETE",
            "OLD TABLE AS old_rows",
            REMOVE.format(blocks=blocks.blocks(f"({pairs('old_rows')})"), table="old_rows"),
        ),
        blocks.trigger(
            "UPDATE",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            REMOVE.format(blocks=blocks.blocks(GONE), table="old_rows")
            + ADD.format(blocks=blocks.blocks(CAME)),
        ),
    ]
)
ENTRIES = "public.catalogue_entry"
RECOUNT = blocks.RECOUNT.replace(blocks.pairs(ENTRIES), pairs(ENTRIES))
FORGET = "DROP FUNCTION catalogue_recount_facets();"


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0005_facet_blocks"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="mandate_document",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="document",
            name="receiving_side",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="document",
            name="sending_side",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="document",
            name="training_course",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="entry",
            name="authorised_strength",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="dialogue_confidentiality",
            field=models.CharField(default="unknown", max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="dialogue_facilitation",
            field=models.CharField(default="unknown", max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="dialogue_format",
            field=models.CharField(default="unknown", max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="dialogue_rounds",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="dialogue_sides",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="exercise_environments",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=milidip.catalogue.models.not_known,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="exercise_focus",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=milidip.catalogue.models.not_known,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="exercise_form",
            field=models.CharField(default="unknown", max_length=40),
        ),
        migrations.AddField(
            model_name="entry",
            name="exercise_live_fire",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="exercise_multi_service",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="mandate_tasks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=milidip.catalogue.models.not_known,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="mandating_body",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                default=milidip.catalogue.models.not_known,
            ),
        ),
        migrations.AddField(
            model_name="entry",
            name="training_days",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="training_people",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.RunSQL(blocks.REVERSE, blocks.TRIGGERS),
        migrations.RunSQL(TRIGGERS, blocks.REVERSE),
        migrations.RunSQL(FORGET, blocks.RECOUNT),
        migrations.RunSQL(RECOUNT, FORGET),
        migrations.RunSQL("SELECT catalogue_recount_facets()", migrations.RunSQL.noop),
    ]
