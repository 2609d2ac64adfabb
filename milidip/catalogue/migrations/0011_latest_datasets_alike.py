"""Indexes for the home page, for coverage by dataset, and for “did you mean”."""

import django.contrib.postgres.indexes
from django.db import migrations, models

# An index needs an immutable function, which unaccent() by itself and array_to_string() are not:
# the dictionary is named, and an array of text is written the same way in every session.
FOLDED = """
CREATE FUNCTION catalogue_folded(names text[]) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, array_to_string(names, ' | ')))
$$
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0010_releases")]

    operations = [
        migrations.RunSQL(FOLDED, "DROP FUNCTION catalogue_folded(text[])"),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["-first_published", "-ordinal"], name="entry_latest"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(version__gt=1),
                fields=["-last_published", "-ordinal"],
                name="entry_corrected",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["source_dataset"], name="entry_dataset"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["sort_key"], name="entry_alike", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    models.Func("place_names", function="catalogue_folded"), name="gin_trgm_ops"
                ),
                name="document_places_alike",
            ),
        ),
    ]
