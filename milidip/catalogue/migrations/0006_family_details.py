"""Columns of what only one family of activities has; 0012 counts its facets."""

import django.contrib.postgres.fields
from django.db import migrations, models

import milidip.catalogue.models


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
    ]
